"""Asks the user for one of a few ways to go on."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QMessageBox, QWidget

__all__ = ["ask_choice"]


def ask_choice(parent: QWidget | None, title: str, question: str, details: str, choices: Sequence[str]) -> str:
    """Return the choice that the user clicked.

    Parameters
    ----------
    parent : QWidget or None
    title, question, details : str
    choices : sequence of str
        The words of the buttons. The last one changes nothing: it is the default, and what the Escape key means.
    """
    box = QMessageBox(QMessageBox.Icon.Question, title, question, QMessageBox.StandardButton.NoButton, parent)
    box.setInformativeText(details)
    buttons = [box.addButton(choice, QMessageBox.ButtonRole.ActionRole) for choice in choices]
    box.setDefaultButton(buttons[-1])
    box.setEscapeButton(buttons[-1])
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return choices[buttons.index(clicked)] if clicked in buttons else choices[-1]
