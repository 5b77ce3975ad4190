"""Tells a dock widget that it, or the viewer that it is in, has been closed: neither sends it a close event."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QTimer, Signal
from qtpy.QtWidgets import QMainWindow, QWidget

__all__ = ["ClosingWatch"]


class ClosingWatch(QObject):
    """Watches over a widget from the moment that it is put into a dock.

    Parameters
    ----------
    widget : QWidget
    """

    #: The widget was taken out of its dock.
    dock_closed = Signal()
    #: The window of the viewer was closed.
    viewer_closed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.installEventFilter(self)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._tell_if_closed)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Look at what happens to the widget and to the window around it; nothing is held back."""
        if event is not None and event.type() == QEvent.Type.ParentChange and watched is self.parent():
            if watched.parent() is None:
                self.dock_closed.emit()
            elif (window := self._window()) is not None:
                window.installEventFilter(self)
        elif event is not None and event.type() == QEvent.Type.Close and isinstance(watched, QMainWindow):
            # Asked afterwards, since the user may still decide against closing.
            self._timer.start()
        return super().eventFilter(watched, event)

    def _window(self) -> QMainWindow | None:
        """Return the viewer's window, also while the dock floats; not kept, since that would keep the window alive."""
        ancestor = self.parent()
        while ancestor is not None and not isinstance(ancestor, QMainWindow):
            ancestor = ancestor.parent()
        return ancestor

    def _tell_if_closed(self) -> None:
        window = self._window()
        if window is None or not window.isVisible():
            self.viewer_closed.emit()
