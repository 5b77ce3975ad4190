"""Every other setting of a run, for those who want to steer it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, get_type_hints

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
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
from .setting_fields import RUN_FIELDS, STAGE_FIELDS, SettingField

__all__ = ["AdvancedForm"]

_RESULT_TYPES: tuple[tuple[ResultType, str], ...] = (
    ("same as image", "Same as the image"),
    ("float32", "Floating point (32 bit)"),
)


class _Fields(QWidget):
    """The fields of the settings of a run or of a stage; `changed` is emitted after the user has changed one of them.

    Parameters
    ----------
    settings : Settings or StageSettings
    fields : tuple of SettingField
    """

    changed = Signal()

    def __init__(self, settings: Any, fields: tuple[SettingField, ...]) -> None:
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

    def _take_up(self, field: SettingField, *_: object) -> None:
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
        self.run_form = _Fields(Settings(), RUN_FIELDS)
        self.stage_forms = {name: _Fields(StageSettings(), STAGE_FIELDS) for name in ("stage1", "stage2")}
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
