"""Presets, reset, and settings going in and out of the ROI tuning dock."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QComboBox, QFileDialog, QGridLayout, QLabel, QPushButton, QWidget

from ...errors import InputError
from ...roi import ROI_PRESETS
from ...settings import Settings
from ..image import ViewerState
from ..parts import MessageBar, ask_save

__all__ = ["RoiFiles"]

_FILTER = "Settings (*.toml)"


class RoiFiles(QWidget):
    """The row of buttons below both stages.

    A settings file holds everything that decides a run, not only the patches: the same file is what
    ``autostructn2v denoise --settings`` takes.

    Parameters
    ----------
    state : ViewerState
    message : MessageBar
        Where it is said what went wrong, or well.
    """

    def __init__(self, state: ViewerState, message: MessageBar) -> None:
        super().__init__()
        self._state, self._message = state, message
        self._folder = ""
        self.preset = QComboBox()
        self.preset.setAccessibleName("Settings to start from")
        self.preset.setToolTip("Settings for a kind of image, to start from.")
        self.preset.addItem("Own settings", None)
        for name, preset in ROI_PRESETS.items():
            self.preset.addItem(name.capitalize(), name)
            self.preset.setItemData(self.preset.count() - 1, preset.description, Qt.ItemDataRole.ToolTipRole)
        self.reset_button = _button(
            "Reset", "Go back to the settings that this dock starts with, without edits by hand."
        )
        self.save_button = _button("Save…", "Write all settings to a file for the command line and other images.")
        self.load_button = _button("Load…", "Read settings from a file.")
        self.copy_button = _button("Copy", "Put the settings on the clipboard, as the text of a settings file.")
        self.undo_button = _button("↶", "")
        self.redo_button = _button("↷", "")
        self.undo_button.setAccessibleName("Undo")
        self.redo_button.setAccessibleName("Redo")
        self.undo_button.clicked.connect(self.undo)
        self.redo_button.clicked.connect(self.redo)
        self.preset.activated.connect(self._on_preset)
        self._state.changed.connect(self._on_state)
        self.reset_button.clicked.connect(self.reset)
        self.save_button.clicked.connect(self._ask_save)
        self.load_button.clicked.connect(self._ask_load)
        self.copy_button.clicked.connect(self.copy)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Preset")
        label.setToolTip(self.preset.toolTip())
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.preset, 0, 1)
        grid.addWidget(self.undo_button, 0, 2)
        grid.addWidget(self.redo_button, 0, 3)
        for column, button in enumerate((self.reset_button, self.save_button, self.load_button, self.copy_button)):
            grid.addWidget(button, 1, column)
        self._show_preset()

    def choose_preset(self, name: str) -> None:
        """Take over the settings of a preset, without the edits by hand."""
        preset = ROI_PRESETS[name]
        self._state.image.set_pair((preset.stage1, preset.stage2))

    def reset(self) -> None:
        """Go back to the default patches."""
        defaults = Settings()
        self._message.clear()
        self._state.image.set_pair((defaults.stage1.roi, defaults.stage2.roi))

    def undo(self) -> None:
        """Take the last change of the patches of the chosen image back."""
        self._state.image.undo()

    def redo(self) -> None:
        """Make the change that was taken back last again."""
        self._state.image.redo()

    def copy(self) -> None:
        """Put the settings on the clipboard."""
        QApplication.clipboard().setText(self._state.settings.to_toml())
        self._message.say("The settings are on the clipboard.", "info")

    def save(self, path: str | Path) -> None:
        """Write the settings to a file; a failure is told in the dock."""
        path = Path(path)
        if not path.suffix:
            path = path.with_suffix(".toml")
        try:
            self._state.settings.save(path)
        except InputError as error:
            self._message.say(str(error), "error")
        else:
            command = f"autostructn2v denoise IMAGE -o FOLDER --settings {path.name}"
            self._message.say(f"Saved. On the command line: {command}", "info")

    def load(self, path: str | Path) -> None:
        """Read settings from a file; a failure is told in the dock and changes nothing."""
        try:
            settings = Settings.load(path)
        except InputError as error:
            self._message.say(str(error), "error")
            return
        self._message.clear()
        self._state.set_settings(settings)

    def _on_preset(self, index: int) -> None:
        name = self.preset.itemData(index)
        if name is not None:
            self.choose_preset(name)
        else:  # own settings are made by changing something
            self._show_preset()

    def _on_state(self, aspect: str) -> None:
        if aspect == "settings":
            self._show_preset()

    def _show_preset(self) -> None:
        """Show the preset that the settings are, if they are one."""
        names = (
            name for name, preset in ROI_PRESETS.items() if (preset.stage1, preset.stage2) == self._state.image.pair
        )
        index = self.preset.findData(next(names, None))
        self.preset.setCurrentIndex(max(0, index))
        image = self._state.image
        for button, possible, tooltip in (
            (self.undo_button, image.can_undo, "Take the last change of the patches back (Ctrl+Z)."),
            (self.redo_button, image.can_redo, "Repeat the change that was taken back (Ctrl+Shift+Z)."),
        ):
            button.setEnabled(possible)
            button.setToolTip(tooltip if possible else "There is no change to take back or to make again.")

    def _ask_save(self) -> None:
        path = ask_save(self, "Save settings", str(Path(self._folder, "settings.toml")), "Settings")
        if path:
            self._folder = str(Path(path).parent)
            self.save(path)

    def _ask_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load settings", self._folder, _FILTER)
        if path:
            self._folder = str(Path(path).parent)
            self.load(path)


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    return button
