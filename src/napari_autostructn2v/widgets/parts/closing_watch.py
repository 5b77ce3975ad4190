"""Tells that a dock, or the window of the viewer, has been closed: neither sends its content a close event."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QTimer, Signal
from qtpy.QtWidgets import QMainWindow, QWidget

__all__ = ["DockWatch", "WindowWatch"]


class DockWatch(QObject):
    """Watches over the content of a dock.

    Parameters
    ----------
    widget : QWidget
    """

    #: The widget was taken out of its dock.
    closed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Look at what happens to the widget; nothing is held back."""
        changed = event is not None and event.type() == QEvent.Type.ParentChange and watched is self.parent()
        if changed and watched is not None and watched.parent() is None:
            self.closed.emit()
        return super().eventFilter(watched, event)


class WindowWatch(QObject):
    """Watches over a window.

    Parameters
    ----------
    window : QMainWindow
    """

    #: The window was closed.
    closed = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        window.installEventFilter(self)
        # Asked afterwards, since the user may still decide against closing.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._tell_if_closed)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Look at what happens to the window; nothing is held back."""
        if event is not None and event.type() == QEvent.Type.Close and watched is self.parent():
            self._timer.start()
        return super().eventFilter(watched, event)

    def _tell_if_closed(self) -> None:
        window = self.parent()
        if not isinstance(window, QMainWindow) or not window.isVisible():
            self.closed.emit()
