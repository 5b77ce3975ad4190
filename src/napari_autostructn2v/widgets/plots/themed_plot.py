"""A plot on the background of the window, whatever its theme."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QEvent

__all__ = ["ThemedPlot"]


class ThemedPlot(pg.PlotWidget):
    """Follows a change of napari's theme; ``_apply_colors`` is there for colours of its own."""

    def __init__(self, parent: Any = None, **options: Any) -> None:
        self._is_built = False
        super().__init__(parent, background=None, **options)
        self._is_built = True

    def changeEvent(self, event: QEvent | None) -> None:
        """Draw with the colours of the new theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange and self._is_built:
            self._apply_colors()
            self.resetCachedContent()  # the background is kept as a picture
            self.viewport().update()

    def _apply_colors(self) -> None:
        """Take up the colours of the theme."""
