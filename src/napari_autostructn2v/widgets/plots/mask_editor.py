"""The blind mask drawn over the measured autocorrelation, edited by clicking or by keys."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

__all__ = ["MAX_REACH", "MaskEditor"]

#: Farthest pixel from the centre, in pixels, that can be blind.
MAX_REACH = 12

#: Colours of correlations of +1 and -1 (Okabe-Ito); in between they fade into the colour of none.
_POSITIVE, _NEGATIVE = QColor("#e69f00"), QColor("#56b4e9")

#: Rows down and columns right that the arrow keys go.
_STEPS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}

_LEAST_SHOWN_REACH = 4

_SIZE = 200


class MaskEditor(QWidget):
    """Shows which neighbours of a pixel share its noise, and which of them are hidden from the network.

    `edited` is emitted when the user has changed the mask.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        side = 2 * MAX_REACH + 1
        self._correlation: np.ndarray | None = None
        self._blind = np.zeros((side, side), bool)
        self._blind[MAX_REACH, MAX_REACH] = True
        self._reach = _LEAST_SHOWN_REACH
        self._painting: bool | None = None  # the value that a drag gives to the pixels it crosses
        self._cursor = (0, 1)  # where the keys are
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Blind mask")
        self.setFixedHeight(_SIZE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a square."""
        return QSize(_SIZE, _SIZE)

    @property
    def pattern(self) -> np.ndarray:
        """(H, W) bool, the mask with odd sides, cut to what is blind."""
        reach = np.abs(np.argwhere(self._blind) - MAX_REACH).max(0)
        rows, columns = (slice(MAX_REACH - r, MAX_REACH + r + 1) for r in reach)
        return self._blind[rows, columns].copy()

    def show_mask(self, pattern: np.ndarray, correlation: np.ndarray | None = None) -> None:
        """Show a mask and, where it was measured, the correlation under it.

        Parameters
        ----------
        pattern : (H, W) bool
            Odd sides; what lies farther than `MAX_REACH` from the centre is left out.
        correlation : (2L+1, 2L+1) array, optional
        """
        self._blind = _centred(pattern, False).astype(bool)
        self._blind[MAX_REACH, MAX_REACH] = True
        self._correlation = None if correlation is None else _centred(correlation, np.nan)
        self._reach = self._reach_worth_seeing()
        self.update()

    def offset_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return the offset (row, column) from the centre at a place in the widget."""
        cell, left, top = self._geometry()
        column = int((position.x() - left) // cell) - self._reach
        row = int((position.y() - top) // cell) - self._reach
        return (row, column) if max(abs(row), abs(column)) <= self._reach else None

    def position_of(self, row: int, column: int) -> QPointF:
        """Return the middle of the cell of an offset."""
        cell, left, top = self._geometry()
        return QPointF(left + (column + self._reach + 0.5) * cell, top + (row + self._reach + 0.5) * cell)

    def _reach_worth_seeing(self) -> int:
        blind = int(np.abs(np.argwhere(self._blind) - MAX_REACH).max()) + 1
        noticed = 0
        if self._correlation is not None:
            noticed = int(np.abs(np.argwhere(np.nan_to_num(np.abs(self._correlation)) > 0.05) - MAX_REACH).max()) + 1
        return min(MAX_REACH, max(_LEAST_SHOWN_REACH, blind, noticed))

    def _geometry(self) -> tuple[float, float, float]:
        """Side of a cell, and the upper left corner of the picture."""
        cells = 2 * self._reach + 1
        cell = float(min(self.width(), self.height()) // cells)
        return cell, (self.width() - cell * cells) // 2, (self.height() - cell * cells) // 2

    def _within(self, at: int) -> int:
        return min(max(at, -self._reach), self._reach)

    def _set(self, row: int, column: int, blind: bool, alone: bool) -> None:
        if (row, column) == (0, 0):
            return
        for sign in (1,) if alone else (1, -1):
            self._blind[MAX_REACH + sign * row, MAX_REACH + sign * column] = blind
        self.update()
        self.edited.emit()

    # ---- mouse

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Toggle the pixel under the mouse."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        offset = self.offset_at(event.position())
        if offset is not None and offset != (0, 0):
            self._cursor = offset
            self._painting = not self._blind[MAX_REACH + offset[0], MAX_REACH + offset[1]]
            self._set(*offset, self._painting, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Give every pixel that a drag crosses the same value."""
        if event is None or self._painting is None:
            return
        offset = self.offset_at(event.position())
        if offset is not None and self._blind[MAX_REACH + offset[0], MAX_REACH + offset[1]] != self._painting:
            self._set(*offset, self._painting, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End a drag; only now may the picture change its scale."""
        self._painting = None
        self._reach = self._reach_worth_seeing()
        self.update()

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go from pixel to pixel by the arrow keys, and toggle one by Space."""
        if event is None:
            return
        row, column = self._cursor
        key = Qt.Key(event.key())
        if key in _STEPS:
            down, right = _STEPS[key]
            self._cursor = self._within(row + down), self._within(column + right)
            self.setAccessibleDescription(self._words(self._cursor).splitlines()[0])
            self.update()
        elif key == Qt.Key.Key_Space:
            alone = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._set(row, column, not self._blind[MAX_REACH + row, MAX_REACH + column], alone)
            self._reach = self._reach_worth_seeing()
            self.setAccessibleDescription(self._words(self._cursor).splitlines()[0])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Tell the correlation under the mouse."""
        if isinstance(event, QHelpEvent):
            offset = self.offset_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._words(offset), self)
            return True
        return super().event(event)

    def _words(self, offset: tuple[int, int] | None) -> str:
        lines = [
            "Orange and blue pixels share noise with the centre pixel, with equal or opposite sign.",
            "Framed pixels are hidden from the network in stage 2. Click or drag to hide or show pixels with their "
            "mirror image. Hold Shift to change one pixel alone. By keyboard: the arrow keys and Space.",
        ]
        if offset is not None:
            row, column = offset
            state = "hidden" if self._blind[MAX_REACH + row, MAX_REACH + column] else "seen"
            value = np.nan if self._correlation is None else self._correlation[MAX_REACH + row, MAX_REACH + column]
            measured = "" if np.isnan(value) else f", correlation {value:.2f}"
            lines.insert(0, f"{row:+d} px down, {column:+d} px right: {state}{measured}")
        return "\n".join(lines)

    # ---- picture

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the correlation, and frames around what is blind."""
        painter = QPainter(self)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        none = self.palette().color(QPalette.ColorRole.Window)
        neutral = _mixed(none, text, 0.08)
        cell, left, top = self._geometry()
        shown = range(-self._reach, self._reach + 1)
        for row in shown:
            for column in shown:
                box = QRectF(left + (column + self._reach) * cell, top + (row + self._reach) * cell, cell, cell)
                painter.fillRect(box.adjusted(0.5, 0.5, -0.5, -0.5), self._color(row, column, neutral))
        painter.setPen(QPen(text, 2))
        for row in shown:
            for column in shown:
                if self._blind[MAX_REACH + row, MAX_REACH + column]:
                    box = QRectF(left + (column + self._reach) * cell, top + (row + self._reach) * cell, cell, cell)
                    painter.drawRect(box.adjusted(1.5, 1.5, -1.5, -1.5))
        if self.hasFocus():
            row, column = self._cursor
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2, Qt.PenStyle.DotLine))
            left, top = left + (column + self._reach) * cell, top + (row + self._reach) * cell
            painter.drawRect(QRectF(left, top, cell, cell).adjusted(-1, -1, 1, 1))
            painter.setPen(QPen(text, 2))
        painter.setBrush(text)
        painter.drawEllipse(self.position_of(0, 0), cell / 8, cell / 8)
        painter.end()

    def _color(self, row: int, column: int, neutral: QColor) -> QColor:
        if self._correlation is None:
            return neutral
        value = self._correlation[MAX_REACH + row, MAX_REACH + column]
        if np.isnan(value):
            return neutral
        # Weak correlations matter as well; the power makes them visible, but not the scatter about none.
        return _mixed(neutral, _POSITIVE if value > 0 else _NEGATIVE, float(min(1.0, abs(value)) ** 0.75))


def _centred(values: np.ndarray, fill: float) -> np.ndarray:
    """Lay an array with odd sides into the middle of one that reaches `MAX_REACH`."""
    side = 2 * MAX_REACH + 1
    canvas = np.full((side, side), fill, float)
    source, target = [], []
    for length in np.shape(values):
        reach = min(length // 2, MAX_REACH)
        source.append(slice(length // 2 - reach, length // 2 + reach + 1))
        target.append(slice(MAX_REACH - reach, MAX_REACH + reach + 1))
    canvas[tuple(target)] = np.asarray(values)[tuple(source)]
    return canvas


def _mixed(first: QColor, second: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        *(a + share * (b - a) for a, b in zip(first.getRgbF()[:3], second.getRgbF()[:3], strict=True))
    )
