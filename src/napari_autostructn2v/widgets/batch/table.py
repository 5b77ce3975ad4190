"""The table of a batch: a row an image."""

from __future__ import annotations

import math
from typing import Any

from qtpy.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ..parts import LIGHTS
from .pictures import PAIR, pair_of_pictures
from .rows import BatchRow

__all__ = ["BatchTable"]

_PICTURES, _IMAGE, _LIGHT, _GAIN, _TIME = range(5)

_HEADERS = (
    ("Before, after", "The middle of each image and of its result, on one scale of brightness."),
    ("Image", "Name, and how far it is."),
    ("", "Light: whether the result can be trusted. Green ●: only noise was removed. Yellow ▲: look at it. Red ■: do "
         "not rely on it."),
    ("Gain", "How much smaller the error is at most than the noise was, in dB: a bound and no estimate. It comes from "
             "the error map, which sees little of structure that is lost; known where error maps are made."),
    ("Time", "How long the image took."),
)  # fmt: skip

_WORDS = Qt.ItemDataRole.UserRole

_SHARE = Qt.ItemDataRole.UserRole + 1

_BAR = "#0072b2"

_FAILED = "#d55e00"

_CELL = "autostructn2v_cell"


class BatchTable(QTableWidget):
    """Shows rows, and tells what is asked of them."""

    #: This row is to be opened.
    open_wanted = Signal(int)
    #: The details of this row are asked for.
    details_wanted = Signal(int)
    #: The selected rows are to be taken out.
    removal_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(0, len(_HEADERS))
        self.setAccessibleName("Images of the batch")
        self.setToolTip("Enter or a double click opens an image and its result; Delete takes it out of the table.")
        for column, (text, tooltip) in enumerate(_HEADERS):
            header = QTableWidgetItem(text)
            header.setToolTip(tooltip)
            self.setHorizontalHeaderItem(column, header)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leads on to the next control
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(PAIR.height() + 6)
        heads = self.horizontalHeader()
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads.setSectionResizeMode(_IMAGE, QHeaderView.ResizeMode.Stretch)
        heads.setMinimumSectionSize(16)
        heads.setHighlightSections(False)
        gain = max(52, self.fontMetrics().horizontalAdvance("≤ 88 dB") + 18)
        for column, width in ((_PICTURES, PAIR.width() + 6), (_LIGHT, 20), (_GAIN, gain), (_TIME, 48)):
            self.setColumnWidth(column, width)
        self.setItemDelegateForColumn(_IMAGE, _TwoLines(self))
        self.setIconSize(PAIR)
        self.cellDoubleClicked.connect(self._on_double_click)
        self._pictured: dict[int, tuple[Any, Any]] = {}
        self._frames: dict[float, QPixmap] = {}  # without pictures

    @property
    def chosen(self) -> list[int]:
        """Numbers of the selected rows."""
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def show_rows(self, rows: list[BatchRow]) -> None:
        """Show these rows, and no others."""
        self.setRowCount(len(rows))
        self._pictured.clear()
        for number, row in enumerate(rows):
            for column in range(len(_HEADERS)):
                if self.item(number, column) is None:
                    self.setItem(number, column, QTableWidgetItem())
            self.show_row(number, row)

    def show_row(self, number: int, row: BatchRow) -> None:
        """Show a row as it is now."""
        if number >= self.rowCount():
            return
        self._show_pictures(number, row)
        image = self.item(number, _IMAGE)
        image.setText(row.name)
        image.setData(_WORDS, row.words)
        image.setData(_SHARE, row.share if row.state == "running" else (-1.0 if row.state == "failed" else 0.0))
        image.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.name}: {row.words}")
        place = str(row.source) if row.layer is None else row.name
        image.setToolTip("\n".join([place, *filter(None, (row.about, row.words, *row.notes))]))
        light = self.item(number, _LIGHT)
        if row.judgement is not None:
            symbol, color = LIGHTS[row.judgement.light]
            light.setText(symbol)
            light.setForeground(QColor(color))
            said = f"{row.judgement.verdict} {row.judgement.advice}".strip()
            light.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.judgement.light} light. {said}")
            light.setToolTip(said)
        else:
            light.setText("")
            light.setData(Qt.ItemDataRole.AccessibleTextRole, "no light yet")
            light.setToolTip("")
        light.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        self._show_figures(number, row)

    def _show_pictures(self, number: int, row: BatchRow) -> None:
        item = self.item(number, _PICTURES)
        if self._pictured.get(number) != (id(row.before), id(row.after)):
            item.setData(Qt.ItemDataRole.DecorationRole, self._pair(row))
            self._pictured[number] = id(row.before), id(row.after)
        there = "before and after" if row.after is not None else "before" if row.before is not None else "none yet"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"Pictures: {there}")

    def _pair(self, row: BatchRow) -> QPixmap:
        ratio = self.devicePixelRatioF()
        if row.before is not None or row.after is not None:
            return pair_of_pictures(row.before, row.after, ratio)
        if ratio not in self._frames:  # of thousands of files that were added at once, each is the same
            self._frames[ratio] = pair_of_pictures(None, None, ratio)
        return self._frames[ratio]

    def _show_figures(self, number: int, row: BatchRow) -> None:
        """Show gain and time, or a button that tells more about a failure in their place."""
        if row.state == "failed":
            if self.cellWidget(number, _GAIN) is None:
                self.setSpan(number, _GAIN, 1, 2)
                button = QPushButton("Details")
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
                button.setToolTip("Say in full why this image cannot be denoised.")
                button.clicked.connect(self._on_details)
                # No higher than its text, in the middle of the row.
                cell = QWidget(objectName=_CELL)
                cell.setStyleSheet(f"#{_CELL} {{ background: transparent; }}")
                layout = QHBoxLayout(cell)
                layout.setContentsMargins(2, 0, 2, 0)
                layout.addWidget(button)
                self.setCellWidget(number, _GAIN, cell)
            self.cellWidget(number, _GAIN).findChild(QPushButton).setAccessibleName(f"Details of {row.name}")
        elif self.cellWidget(number, _GAIN) is not None:
            self.removeCellWidget(number, _GAIN)
            self.setSpan(number, _GAIN, 1, 1)
        failed = row.state == "failed"
        self.item(number, _GAIN).setText("" if row.gain is None or failed else f"≤ {math.ceil(row.gain)} dB")
        self.item(number, _TIME).setText("" if row.seconds is None or failed else _short_time(row.seconds))
        for column in (_GAIN, _TIME):
            self.item(number, column).setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.item(number, column).setToolTip(_HEADERS[column][1])

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter opens a row, Delete takes the selected ones out."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentRow() >= 0:
            self.open_wanted.emit(self.currentRow())
        elif event is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _on_double_click(self, row: int, column: int) -> None:
        self.open_wanted.emit(row)

    def _on_details(self) -> None:
        button = self.sender()
        for row in range(self.rowCount()):
            cell = self.cellWidget(row, _GAIN)
            if cell is not None and cell.isAncestorOf(button):
                self.details_wanted.emit(row)


