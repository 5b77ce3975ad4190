"""Every other setting of a run, for those who want to steer it; a table of fields rather than one line of code each.

magicgui makes the field of a setting from its type, its range and its choices.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, get_type_hints

from magicgui.widgets import FloatSpinBox, create_widget
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
from ...settings import RANGES, Settings, StageSettings
from ..parts import WholeNumberEdit, add_row, order_tabs
from .habits import Habits, ResultType

__all__ = ["AdvancedForm"]


class _Field(NamedTuple):
    """One setting: its name, how it is called here, and how it is shown; what it may be is known from the settings."""

    name: str
    label: str
    tooltip: str
    decimals: int = 0
    suffix: str = ""
    factor: float = 1  # value shown = setting * factor
    choices: tuple[tuple[str, Any], ...] = ()

    def editor(self, hint: Any) -> Any:
        """Return the magicgui widget for a setting of this type."""
        if self.choices:
            chooser: Any = create_widget(name=self.name, annotation=hint, options={"choices": list(self.choices)})
            chooser.native.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            chooser.native.setMinimumContentsLength(8)
            return chooser
        if self.name not in RANGES:
            tick: Any = create_widget(name=self.name, annotation=hint)
            tick.text = ""
            return tick
        # The widget that magicgui has for whole numbers corrects a number while it is typed: 64 becomes 84 where at
        # least 8 is allowed.
        editor: Any = FloatSpinBox(name=self.name, step=1)
        editor.native.setDecimals(self.decimals)
        editor.native.setSuffix(self.suffix)
        if self.decimals:
            editor.native.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        limits = RANGES[self.name]
        # At least what the digits can show, where nothing is not allowed.
        low = limits.low if limits.low <= 0 else max(limits.low, 10**-self.decimals)
        editor.max, editor.min = limits.high * self.factor, low * self.factor
        return editor

    def show(self, editor: Any, value: Any) -> None:
        """Show a setting; one that comes from a file may be none of the choices, or have more digits."""
        if self.choices and value not in editor.choices:
            editor.choices = [*self.choices, (f"{value}{self.suffix}", value)]
        elif isinstance(editor, FloatSpinBox):
            value = min(max(value * self.factor, editor.min), editor.max)
        editor.value = value

    def read(self, editor: Any, hint: Any) -> Any:
        """Return the setting that is shown."""
        if not isinstance(editor, FloatSpinBox):
            return editor.value
        return round(editor.value) if hint is int else editor.value / self.factor


_RUN_FIELDS = (
    _Field(
        "device",
        "Device",
        "The device that computes. Automatic uses a graphics card if there is one (device).",
        choices=(
            ("Automatic", "auto"),
            ("CPU", "cpu"),
            ("NVIDIA graphics card", "cuda"),
            ("Apple graphics", "mps"),
        ),
    ),
    _Field(
        "tile",
        "Tile size",
        "Side of the pieces in which the whole image is denoised after training (tile). "
        "Smaller tiles need less memory.",
        suffix=" px",
        choices=tuple((f"{side} px", side) for side in (256, 512, 1024, 2048)),
    ),
    _Field(
        "context",
        "Other planes",
        "Which other planes of a stack or movie help to denoise a plane (context). By default this is tried out on "
        "each image; a single plane is not changed by it.",
        choices=(
            ("Where they help", "auto"),
            ("None", "none"),
            ("Next to it", "near"),
            ("Near and far", "far"),
        ),
    ),
    _Field(
        "start",
        "Start from",
        "What training sets out from: a network that has learned from pictures made by code, which is sooner done, or "
        "nothing (start). Either way it is your image that decides what is kept.",
        choices=(("A trained network", "general"), ("Nothing", "scratch")),
    ),
    _Field(
        "remove_line_offsets",
        "Flatten lines",
        "First flatten whole rows or columns that are a little too bright or too dark, if there are any "
        "(remove_line_offsets). Turn it off if the specimen itself runs along whole rows or columns.",
    ),
)

_STAGE_FIELDS = (
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
        choices=(("a neighbour", "random"), ("the mean around", "local_mean"), ("zero", "zeros")),
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

_RESULT_TYPES: tuple[tuple[ResultType, str], ...] = (
    ("same as image", "Same as the image"),
    ("float32", "Floating point (32 bit)"),
)


class _Fields(QWidget):
    """The fields of the settings of a run or of a stage; `changed` is emitted after the user has changed one of them.

    Parameters
    ----------
    settings : Settings or StageSettings
    fields : tuple of _Field
    """

    changed = Signal()

    def __init__(self, settings: Any, fields: tuple[_Field, ...]) -> None:
        super().__init__()
        self.settings = settings
        self.editors: dict[str, Any] = {}
        self._fields = fields
        self.form = QFormLayout(self)
        self.form.setVerticalSpacing(3)
        self._hints = get_type_hints(type(settings))
        for field in fields:
            editor = field.editor(self._hints[field.name])
            self.editors[field.name] = editor
            add_row(self.form, field.label, editor.native, field.tooltip)
            editor.changed.connect(partial(self._take_up, field))
        self.show_settings(settings)

    def show_settings(self, settings: Any) -> None:
        """Fill the form without emitting `changed`."""
        self.settings = settings
        for field in self._fields:
            editor = self.editors[field.name]
            with editor.changed.blocked():
                field.show(editor, getattr(settings, field.name))

    def _take_up(self, field: _Field, *_: object) -> None:
        """Take up the one field that was changed: the others may hold more digits than their editors show."""
        editor = self.editors[field.name]
        try:
            self.settings = replace(self.settings, **{field.name: field.read(editor, self._hints[field.name])})
        except InputError as error:  # each number is in its range, but both together make too large a network
            self.show_settings(self.settings)
            native = editor.native
            QToolTip.showText(native.mapToGlobal(native.rect().bottomLeft()), str(error), native)
            return
        self.changed.emit()


class AdvancedForm(QWidget):
    """Device, seed and the training of each stage; `changed` is emitted after any edit."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.run_form = _Fields(Settings(), _RUN_FIELDS)
        self.stage_forms = {name: _Fields(StageSettings(), _STAGE_FIELDS) for name in ("stage1", "stage2")}
        # Larger than what Qt's own fields hold, and magicgui's takes the keyboard whenever it shows a number.
        self.seed = WholeNumberEdit(int(RANGES["random_seed"].high))
        self.seed.setToolTip("The same seed gives the same result again on the same machine (random_seed).")
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
            stage_form.form.setContentsMargins(4, 4, 4, 4)
        self.run_form.form.setContentsMargins(0, 0, 0, 0)
        add_row(self.run_form.form, "Random seed", self.seed, at=1)
        add_row(self.run_form.form, "Results are", self.result_type)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.run_form, self.keep_earlier, tabs, self.reset_button):
            layout.addWidget(widget)
        order_tabs(self.run_form.form)
        self.show_settings(Settings())
        for form in (self.run_form, *self.stage_forms.values()):
            form.changed.connect(self.changed)
        self.seed.valueChanged.connect(self._on_seed)

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
        stages = {name: form.settings for name, form in self.stage_forms.items()}
        settings: Settings = replace(self.run_form.settings, random_seed=self.seed.value(), **stages)
        return settings

    def show_settings(self, settings: Settings) -> None:
        """Fill the form without emitting `changed`."""
        with QSignalBlocker(self):
            self.run_form.show_settings(settings)
            self.seed.setValue(settings.random_seed)
            for name, form in self.stage_forms.items():
                form.show_settings(getattr(settings, name))

    def _on_seed(self, _: int) -> None:
        self.changed.emit()
