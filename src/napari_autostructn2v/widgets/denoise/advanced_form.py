"""Every other setting of a run, for those who want to steer it; a table of fields rather than one line of code each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QPushButton,
    QTabWidget,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from ...errors import InputError
from ...settings import RANGES, ContextChoice, Settings, StageSettings, StartChoice
from ..parts import WholeNumberEdit, add_row
from .habits import Habits, ResultType

__all__ = ["AdvancedForm"]


class _Field(NamedTuple):
    """One setting: its name in `StageSettings`, how it is called here, and what it may be."""

    name: str
    label: str
    tooltip: str
    decimals: int = 0
    suffix: str = ""
    factor: float = 1  # value shown = setting * factor
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the setting is a whole number."""
        return self.decimals == 0 and self.factor == 1

    @property
    def ends(self) -> tuple[float, float]:
        """What may be shown at least and at most; at least what the digits can show, where nothing is not allowed."""
        limits = RANGES[self.name]
        low = limits.low if limits.low <= 0 else max(limits.low, 10**-self.decimals)
        return low * self.factor, limits.high * self.factor


_FIELDS = (
    _Field(
        "num_epochs",
        "Epochs",
        "How long to train at most (num_epochs). Quality sets it; more is slower and, up to a point, better.",
    ),
    _Field(
        "patches_per_image",
        "Crops an epoch",
        "Pieces of the image shown in each epoch (patches_per_image).",
    ),
    _Field(
        "roi_share",
        "ROI patches",
        "Share of the crops that come from the patches of the ROI tuning dock; "
        "the others come from anywhere in the image (roi_share).",
        0,
        " %",
        100,
    ),
    _Field("crop_size", "Crop size", "Side of a piece (crop_size).", 0, " px"),
    _Field(
        "batch_size",
        "Batch size",
        "Pieces that are trained on together (batch_size). Smaller batches need less memory.",
    ),
    _Field(
        "mask_percentage",
        "Hidden pixels",
        "Share of the pixels that the network has to guess in each piece (mask_percentage).",
        1,
        " %",
    ),
    _Field(
        "masking_strategy",
        "Hidden show",
        "What the network sees in place of a hidden pixel (masking_strategy).",
        choices=(("random", "a random neighbour"), ("local_mean", "the mean around"), ("zeros", "zero")),
    ),
    _Field(
        "use_augmentation",
        "Flips and turns",
        "Also train on mirrored and turned pieces, as far as the direction of the noise allows (use_augmentation).",
    ),
    _Field("features", "Network width", "Features of the first layer (features); wider is slower."),
    _Field("num_layers", "Network depth", "How often the network halves the image (num_layers)."),
    _Field("learning_rate", "Learning rate", "Largest step of the optimiser (learning_rate).", 6),
    _Field("early_stopping", "Stop early", "End once held-out pixels no longer improve (early_stopping)."),
    _Field(
        "early_stopping_patience",
        "Patience",
        "Epochs without improvement before stopping early (early_stopping_patience).",
    ),
)

_DEVICES = (
    ("auto", "Automatic"),
    ("cpu", "CPU"),
    ("cuda", "NVIDIA graphics card"),
    ("mps", "Apple graphics"),
)

_CONTEXTS: tuple[tuple[ContextChoice, str], ...] = (
    ("auto", "Where they help"),
    ("none", "None"),
    ("near", "Next to it"),
    ("far", "Near and far"),
)

_STARTS: tuple[tuple[StartChoice, str], ...] = (
    ("general", "What other images taught"),
    ("scratch", "Nothing"),
)

_TILES = (256, 512, 1024, 2048)

_RESULT_TYPES: tuple[tuple[ResultType, str], ...] = (
    ("same as image", "Same as the image"),
    ("float32", "Floating point (32 bit)"),
)