class _TwoLines(QStyledItemDelegate):
    """Draws the name of an image, and below it how far it is, with a bar while it is being denoised."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw the cell."""
        if painter is None:
            return
        self.initStyleOption(option, index)
        name, option.text = option.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        painter.save()
        share = index.data(_SHARE) or 0.0
        inside = option.rect.adjusted(4, 4, -4, -4)
        upper = QRect(inside.left(), inside.top(), inside.width(), inside.height() // 2)
        lower = upper.translated(0, upper.height())
        group = option.palette.ColorGroup.Active
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = option.palette.ColorRole.HighlightedText if selected else option.palette.ColorRole.Text
        painter.setPen(option.palette.color(group, role))
        self._text(painter, upper, name, Qt.TextElideMode.ElideMiddle, option.fontMetrics)
        if share > 0:
            bar = QRect(lower.left(), lower.bottom() - 2, lower.width(), 3)
            painter.fillRect(bar, QColor(128, 128, 128, 70))
            painter.fillRect(QRect(bar.left(), bar.top(), round(bar.width() * min(1.0, share)), 3), QColor(_BAR))
            lower = lower.adjusted(0, 0, 0, -3)
        words = index.data(_WORDS) or ""
        if share < 0:
            words = f"! {words}"
            if not selected:
                painter.setPen(QColor(_FAILED))
        else:
            painter.setOpacity(0.75)
        self._text(painter, lower, words, Qt.TextElideMode.ElideRight, option.fontMetrics)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Leave room for two lines."""
        return QSize(80, PAIR.height())

    def _text(self, painter: QPainter, where: QRect, text: str, elide: Qt.TextElideMode, metrics: QFontMetrics) -> None:
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(where, flags, metrics.elidedText(text, elide, where.width()))


def _short_time(seconds: float) -> str:
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
