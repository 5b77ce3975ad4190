"""Keeps the mouse wheel, when it scrolls a dock, from changing the settings that pass under it."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QGraphicsView, QScrollBar, QWidget

__all__ = ["WheelGuard"]


class WheelGuard(QObject):
    """Hands the wheel over sliders, numbers, lists and plots on to what lies behind, until they are clicked.

    Parameters
    ----------
    inside : QWidget
        Guards what is in there now; children of these that are made later are not guarded.
    """

    def __init__(self, inside: QWidget) -> None:
        super().__init__(inside)
        for kind in (QAbstractSlider, QAbstractSpinBox, QComboBox, QGraphicsView):
            for widget in inside.findChildren(kind):
                if isinstance(widget, QScrollBar):
                    continue
                if widget.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                widget.installEventFilter(self)
                if isinstance(widget, QGraphicsView):
                    widget.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Swallow a wheel event that was not meant for the widget; ignored, it goes on to the parent."""
        if event is not None and event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget):
            plot = isinstance(watched, QGraphicsView) or isinstance(watched.parent(), QGraphicsView)
            if plot or not watched.hasFocus():
                event.ignore()
                return True
        return super().eventFilter(watched, event)
