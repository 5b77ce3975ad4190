"""The live curve of the training and the held-out loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
import pyqtgraph as pg
from qtpy.QtGui import QColor, QPalette

from ...progress import Progress
from .themed_plot import ThemedPlot

__all__ = ["LossPlot"]

#: Training, held-out; on a dark and on a light background (Okabe-Ito, safe for colour-blind people).
_DARK = "#56b4e9", "#e69f00"

_LIGHT = "#0072b2", "#b34700"

#: Least distance in pixels between two labels of the loss axis.
_TICK_SPACING = 18

#: Share of the height of the plot that a line of writing takes.
_LINE = 0.15

_TOOLTIP = (
    "The error with which the network guesses hidden pixels, in units of the image's variance (logarithmic).\n"
    "Thin line: pixels that it trains on. Thick line: held-out pixels that it never trains on. "
    "Both fall and level off. If the thick line rises, training stops."
)


class _LogAxis(pg.AxisItem):
    """A logarithmic axis for a low plot: few ticks, at 1, 2 and 5 times powers of ten."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        """Return the logarithms of the numbers to be labelled."""
        decades = np.arange(math.floor(minVal), math.ceil(maxVal) + 1)
        for steps in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1, 3), (1,)):
            ticks = np.sort((decades[:, None] + np.log10(steps)).ravel())
            ticks = ticks[(ticks >= minVal) & (ticks <= maxVal)]
            if len(ticks) * _TICK_SPACING <= size:
                break
        if len(ticks) < 2:  # none of those lies between two losses that are nearly the same
            low, high = 10**minVal, 10**maxVal
            step = 10 ** math.floor(math.log10(max(high - low, 1e-12)))
            for width in (step, 2 * step, 5 * step):
                ticks = np.log10(width * np.arange(max(1, math.ceil(low / width)), math.floor(high / width) + 1))
                if len(ticks) * _TICK_SPACING <= size:
                    break
        return [(1.0, ticks.tolist())]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the numbers themselves."""
        return [f"{10**value:.3g}" for value in values]


