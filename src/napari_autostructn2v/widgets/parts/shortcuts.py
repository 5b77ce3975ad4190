"""Keys that work while the keyboard is in a widget or anywhere inside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QWidget

__all__ = ["add_shortcuts"]


def add_shortcuts(widget: QWidget, slots: Mapping[str, Callable[[], object]]) -> list[QShortcut]:
    """Call slots by keys; these go before the viewer's own keys (Ctrl+R resets the view there).

    Parameters
    ----------
    widget : QWidget
    slots : mapping of str to callable
        By keys such as ``Ctrl+R``.

    Returns
    -------
    list of QShortcut
    """
    shortcuts = []
    for keys, slot in slots.items():
        shortcut = QShortcut(QKeySequence(keys), widget)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(slot)
        shortcuts.append(shortcut)
    return shortcuts
