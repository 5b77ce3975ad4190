"""Tells that a dock, or the window of the viewer, has been closed: neither sends its content a close event."""

from __future__ import annotations

from collections.abc import Callable
from weakref import ref

from qtpy.QtCore import QEvent, QObject, QTimer, Signal
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

__all__ = ["DockWatch", "WindowWatch"]


class DockWatch(QObject):
    """Watches over the content of a dock.

    Parameters
    ----------
    widget : QWidget
    may_close : callable, optional
        Asked when the user presses the close button of the dock; the dock stays open unless it returns True.
    """

    #: The widget was taken out of its dock.
    closed = Signal()

    def __init__(self, widget: QWidget, may_close: Callable[[], bool] | None = None) -> None:
        super().__init__(widget)
        self._may_close = may_close
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Look at what happens to the widget; nothing is held back."""
        if event is not None and event.type() == QEvent.Type.Show and watched is self.parent():
            self._guard(watched)
        changed = event is not None and event.type() == QEvent.Type.ParentChange and watched is self.parent()
        if changed and watched is not None and watched.parent() is None:
            self.closed.emit()
        return super().eventFilter(watched, event)

    def _guard(self, widget: QObject | None) -> None:
        """Ask before napari's close button takes the dock away."""
        dock = widget
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parent()
        if dock is None or self._may_close is None or not hasattr(dock, "destroyOnClose"):
            return
        # The button calls this method of the dock; napari makes a new button whenever the dock is moved. Only weak
        # references, since Python cannot take apart a circle of Qt objects safely.
        own, watched_dock = ref(self), ref(dock)

        def close_if_wanted() -> None:
            watch, present = own(), watched_dock()
            if present is not None and (watch is None or watch._may_close is None or watch._may_close()):
                type(present).destroyOnClose(present)

        dock.destroyOnClose = close_if_wanted


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
