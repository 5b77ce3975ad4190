"""The button that offers shapes for the blind mask, and its files."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton

from ..parts import ask_save

__all__ = ["MaskMenu"]

_FILES = "Blind mask (*.npy)"

#: Shapes offered, for a reach of r pixels.
_SHAPES = {
    "Single pixel": lambda r: np.ones((1, 1), bool),
    "Row": lambda r: np.ones((1, 2 * r + 1), bool),
    "Column": lambda r: np.ones((2 * r + 1, 1), bool),
    "Diagonal \\": lambda r: np.eye(2 * r + 1, dtype=bool),
    "Diagonal /": lambda r: np.eye(2 * r + 1, dtype=bool)[::-1],
    "Square": lambda r: np.ones((2 * r + 1, 2 * r + 1), bool),
}


class MaskMenu(QPushButton):
    """Asks for a shape or for a file."""

    #: A shape was chosen: a function that takes how far it reaches, in pixels, and returns the mask as a bool array.
    shape_chosen = Signal(object)
    load_wanted = Signal(str)
    save_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__("Mask")
        self.setToolTip("Choose a shape for the mask, or load and save masks as .npy files.")
        menu = QMenu(self)
        for name in _SHAPES:
            menu.addAction(name)
        menu.addSeparator()
        self._load_action = menu.addAction("Load…")
        self._save_action = menu.addAction("Save…")
        menu.triggered.connect(self._on_action)
        self.setMenu(menu)

    def _on_action(self, action: Any) -> None:
        if action is self._load_action:
            path, _ = QFileDialog.getOpenFileName(self, "Load a blind mask", "", _FILES)
            if path:
                self.load_wanted.emit(path)
        elif action is self._save_action:
            path = ask_save(self, "Save the blind mask", "mask.npy", "Blind mask")
            if path:
                self.save_wanted.emit(path)
        else:
            self.shape_chosen.emit(_SHAPES[action.text()])
