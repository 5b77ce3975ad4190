"""The same run outside napari: as a command line, and as a settings file."""

from __future__ import annotations

import shlex

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QApplication, QFileDialog, QGridLayout, QPushButton, QWidget

from ...errors import InputError
from ...settings import Settings
from ..image import ViewerState
from ..parts import ask_save

__all__ = ["RunElsewhere", "command_line", "needs_file"]


class RunElsewhere(QWidget):
    """Three buttons; `said` is emitted with a sentence about what they did, `failed` with one about what went wrong.

    Parameters
    ----------
    state : ViewerState
    """

    said = Signal(str)
    failed = Signal(str)

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self._state = state
        self.copy_button = QPushButton("Copy as command")
        self.copy_button.setToolTip("Copy the command that does the same run in a terminal to the clipboard.")
        self.save_button = QPushButton("Save settings…")
        self.save_button.setToolTip("Write all settings, patches and mask included, to a file for the command line.")
        self.copy_button.clicked.connect(self._ask_copy)
        self.save_button.clicked.connect(self._ask_save)
        self.load_button = QPushButton("Load settings…")
        self.load_button.setToolTip("Read all settings from a file; patches and mask become those of the chosen image.")
        self.load_button.clicked.connect(self._ask_load)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.load_button, 0, 0)
        layout.addWidget(self.save_button, 0, 1)
        layout.addWidget(self.copy_button, 1, 0, 1, 2)

    def copy_command(self, settings_file: str = "") -> None:
        """Put the command on the clipboard.

        Parameters
        ----------
        settings_file : str
            Where settings are written that no option of the command stands for.
        """
        settings = self._settings()
        if settings_file and not self.save(settings_file):
            return
        layer = self._state.image.layer
        path = "" if layer is None or layer.source.path is None else str(layer.source.path)
        QApplication.clipboard().setText(command_line(settings, path, settings_file))
        hint = "" if path else " Put the name of your file in place of IMAGE.tif."
        self.said.emit(f"The command is on the clipboard.{hint}")

    def save(self, path: str) -> bool:
        """Write the settings to a file; False if that failed."""
        try:
            self._settings().save(path)
        except InputError as error:
            self.failed.emit(str(error))
            return False
        self.said.emit(f"The settings are in {path}.")
        return True

    def load(self, path: str) -> None:
        """Read the settings from a file; one that cannot be used changes nothing."""
        try:
            settings = Settings.load(path)
        except InputError as error:
            self.failed.emit(str(error))
            return
        self._state.set_settings(settings)
        self.said.emit(f"The settings are those of {path}.")

    def _settings(self) -> Settings:
        return self._state.settings

    def _ask_copy(self) -> None:
        if not needs_file(self._settings()):
            self.copy_command()
            return
        path = self._ask("Save the settings that the command needs")
        if path:
            self.copy_command(path)

    def _ask_save(self) -> None:
        path = self._ask("Save the settings")
        if path:
            self.save(path)

    def _ask_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load settings", "", "Settings (*.toml)")
        if path:
            self.load(path)

    def _ask(self, title: str) -> str:
        return ask_save(self, title, "settings.toml", "Settings")


def needs_file(settings: Settings) -> bool:
    """Return whether a run has settings that no option of the command stands for."""
    return settings != Settings.from_preset(
        settings.preset,
        stages=settings.stages,
        random_seed=settings.random_seed,
        device=settings.device,
        context=settings.context,
        start=settings.start,
    )


def command_line(settings: Settings, image: str = "", settings_file: str = "") -> str:
    """Return the command that does the same run.

    Parameters
    ----------
    settings : Settings
    image : str
        Path of the image; empty if it is not known.
    settings_file : str
        File that holds the settings; empty if options say it all.

    Examples
    --------
    >>> command_line(Settings.from_preset("fast", stages="1"), "cells.tif")
    'autostructn2v denoise cells.tif -o denoised --preset fast --stages 1'
    """
    words = ["autostructn2v", "denoise", image or "IMAGE.tif", "-o", "denoised"]
    if settings_file:
        return shlex.join([*words, "--settings", settings_file])
    default = Settings()
    for option, name in (
        ("--preset", "preset"),
        ("--stages", "stages"),
        ("--seed", "random_seed"),
        ("--device", "device"),
        ("--context", "context"),
        ("--other-channels", "other_channels"),
        ("--start", "start"),
    ):
        if getattr(settings, name) != getattr(default, name):
            words += [option, str(getattr(settings, name))]
    return shlex.join(words)
