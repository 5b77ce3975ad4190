"""Rows of a form whose labels explain themselves as their controls do, and name them for screen readers."""

from __future__ import annotations

from itertools import pairwise

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QFormLayout, QLabel, QLayout, QLayoutItem, QRadioButton, QWidget

__all__ = ["add_row", "name_for_screen_readers", "order_tabs"]


def add_row(
    form: QFormLayout, text: str, control: QWidget | QLayout, tooltip: str = "", *, at: int | None = None
) -> None:
    """Add a row with the same tooltip on its label and its control.

    Parameters
    ----------
    form : QFormLayout
    text : str
        Of the label.
    control : QWidget or QLayout
    tooltip : str
        By default that of the control; a control that has one keeps it.
    at : int, optional
        Number of the row; by default the last.
    """
    label = QLabel(text)
    name_for_screen_readers(control, text)
    if isinstance(control, QWidget):
        label.setBuddy(control)
        if not control.toolTip():
            control.setToolTip(tooltip)
        tooltip = tooltip or control.toolTip()
    label.setToolTip(tooltip)
    form.insertRow(form.rowCount() if at is None else at, label, control)


def name_for_screen_readers(control: QWidget | QLayout, name: str) -> None:
    """Give a control, and those that it is made of, a name to be read aloud; those that have one keep it.

    Parameters
    ----------
    control : QWidget or QLayout
    name : str
        As on the label beside it.
    """
    if isinstance(control, QLayout):
        widgets = [item.widget() for index in range(control.count()) if (item := control.itemAt(index)) is not None]
        for widget in filter(None, widgets):
            name_for_screen_readers(widget, name)
        return
    for widget in (control, *control.findChildren(QWidget)):
        says_itself = isinstance(widget, (QAbstractButton, QLabel)) and widget.text()
        if not says_itself and not widget.accessibleName():
            widget.setAccessibleName(name)


def order_tabs(form: QFormLayout) -> None:
    """Let the Tab key go through the rows from top to bottom, whatever the order in which they were made."""
    fields = [form.itemAt(row, QFormLayout.ItemRole.FieldRole) for row in range(form.rowCount())]
    stops = [
        stop
        for widget in (widget for field in fields for widget in _widgets_of(field))
        for stop in (widget, *widget.findChildren(QWidget))
        # The list that a combo box opens is a window of its own.
        if stop.window() is widget.window()
        # Tab stops at the chosen one of radio buttons, which may become another.
        and (stop.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(stop, QRadioButton))
        and stop.focusProxy() is None
    ]
    for first, second in pairwise(stops):
        QWidget.setTabOrder(first, second)


def _widgets_of(item: QLayoutItem | None) -> list[QWidget]:
    """Return the widgets of a row, which may be a layout."""
    if item is None:
        return []
    widget, layout = item.widget(), item.layout()
    if widget is not None:
        return [widget]
    return [] if layout is None else [own for at in range(layout.count()) for own in _widgets_of(layout.itemAt(at))]
