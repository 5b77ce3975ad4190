"""Headings that fold what is below them away, and the column that scrolls them."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QApplication, QFrame, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

__all__ = ["Section", "SectionColumn"]


class Section(QWidget):
    """A titled part of a dock whose content shows or hides on a click on the title, and is scrolled into view then.

    Parameters
    ----------
    title : str
    content : QWidget
    expanded : bool
    tooltip : str
    """

    def __init__(self, title: str, content: QWidget, *, expanded: bool = True, tooltip: str = "") -> None:
        super().__init__()
        self.content = content
        self.button = QToolButton(text=title)
        self.button.setToolTip(tooltip)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.setStyleSheet("QToolButton { text-align: left; font-weight: bold; border: none; padding: 3px 0; }")
        self.button.toggled.connect(self._show_content)
        self._timer = QTimer(self, singleShot=True, interval=0)  # after all has been laid out anew
        self._timer.timeout.connect(self._scroll_into_view)
        self.button.clicked.connect(self._timer.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(content)
        self.button.setChecked(expanded)
        self._show_content(expanded)

    def set_title(self, title: str) -> None:
        """Call the section something else."""
        if self.button.text() != title:
            self.button.setText(title)

    @property
    def is_expanded(self) -> bool:
        """Whether the content shows."""
        return self.button.isChecked()

    def expand(self, expanded: bool = True) -> None:
        """Show or hide the content."""
        self.button.setChecked(expanded)

    def _show_content(self, expanded: bool) -> None:
        self.content.setVisible(expanded)
        self.button.setArrowType(Qt.ArrowType.DownArrow if expanded else Qt.ArrowType.RightArrow)

    def _scroll_into_view(self) -> None:
        """Scroll until all of it can be seen, or as much as there is room for below its title."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        column = None if area is None else area.widget()
        if area is None or column is None or not self.is_expanded:
            return
        top, room, bar = self.mapTo(column, QPoint(0, 0)).y(), area.viewport().height(), area.verticalScrollBar()
        if top + self.height() > bar.value() + room:
            bar.setValue(min(top, top + self.height() - room))


class SectionColumn(QScrollArea):
    """Sections below each other, scrolled up and down only: the column is never narrower than what it holds.

    Parameters
    ----------
    *sections : Section
        From top to bottom.
    """

    def __init__(self, *sections: Section) -> None:
        super().__init__()
        self._sections = sections
        self._kept: Section | None = None  # while all is to be in view: the one that stays open
        self._folded: list[Section] = []  # by `make_room`, to be opened again
        self._by_hand: set[Section] = set()  # opened or folded by the user since then
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 4, 0)
        for section in sections:
            layout.addWidget(section)
            section.button.clicked.connect(self._on_click)
        layout.addStretch(1)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._fold)
        self.setWidget(column)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def make_room(self, kept: Section) -> None:
        """Fold other sections, the last one first, for as long as there is more than can be seen at once.

        What the user opens meanwhile stays open.
        """
        self._kept = kept
        self._timer.start()

    def give_room_back(self) -> None:
        """Open the sections again that were folded to make room."""
        self._timer.stop()
        for section in self._folded:
            if section not in self._by_hand:
                section.expand()
        self._kept = None
        self._folded.clear()
        self._by_hand.clear()

    def minimumSizeHint(self) -> QSize:
        """Leave room for the widest section and the scroll bar."""
        hint = super().minimumSizeHint()
        column = self.widget()
        if column is None:
            return hint
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(max(hint.width(), column.minimumSizeHint().width() + bar), hint.height())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Ask for more room when a section has opened."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.updateGeometry()
            if self._kept is not None:
                self._timer.start()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Make room again where there is less of it now."""
        super().resizeEvent(event)
        if self._kept is not None:
            self._timer.start()

    def _on_click(self) -> None:
        if self._kept is not None:
            self._by_hand.update(section for section in self._sections if section.button is self.sender())

    def _fold(self) -> None:
        if self._kept is None or not self.isVisible():
            return
        for section in reversed(self._sections):
            if self._height_needed() <= self.viewport().height():
                return
            if section is self._kept or section in self._by_hand or not (section.isVisible() and section.is_expanded):
                continue
            # The keyboard would go to whatever comes next, which may be anything.
            if section.content.isAncestorOf(QApplication.focusWidget() or self):
                section.button.setFocus()
            section.expand(False)
            self._folded.append(section)

    def _height_needed(self) -> int:
        """Return the height of all that is open, also of what has changed and was not laid out yet."""
        column = self.widget()
        layouts = [layout for section in self._sections for layout in (section.content.layout(), section.layout())]
        for layout in filter(None, layouts):
            layout.activate()
        layout = None if column is None else column.layout()
        if layout is None:
            return 0
        if layout.hasHeightForWidth():
            return layout.totalHeightForWidth(self.viewport().width())
        return layout.totalMinimumSize().height()
