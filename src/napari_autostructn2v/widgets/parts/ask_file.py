"""Asks where to save a file."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

__all__ = ["ask_save"]


def ask_save(parent: QWidget, title: str, name: str, kind: str) -> str:
    """Return the path that the user wants to write, empty if none.

    Parameters
    ----------
    parent : QWidget
    title : str
        Of the window.
    name : str
        Suggested, with the ending that the file gets in any case.
    kind : str
        Such as ``"Model"``.
    """
    ending = Path(name).suffix
    path, _ = QFileDialog.getSaveFileName(parent, title, name, f"{kind} (*{ending})")
    if not path or path.lower().endswith(ending):
        return path
    # The dialogs of some systems leave a name as it is typed; a file without the ending would not be found again.
    path += ending
    if Path(path).exists():
        answer = QMessageBox.question(parent, title, f"{Path(path).name} already exists. Do you want to replace it?")
        return path if answer == QMessageBox.StandardButton.Yes else ""
    return path
