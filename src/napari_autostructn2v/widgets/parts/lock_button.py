"""A padlock to click, drawn here since not every system has a letter for it."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import QToolButton

__all__ = ["LockButton"]

_SIDE = 24


class LockButton(QToolButton):
    """Closed while it is checked; in the colours of the theme."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """Return a square."""
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the body, and the shackle open or closed."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Normal if self.isEnabled() else QPalette.ColorGroup.Disabled
        color = self.palette().color(group, QPalette.ColorRole.WindowText)
        if not self.isChecked():
            color.setAlpha(150)
        centre = QRectF(self.rect()).center()
        body = QRectF(centre.x() - 6, centre.y() - 1, 12, 9)
        painter.setPen(QPen(color, 1.8))
        # Open, it hangs beside the body.
        shackle = QRectF(centre.x() - 4 + (0 if self.isChecked() else 7), centre.y() - 8, 8, 9)
        painter.drawArc(shackle, 0, 180 * 16)
        for x in (shackle.left(), shackle.right()) if self.isChecked() else (shackle.left(),):
            painter.drawLine(QPointF(x, shackle.center().y()), QPointF(x, body.top()))
        painter.setBrush(color)
        painter.drawRoundedRect(body, 1.5, 1.5)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color, 1, Qt.PenStyle.DotLine))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))
        painter.end()
