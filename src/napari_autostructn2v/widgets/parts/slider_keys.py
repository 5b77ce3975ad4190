"""Keys for a slider of fractions: superqt's leaves them to Qt's slider of whole numbers, where they change nothing."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QSlider
from superqt import QLabeledDoubleSlider

__all__ = ["SliderKeys"]

_MOVED: dict[Qt.Key, Callable[[QLabeledDoubleSlider], float]] = {
    Qt.Key.Key_Left: lambda slider: slider.value() - slider.singleStep(),
    Qt.Key.Key_Down: lambda slider: slider.value() - slider.singleStep(),
    Qt.Key.Key_Right: lambda slider: slider.value() + slider.singleStep(),
    Qt.Key.Key_Up: lambda slider: slider.value() + slider.singleStep(),
    Qt.Key.Key_PageDown: lambda slider: slider.value() - slider.pageStep(),
    Qt.Key.Key_PageUp: lambda slider: slider.value() + slider.pageStep(),
    Qt.Key.Key_Home: lambda slider: slider.minimum(),
    Qt.Key.Key_End: lambda slider: slider.maximum(),
}


class SliderKeys(QObject):
    """Moves a slider by the arrow keys, Page Up and Down, Home and End, as any other; Tab stops at it once.

    Parameters
    ----------
    slider : superqt.QLabeledDoubleSlider
    """

    def __init__(self, slider: QLabeledDoubleSlider) -> None:
        super().__init__(slider)
        self._slider = slider
        inner = slider.findChild(QSlider)
        inner.installEventFilter(self)
        # Otherwise Tab stops at what holds slider and number as well.
        slider.setFocusProxy(inner)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take the keys that move a slider; all others go on."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        key = Qt.Key(event.key())
        if key not in _MOVED:
            return False
        value = _MOVED[key](self._slider)
        self._slider.setValue(min(max(value, self._slider.minimum()), self._slider.maximum()))
        return True
