"""Shows which axis of the chosen image is which, and lets the user say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QComboBox, QSizePolicy

from .reading import axes_in_words, readings

if TYPE_CHECKING:
    from .viewer_state import ViewerState

__all__ = ["AxesChoice"]

_TOOLTIP = (
    "The axes of the image: T time, Z depth, C channels, Y rows, X columns. Planes over time and depth are "
    "denoised together by one model. Each channel is denoised alone, with its own model."
)

_ONE = "A single plane: rows and columns."

_RGB = "A colour picture: red, green and blue are each denoised alone, and the result is a colour picture as well."


class AxesChoice(QComboBox):
    """A list of what the axes may be; a view of the chosen image of a `ViewerState`.

    Parameters
    ----------
    state : ViewerState
    """

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self._state = state
        self.setAccessibleName("Axes")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)
        state.changed.connect(self._on_state)
        self._show()

    def _on_state(self, aspect: str) -> None:
        if aspect == "axes":
            self._show()

    def _on_activated(self, index: int) -> None:
        self._state.say_axes(self._state.image, self.itemData(index))

    def _show(self) -> None:
        image = self._state.image
        layer, levels = image.layer, image.pixels.levels
        with QSignalBlocker(self):
            self.clear()
            if layer is None:
                return
            reading, shape = image.pixels.reading, tuple(levels[0].shape)
            for axes in readings(layer):
                self.addItem(axes_in_words(axes, shape), axes)
            at = self.findData(reading.axes)
            self.setCurrentIndex(at)
            if not reading.is_sure:
                self.setItemText(at, f"{self.itemText(at)}?")
        tooltip = _TOOLTIP if self.count() > 1 else _RGB if layer.rgb else _ONE
        self.setToolTip(tooltip)
        self.setItemData(self.currentIndex(), tooltip, Qt.ItemDataRole.ToolTipRole)
        self.setEnabled(self.count() > 1)
