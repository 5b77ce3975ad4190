"""Trained models: keep one in a file, take one up again, apply it to other images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ..errors import InputError
from .tasks import load_model_task
from .worker import Failure, Runner
from .wrapped_label import WrappedLabel

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["ModelPanel"]

_FILES = "Model (*.safetensors)"
_NONE = "No model yet. A run trains one; a saved one can be loaded."


class ModelPanel(QWidget):
    """Holds the model at hand.

    `apply_requested` is emitted when it should denoise the chosen image, `failed` with a `Failure` if a file could not
    be read or written.
    """

    apply_requested = Signal()
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.denoiser: Denoiser | None = None
        self.name = ""
        self.runner = Runner(self)
        self.runner.finished.connect(self._on_loaded)
        self.runner.failed.connect(self._on_failed)
        self.label = WrappedLabel(_NONE)
        self.apply_button = QPushButton("Apply")
        self.save_button = QPushButton("Save…")
        self.load_button = QPushButton("Load…")
        self.load_button.setToolTip("Take up a model that was saved here or by the command line.")
        self.apply_button.clicked.connect(self.apply_requested)
        self.save_button.clicked.connect(self._ask_save)
        self.load_button.clicked.connect(self._ask_load)
        buttons = QHBoxLayout()
        for button in (self.apply_button, self.save_button, self.load_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addLayout(buttons)
        self._show()

    def take(self, denoiser: Denoiser, name: str) -> None:
        """Hold a model from now on.

        Parameters
        ----------
        denoiser : Denoiser
        name : str
            Where it comes from, for the user.
        """
        self.denoiser, self.name = denoiser, name
        self._show()

    def save(self, path: str) -> None:
        """Write the model to a file."""
        if self.denoiser is None:
            return
        try:
            self.denoiser.save(path)
        except InputError as error:
            self.failed.emit(Failure(str(error), "input"))
            return
        self.name = Path(path).name
        self._show()

    def load(self, path: str) -> None:
        """Read a model from a file, beside the window."""
        if self.runner.is_running:
            return
        self._loading = Path(path).name
        self.label.setText(f"Reading {self._loading}…")
        self.runner.start(load_model_task(path))

    def _on_loaded(self, denoiser: Denoiser) -> None:
        self.take(denoiser, self._loading)

    def _on_failed(self, failure: Failure) -> None:
        self._show()
        self.failed.emit(failure)

    def _ask_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save the model", "model.safetensors", _FILES)
        if path:
            self.save(path)

    def _ask_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load a model", "", _FILES)
        if path:
            self.load(path)

    def _show(self) -> None:
        there = self.denoiser is not None
        self.label.setText(f"Model at hand: {self.name}." if there else _NONE)
        self.apply_button.setEnabled(there)
        self.save_button.setEnabled(there)
        self.apply_button.setToolTip("Denoise the chosen image with this model, without training." if there else _NONE)
        self.save_button.setToolTip("Keep this model in a file." if there else _NONE)