class _StageForm(QWidget):
    """The fields of one stage; `changed` is emitted after the user has changed one of them."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.stage = StageSettings()
        self.editors: dict[str, QWidget] = {}
        layout = QFormLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setVerticalSpacing(3)
        for field in _FIELDS:
            editor = _make_editor(field)
            self.editors[field.name] = editor
            add_row(layout, field.label, editor, field.tooltip)
            _changed_signal(editor).connect(self._take_up)

    def show_stage(self, stage: StageSettings) -> None:
        """Fill the form without emitting `changed`."""
        self.stage = stage
        for field in _FIELDS:
            editor = self.editors[field.name]
            with QSignalBlocker(editor):
                _set_value(editor, field, getattr(stage, field.name))

    def _take_up(self, *_: object) -> None:
        """Take up the one field that was changed: the others may hold more digits than their editors show."""
        editor = self.sender()
        field = next(field for field in _FIELDS if self.editors[field.name] is editor)
        try:
            self.stage = replace(self.stage, **{field.name: _value(editor, field)})
        except InputError as error:  # each number is in its range, but both together make too large a network
            self.show_stage(self.stage)
            QToolTip.showText(editor.mapToGlobal(editor.rect().bottomLeft()), str(error), editor)
            return
        self.changed.emit()


class AdvancedForm(QWidget):
    """Device, seed and the training of each stage; `changed` is emitted after any edit."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._settings = Settings()
        self.device = QComboBox()
        for name, label in _DEVICES:
            self.device.addItem(label, name)
        self.device.setToolTip("The device that computes. Automatic uses a graphics card if there is one (device).")
        self.seed = WholeNumberEdit(int(RANGES["random_seed"].high))
        self.seed.setToolTip("The same seed gives the same result again on the same machine (random_seed).")
        self.tile = QComboBox()
        for side in _TILES:
            self.tile.addItem(f"{side} px", side)
        self.tile.setToolTip(
            "Side of the pieces in which the whole image is denoised after training (tile). "
            "Smaller tiles need less memory."
        )
        self.even_lines = QCheckBox("Flatten lines")
        self.even_lines.setToolTip(
            "First flatten whole rows or columns that are a little too bright or too dark, if there are any "
            "(remove_line_offsets). Turn it off if the specimen itself runs along whole rows or columns."
        )
        self.context = QComboBox()
        for choice, label in _CONTEXTS:
            self.context.addItem(label, choice)
        self.context.setToolTip(
            "Which other planes of a stack or movie help to denoise a plane (context). By default this is tried out on "
            "each image; a single plane is not changed by it."
        )
        self.start = QComboBox()
        for start, label in _STARTS:
            self.start.addItem(label, start)
        self.start.setToolTip(
            "What training sets out from: a network that has learned from pictures made by code, which is sooner done, "
            "or nothing (start). Either way it is your image that decides what is kept."
        )
        self.stage_forms = {"stage1": _StageForm(), "stage2": _StageForm()}
        self.result_type = QComboBox()
        for kind, label in _RESULT_TYPES:
            self.result_type.addItem(label, kind)
        self.result_type.setToolTip(
            "The type of the numbers in results: that of the image, with values rounded if it has whole numbers, or "
            "32-bit floating point, which keeps fractions of a grey value."
        )
        self.keep_earlier = QCheckBox("Keep earlier results")
        self.keep_earlier.setToolTip(
            "Keep earlier results of the same image when a new one is added, instead of replacing them."
        )
        self.reset_button = QPushButton("Back to defaults")
        self.reset_button.setToolTip("Set everything under Advanced back to the settings of the chosen quality.")
        tabs = QTabWidget()
        for number, stage_form in enumerate(self.stage_forms.values()):
            tabs.addTab(stage_form, f"Stage {number + 1}")
            tabs.setTabToolTip(number, f"How stage {number + 1} trains.")
        form = QFormLayout()
        add_row(form, "Device", self.device)
        add_row(form, "Random seed", self.seed)
        add_row(form, "Tile size", self.tile)
        add_row(form, "Other planes", self.context)
        add_row(form, "Start from", self.start)
        add_row(form, "Results are", self.result_type)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.even_lines)
        layout.addWidget(self.keep_earlier)
        layout.addWidget(tabs)
        layout.addWidget(self.reset_button)
        self.show_settings(Settings())
        self.device.activated.connect(self._emit)
        self.tile.activated.connect(self._emit)
        self.context.activated.connect(self._emit)
        self.start.activated.connect(self._emit)
        self.even_lines.toggled.connect(self._emit)
        self.seed.valueChanged.connect(self._emit)
        for stage_form in self.stage_forms.values():
            stage_form.changed.connect(self._emit)

    @property
    def result_dtype(self) -> str | None:
        """The dtype that results should have, None for that of the image."""
        return "float32" if self.result_type.currentData() == "float32" else None

    def show_habits(self, habits: Habits) -> None:
        """Show what does not belong to the settings of a run."""
        self.keep_earlier.setChecked(habits.keep_earlier)
        self.result_type.setCurrentIndex(self.result_type.findData(habits.result_type))

    @property
    def settings(self) -> Settings:
        """The settings that were shown, with what the user has changed since then."""
        return replace(
            self._settings,
            device=self.device.currentData(),
            random_seed=self.seed.value(),
            tile=self.tile.currentData(),
            context=self.context.currentData(),
            start=self.start.currentData(),
            remove_line_offsets=self.even_lines.isChecked(),
            stage1=self.stage_forms["stage1"].stage,
            stage2=self.stage_forms["stage2"].stage,
        )

    def show_settings(self, settings: Settings) -> None:
        """Fill the form without emitting `changed`."""
        self._settings = settings
        with QSignalBlocker(self):
            # "cuda:1" and the like come from a settings file.
            _choose(self.device, settings.device, settings.device)
            _choose(self.tile, settings.tile, f"{settings.tile} px")
            self.context.setCurrentIndex(self.context.findData(settings.context))
            self.start.setCurrentIndex(self.start.findData(settings.start))
            self.seed.setValue(settings.random_seed)
            self.even_lines.setChecked(settings.remove_line_offsets)
            self.stage_forms["stage1"].show_stage(settings.stage1)
            self.stage_forms["stage2"].show_stage(settings.stage2)

    def _emit(self, *_: object) -> None:
        self.changed.emit()


def _choose(combo: QComboBox, value: object, label: str) -> None:
    """Show a choice, adding it to the list where it is not there."""
    if combo.findData(value) < 0:
        combo.addItem(label, value)
    combo.setCurrentIndex(combo.findData(value))


def _make_editor(field: _Field) -> QWidget:
    if field.choices:
        combo = QComboBox()
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(8)
        for value, label in field.choices:
            combo.addItem(label, value)
        return combo
    if field.name not in RANGES:
        return QCheckBox()
    box = QDoubleSpinBox()
    box.setDecimals(field.decimals)
    box.setRange(*field.ends)
    box.setSuffix(field.suffix)
    box.setGroupSeparatorShown(False)
    if field.decimals:
        box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    return box


def _changed_signal(editor: Any) -> Any:
    if isinstance(editor, QCheckBox):
        return editor.toggled
    return editor.activated if isinstance(editor, QComboBox) else editor.valueChanged


def _value(editor: Any, field: _Field) -> Any:
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    if isinstance(editor, QComboBox):
        return editor.currentData()
    return round(editor.value()) if field.is_whole else editor.value() / field.factor


def _set_value(editor: Any, field: _Field, value: Any) -> None:
    if isinstance(editor, QCheckBox):
        editor.setChecked(value)
    elif isinstance(editor, QComboBox):
        editor.setCurrentIndex(editor.findData(value))
    else:
        editor.setValue(value * field.factor)
