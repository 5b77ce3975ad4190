"""A label for sentences."""

from __future__ import annotations

from qtpy.QtCore import QRect, QSize, Qt, QTimer
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QLabel, QSizePolicy

__all__ = ["WrappedLabel"]


class WrappedLabel(QLabel):
    """Wraps its text, which can be selected and copied, and is always as high as that needs.

    A plain word-wrapping label in nested layouts keeps the height of its first line until something else moves.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # A long word must not widen the dock.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # A child, so that it ends with the label.
        self._fit_timer = QTimer(self, singleShot=True, interval=0)
        self._fit_timer.timeout.connect(self._fit)
        self.setText(text)

    def setText(self, text: str | None) -> None:
        """Show another text."""
        super().setText(text)
        self._fit()

    def sizeHint(self) -> QSize:
        """Return no more than the height needed: Qt's own answer stays at the largest minimum that there has been."""
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        # Later, since a new minimum set in the middle of a layout pass is lost on the layouts further up.
        self._fit_timer.start()

    def _fit(self) -> None:
        # Measured from the text, since heightForWidth never returns less than the present minimum.
        margins = self.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        flags = Qt.TextFlag.TextWordWrap | self.alignment()
        text_height = self.fontMetrics().boundingRect(QRect(0, 0, width, 100_000), flags, self.text()).height()
        height = text_height + margins.top() + margins.bottom() if self.text() else 0
        if height != self.minimumHeight():
            self.setMinimumHeight(height)
