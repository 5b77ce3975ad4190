"""Rows of a form whose labels explain themselves as their controls do."""

from __future__ import annotations

from qtpy.QtWidgets import QFormLayout, QLabel, QLayout, QWidget

__all__ = ["add_row"]


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
    if isinstance(control, QWidget):
        if not control.toolTip():
            control.setToolTip(tooltip)
        tooltip = tooltip or control.toolTip()
    label.setToolTip(tooltip)
    form.insertRow(form.rowCount() if at is None else at, label, control)