class LossPlot(ThemedPlot):
    """Training and held-out loss over the steps; stage 2 and further channels continue to the right of stage 1.

    Parameters
    ----------
    channel_of : callable
        Returns the name of the channel that an event is about, empty where there is only one.
    """

    def __init__(self, channel_of: Callable[[Progress], str]) -> None:
        super().__init__(axisItems={"left": _LogAxis("left")})
        self._channel_of = channel_of
        self._steps: list[int] = []
        self._losses: list[float] = []
        self._held_out_steps: list[int] = []
        self._held_out: list[float] = []
        self._phase, self._channel = "", ""
        self._offset = 0
        self._end = 1
        self._borders: list[pg.InfiniteLine] = []
        self._names: list[str] = []
        self.setFixedHeight(180)
        self.setMinimumWidth(100)
        self.setToolTip(_TOOLTIP)
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        plot = self.getPlotItem()
        # pyqtgraph makes this menu without a parent, so it would outlive the plot.
        plot.ctrlMenu.setParent(self, plot.ctrlMenu.windowFlags())
        plot.setLogMode(x=False, y=True)
        plot.setLabel("bottom", "step")
        plot.setLabel("left", "loss")
        # Else pyqtgraph calls the numbers thousandths, which they are not on an axis of logarithms.
        plot.getAxis("left").enableAutoSIPrefix(False)
        plot.layout.setContentsMargins(0, 0, 0, 6)  # pyqtgraph lets the label of an axis hang out below it
        plot.showGrid(y=True, alpha=0.15)
        self._training_curve = plot.plot([], [], connect="finite")
        self._held_out_curve = plot.plot([], [], connect="finite", symbol="o", symbolSize=4)
        self._apply_colors()

    def reset(self) -> None:
        """Forget the curves of the last run."""
        for numbers in (self._steps, self._losses, self._held_out_steps, self._held_out):
            numbers.clear()
        for border in self._borders:
            self.removeItem(border)
        self._borders.clear()
        self._names.clear()
        self._phase, self._channel, self._offset, self._end = "", "", 0, 1
        self._redraw()

    def add(self, events: Iterable[Progress]) -> None:
        """Add the losses of some events and redraw once."""
        changed = False
        for event in events:
            if event.loss is None and event.held_out is None:
                continue
            channel = self._channel_of(event)
            if (channel, event.phase) != (self._channel, self._phase):
                self._start_phase(event.phase, channel)
            elif self._offset + event.step < self._last:  # a short training goes on as a long one
                self._go_on()
            step = self._offset + event.step
            if event.loss is not None:
                self._steps.append(step)
                self._losses.append(event.loss)
            if event.held_out is not None:
                self._held_out_steps.append(step)
                self._held_out.append(event.held_out)
            # What is planned may become less, where training no longer helps.
            self._end = max(1, self._offset + event.total, step)
            changed = True
        if changed:
            self._redraw()

    def finish(self) -> None:
        """Leave no room for steps that will not be taken any more."""
        end = max(1, self._last)
        if end != self._end and not self.is_empty:
            self._end = end
            self._redraw()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see yet."""
        return not (self._steps or self._held_out_steps)

    def curves(self) -> dict[str, tuple[list[int], list[float]]]:
        """Return steps and losses of "training" and "held-out"."""
        return {
            "training": (list(self._steps), list(self._losses)),
            "held-out": (list(self._held_out_steps), list(self._held_out)),
        }

    def names(self) -> list[str]:
        """Return what is written beside the stages where there is room, from left to right."""
        return list(self._names)

    @property
    def _last(self) -> int:
        """The last step that was drawn."""
        return max([0, *self._steps[-1:], *self._held_out_steps[-1:]])

    def _go_on(self) -> None:
        """Let the steps that follow, which are counted anew, come after those drawn."""
        self._offset = self._last
        for steps, losses in ((self._steps, self._losses), (self._held_out_steps, self._held_out)):
            if steps:  # a gap in the curve
                steps.append(self._offset)
                losses.append(math.nan)

    def _start_phase(self, phase: str, channel: str) -> None:
        # A channel is named once, above its first stage, since its stages are close together.
        label = phase if channel == self._channel else f"{channel}\n{phase}"
        self._phase, self._channel = phase, channel
        self._go_on()
        # Its name stands at the bottom, since every curve begins at the top.
        border = pg.InfiniteLine(pos=self._offset, angle=90, label=label, labelOpts={"anchors": [(0, 1)] * 2})
        self._borders.append(border)
        self._names.append(label)
        self.addItem(border)
        self._apply_colors()

    def _redraw(self) -> None:
        # To the end of the present stage, so that the curve shows how far it is.
        self.setXRange(0, self._end, padding=0.02)
        drawn = []
        for curve, steps, losses in (
            (self._training_curve, self._steps, self._losses),
            (self._held_out_curve, self._held_out_steps, self._held_out),
        ):
            values = np.asarray(losses, dtype=float)
            # A loss of zero or below has no logarithm, and an infinite one would blow up the axis.
            values[~np.isfinite(values) | (values <= 0)] = np.nan
            curve.setData(np.asarray(steps, dtype=float), values)
            drawn.append(np.log10(values[np.isfinite(values)]))
        self._make_room_for_names(np.concatenate(drawn))

    def _make_room_for_names(self, drawn: np.ndarray) -> None:
        """Write the names below the curves; where there is too little room, in two rows, or those of channels alone."""
        shown = self._names
        crowded = self._write(shown)
        if crowded and any("\n" in name for name in shown):
            shown = [name.partition("\n")[0] if "\n" in name else "" for name in shown]
            crowded = self._write(shown)
        lines = max((name.count("\n") + 1 for name in shown), default=1)
        written = [border for border, name in zip(self._borders, shown, strict=True) if name]
        for number, border in enumerate(written):
            # The first above the second, so that what stands above ends before the next border of its row.
            border.label.setPosition(0.02 + (crowded and number % 2 == 0) * lines * _LINE)
        if drawn.size:
            low, high = float(drawn.min()), float(drawn.max())
            share = 0.04 + (1 + crowded) * lines * _LINE
            span = max(high - low, 0.02) / (0.96 - share)
            self.setYRange(high - 0.96 * span, high + 0.04 * span, padding=0)

    def _write(self, names: list[str]) -> bool:
        """Write something beside each border, and return whether it does not fit in one row."""
        a_step = (self.getViewBox().width() or self.minimumWidth()) / (1.04 * self._end)
        for border, name in zip(self._borders, names, strict=True):
            border.label.setFormat(name)
        written = [border for border, name in zip(self._borders, names, strict=True) if name]
        ends = [*(border.value() for border in written), self._end][1:]
        return any(
            (end - border.value()) * a_step < border.label.textItem.boundingRect().width()
            for border, end in zip(written, ends, strict=False)
        )

    def _apply_colors(self) -> None:
        text = self.palette().color(QPalette.ColorRole.WindowText)
        training, held_out = _DARK if text.lightness() > 127 else _LIGHT
        self._training_curve.setPen(pg.mkPen(training, width=1))
        self._held_out_curve.setPen(pg.mkPen(held_out, width=2))
        self._held_out_curve.setSymbolBrush(held_out)
        self._held_out_curve.setSymbolPen(held_out)
        faint = QColor(text)
        faint.setAlpha(110)
        for border in self._borders:
            border.setPen(pg.mkPen(faint))
            border.label.setColor(text)
        for name in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(faint)
            axis.setTextPen(text)
        # Above the curves rather than in a legend, which would lie on them.
        self.getPlotItem().setTitle(
            f'<span style="color:{training}">― training</span> '
            f'&nbsp; <span style="color:{held_out}">●― held-out</span>',
            size="9pt",
        )
