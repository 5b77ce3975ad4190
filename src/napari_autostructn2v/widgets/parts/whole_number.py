"""A field for whole numbers of any size: Qt's spin boxes end at 31 bits."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtGui import QValidator
from qtpy.QtWidgets import QLineEdit, QWidget

__all__ = ["WholeNumberEdit"]


class WholeNumberEdit(QLineEdit):
    """Takes whole numbers from 0 to a limit, and nothing else.

    Parameters
    ----------
    most : int
        The largest number.
    parent : QWidget, optional
    """

    #: The number has changed, by the user or by :meth:`setValue`; an `object`, since Qt's own integers are too short.
    valueChanged = Signal(object)

    def __init__(self, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = 0
        self.setValidator(_UpTo(most, self))
        self.setText("0")
        self.textEdited.connect(self._on_text)
        self.editingFinished.connect(self._show)

    def value(self) -> int:
        """Return the number; while the field is being emptied, the last one."""
        return self._value

    def setValue(self, value: int) -> None:
        """Show a number."""
        changed, self._value = value != self._value, value
        if self.text() != str(value):
            self.setText(str(value))
        if changed:
            self.valueChanged.emit(value)

    def _on_text(self, text: str) -> None:
        if self.hasAcceptableInput():
            self._value = int(text)
            self.valueChanged.emit(self._value)

    def _show(self) -> None:
        """Bring the text in order once the keyboard has gone elsewhere."""
        self.setText(str(self._value))

    def focusOutEvent(self, event: object) -> None:
        """Show the last number where the field was left empty, which does not count as edited for Qt."""
        super().focusOutEvent(event)
        self._show()


class _UpTo(QValidator):
    """Lets digits through that make a number up to a limit."""

    def __init__(self, most: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._most = most

    def validate(self, text: str | None, position: int) -> tuple[QValidator.State, str, int]:
        """Judge what the field holds."""
        text = (text or "").strip()
        if not text:
            return QValidator.State.Intermediate, text, min(position, len(text))
        fits = text.isascii() and text.isdigit() and int(text[:30]) <= self._most and len(text) <= 30
        return (QValidator.State.Acceptable if fits else QValidator.State.Invalid), text, min(position, len(text))
