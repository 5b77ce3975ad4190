"""How many patches have which score, with the threshold as a line that can be dragged."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QSignalBlocker, QSize, Qt, Signal
from qtpy.QtWidgets import QSizePolicy, QWidget

from .themed_plot import ThemedPlot

__all__ = ["ThresholdHistogram"]

_BINS = 64

_HEIGHT = 56

#: Bars of patches that are not selected; grey is readable on dark and light themes.
_IDLE = "#808080"


class ThresholdHistogram(ThemedPlot):
    """A small histogram of the scores; the selected side of the threshold has the colour of the stage.

    Parameters
    ----------
    color : str
        Of the selected patches.
    parent : QWidget, optional
    """

    #: The line was dragged here (0 to 1).
    threshold_changed = Signal(float)

    def __init__(self, color: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores = np.empty(0, np.float32)
        self._counts = np.zeros(_BINS)
        self._centers = (np.arange(_BINS) + 0.5) / _BINS
        self._brushes = {True: pg.mkBrush(color), False: pg.mkBrush(_IDLE)}
        self._bars = pg.BarGraphItem(x=self._centers, height=self._counts, width=1 / _BINS, pen=None, brush=_IDLE)
        self.addItem(self._bars)
        self.line = pg.InfiniteLine(
            0.5, angle=90, movable=True, bounds=(0, 1), pen=pg.mkPen(_IDLE, width=3), hoverPen=pg.mkPen(color, width=5)
        )
        self.line.setCursor(Qt.CursorShape.SplitHCursor)
        self.line.sigPositionChanged.connect(self._on_line)
        self.addItem(self.line)
        plot = self.getPlotItem()
        plot.hideAxis("left")
        plot.getAxis("bottom").setStyle(tickLength=2, showValues=False)
        plot.getAxis("bottom").setHeight(4)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.setRange(xRange=(0, 1), padding=0.01)
        plot.enableAutoRange(x=False, y=True)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "The number of patches at each brightness after smoothing, dark on the left. "
            "Drag the line to change the threshold (roi_threshold). The coloured side is selected."
        )

    def sizeHint(self) -> QSize:
        """Return a width that does not widen a dock."""
        return QSize(200, _HEIGHT)

    def show_scores(self, scores: np.ndarray) -> None:
        """Count the scores of all patches; drawn by the next :meth:`show_threshold`."""
        if scores is not self._scores:
            self._scores = scores
            counts = np.histogram(scores, _BINS, (0, 1))[0]
            # The square root keeps a thin tail visible beside a high peak.
            self._counts = np.sqrt(counts)

    def clear_scores(self) -> None:
        """Show no bars."""
        self.show_scores(np.empty(0, np.float32))
        self._bars.setOpts(height=self._counts)

    def show_threshold(self, threshold: float, *, below: bool, enabled: bool) -> None:
        """Put the line at the threshold and colour the bars on the selected side."""
        chosen = (self._centers < threshold) == below
        self._bars.setOpts(height=self._counts, brushes=[self._brushes[bool(one and enabled)] for one in chosen])
        with QSignalBlocker(self.line):
            self.line.setValue(threshold)
        self.line.setMovable(enabled)

    def _on_line(self) -> None:
        self.threshold_changed.emit(float(self.line.value()))
