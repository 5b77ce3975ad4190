"""The curves of the losses take the room that the training takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPointF

from napari_autostructn2v.progress import Progress
from napari_autostructn2v.widgets.plots import LossPlot


@pytest.fixture
def plot(qtbot):
    plot = LossPlot(lambda event: "")
    qtbot.addWidget(plot)
    return plot


def training(phase: str, *steps_of: tuple[int, int]) -> list[Progress]:
    return [Progress(phase, step, total, loss=1 / (1 + step), held_out=1 / (1 + step)) for step, total in steps_of]


def end_of_axis(plot: LossPlot) -> float:
    (low, high), _ = plot.getPlotItem().viewRange()
    return high - 0.02 * (high - low) / 1.04


def test_the_axis_ends_where_a_shortened_training_ends(plot) -> None:
    plot.add(training("stage 1", (100, 900), (200, 900)))
    assert end_of_axis(plot) == pytest.approx(900, rel=0.01), "room for what is to come"
    plot.add(training("stage 1", (220, 240), (240, 240)))
    assert end_of_axis(plot) == pytest.approx(240, rel=0.01)
    plot.add(training("stage 2", (50, 300)))
    assert end_of_axis(plot) == pytest.approx(540, rel=0.01)


def test_a_cancelled_training_leaves_no_room_for_the_rest(plot) -> None:
    plot.add(training("stage 1", (100, 900), (200, 900)))
    plot.finish()
    assert end_of_axis(plot) == pytest.approx(200, rel=0.01)
    plot.reset()
    plot.finish()
    assert plot.is_empty


def test_a_short_training_that_becomes_a_long_one_goes_on_to_the_right(plot) -> None:
    plot.add(training("stage 1", (0, 80), (40, 80), (0, 900), (90, 900)))
    steps, losses = plot.curves()["training"]
    drawn = [step for step, loss in zip(steps, losses, strict=True) if np.isfinite(loss)]
    assert drawn == [0, 40, 40, 130] and np.isnan(losses).sum() == 1, "with a gap between the two"
    assert plot.names() == ["stage 1"]
    assert end_of_axis(plot) == pytest.approx(940, rel=0.01)


@pytest.mark.parametrize("first", [20, 40, 400])
def test_names_of_stages_lie_neither_on_curves_nor_on_each_other(plot, qtbot, first) -> None:
    plot.resize(300, 180)
    plot.show()
    qtbot.waitExposed(plot)
    plot.add(training("stage 1", *((step, first) for step in range(0, first + 1, 5))))
    plot.add(training("stage 2", *((step, 160) for step in range(0, 161, 5))))
    plot.grab()  # lets pyqtgraph place what it draws
    boxes = [border.label.mapRectToScene(border.label.boundingRect()) for border in plot._borders]
    names = [box.adjusted(4, 4, -4, -4) for box in boxes]  # without the margin of a document
    assert not names[0].intersects(names[1])
    lowest = plot.getViewBox().mapViewToScene(QPointF(0, np.log10(1 / 401 if first == 400 else 1 / 161))).y()
    assert lowest <= min(name.top() for name in names)


def test_of_many_stages_the_channels_are_named(plot, qtbot) -> None:
    plot._channel_of = lambda event: event.message
    plot.resize(300, 180)
    plot.show()
    qtbot.waitExposed(plot)
    for channel in ("red", "green", "blue"):
        for stage in ("stage 1", "stage 2"):
            plot.add([replace(event, message=channel) for event in training(stage, (0, 40), (20, 40), (40, 40))])
    assert plot.names()[:3] == ["red\nstage 1", "stage 2", "green\nstage 1"]
    assert [border.label.textItem.toPlainText() for border in plot._borders] == ["red", "", "green", "", "blue", ""]
