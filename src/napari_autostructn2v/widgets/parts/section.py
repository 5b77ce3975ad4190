"""Headings that fold what is below them away, and the column that scrolls them."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

__all__ = ["Section", "SectionColumn"]


class Section(QWidget):
    """A titled part of a dock whose content shows or hides on a click on the title.

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


class SectionColumn(QScrollArea):
    """Sections below each other, scrolled up and down only: the column is never narrower than what it holds."""

    def __init__(self, *sections: Section) -> None:
        super().__init__()
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 4, 0)
        for section in sections:
            layout.addWidget(section)
        layout.addStretch(1)
        self.setWidget(column)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

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
        return super().eventFilter(watched, event)
