"""Lets the docks of the plugin share one place as tabs: below each other both are too low on a usual screen.

A dock that opens also takes the keyboard: the other way to it leads through all the buttons of napari, and the keyboard
would stay in a dock that is now behind, where no one sees what the keys do.
"""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

__all__ = ["DockTabs"]

_MARK = "autostructn2v_dock"


class DockTabs(QObject):
    """Puts the dock of a widget behind or before the other docks of the plugin when it shows for the first time.

    Whoever drags the docks apart afterwards keeps them apart. An older dock of the same kind is closed: both would show
    the same.

    Parameters
    ----------
    widget : QWidget
        The content of the dock; its focus proxy takes the keyboard when it shows for the first time.
    close : callable
        Closes a dock, given its content.
    """

    def __init__(self, widget: QWidget, close: Callable[[QWidget], object]) -> None:
        super().__init__(widget)
        self._close = close
        widget.setProperty(_MARK, True)
        widget.installEventFilter(self)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._join)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Wait for the first showing; nothing is held back."""
        if event is not None and event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            watched.removeEventFilter(self)
            # Later, since napari is still arranging its docks.
            self._timer.start()
        return False

    def _join(self) -> None:
        content = self.parent()
        own = _dock_of(content)
        window = None if own is None else own.parent()
        if own is None or not isinstance(window, QMainWindow):
            return
        # A tab shows the title, which napari ends with the name of the plugin: two of these are too wide.
        own.setWindowTitle(own.windowTitle().split(" (")[0])
        docks = window.findChildren(QDockWidget)
        others = [dock for dock in docks if dock is not own and _content_of(dock) is not None]
        for other in others:
            twin = _content_of(other)
            if twin is not None and type(twin) is type(content):
                self._close(twin)
                others.remove(other)
                break
        area = window.dockWidgetArea(own)
        for other in others:
            beside = other.isVisible() and not other.isFloating() and window.dockWidgetArea(other) == area
            if beside and not own.isFloating():
                window.tabifyDockWidget(other, own)
                own.raise_()
                break
        if isinstance(content, QWidget):
            content.setFocus(Qt.FocusReason.OtherFocusReason)


def _content_of(dock: QDockWidget) -> QWidget | None:
    """Return what a dock of the plugin holds, None for docks of others."""
    return next((widget for widget in dock.findChildren(QWidget) if widget.property(_MARK)), None)


def _dock_of(widget: QObject | None) -> QDockWidget | None:
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parent()
    return widget
