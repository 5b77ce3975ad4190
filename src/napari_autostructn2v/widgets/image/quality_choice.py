"""The choice that everybody makes: how long to train."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from ...settings import Preset

__all__ = ["QualityChoice"]

_PRESETS: tuple[tuple[Preset, str, str], ...] = (
    ("fast", "Fast", "A first look: trains a third as long as Balanced."),
    ("balanced", "Balanced", "Good for most images."),
    ("best", "Best", "Trains three times as long as Balanced; worth it for the final picture."),
)


class QualityChoice(QWidget):
    """Three buttons; `changed` is emitted when the user picks another."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.buttons: dict[Preset, QRadioButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for preset, label, tooltip in _PRESETS:
            button = QRadioButton(label)
            button.setToolTip(tooltip)
            self._group.addButton(button)
            self.buttons[preset] = button
            row.addWidget(button)
            _let_tab_reach(button, False)
        row.addStretch()
        self._group.buttonToggled.connect(_let_tab_reach)
        self.buttons["balanced"].setChecked(True)
        self._group.buttonClicked.connect(self._emit)

    @property
    def preset(self) -> Preset:
        """The chosen quality."""
        return next(preset for preset, button in self.buttons.items() if button.isChecked())

    @preset.setter
    def preset(self, preset: Preset) -> None:
        self.buttons[preset].setChecked(True)

    def _emit(self, *_: object) -> None:
        self.changed.emit()


def _let_tab_reach(button: QAbstractButton, chosen: bool) -> None:
    """Let the Tab key stop at the chosen button only: Qt would stop at the first, whichever is chosen."""
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if chosen else Qt.FocusPolicy.ClickFocus)
