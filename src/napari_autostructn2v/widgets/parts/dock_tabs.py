"""Lets the docks of the plugin share one place as tabs: below each other both are too low on a usual screen."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

__all__ = ["DockTabs"]

_MARK = "autostructn2v_dock"


class DockTabs(QObject):
    """Puts the dock of a widget behind or before the other docks of the plugin when it shows for the first time.

    Whoever drags the docks apart afterwards keeps them apart.

    Parameters
    ----------
    widget : QWidget
        The content of the dock.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
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
        own = _dock_of(self.parent())
        window = None if own is None else own.parent()
        if own is None or own.isFloating() or not isinstance(window, QMainWindow):
            return
        area = window.dockWidgetArea(own)
        for other in window.findChildren(QDockWidget):
            content = other.findChildren(QWidget)
            ours = other is not own and any(widget.property(_MARK) for widget in content)
            if ours and other.isVisible() and not other.isFloating() and window.dockWidgetArea(other) == area:
                window.tabifyDockWidget(other, own)
                own.raise_()
                return


def _dock_of(widget: QObject | None) -> QDockWidget | None:
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parent()
    return widget
