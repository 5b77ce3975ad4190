"""What a run and its window agree on: who waits for whom, and what the window draws while a network trains."""

from __future__ import annotations

import time

import numpy as np
from napari.utils import progress
from qtpy.QtWidgets import QLabel, QStatusBar

from napari_autostructn2v.progress import Progress
from napari_autostructn2v.widgets.activity import Activity
from napari_autostructn2v.widgets.progress_view import ProgressView
from napari_autostructn2v.widgets.worker import Runner

PREVIEW = np.zeros((4, 4), np.float32)


def test_a_run_waits_until_its_preview_has_been_drawn(qtbot) -> None:
    order: list[str] = []

    def task(stop):
        yield Progress("stage 1", step=1, total=2, preview=PREVIEW)
        order.append("next step")
        return "done"

    def draw(events) -> None:
        time.sleep(0.2)
        order.append("drawn")

    runner = Runner()
    runner.progressed.connect(draw)
    with qtbot.waitSignal(runner.finished, timeout=5000):
        runner.start(task)
    assert order == ["drawn", "next step"]


def test_a_run_whose_window_is_stuck_goes_on_all_the_same(qtbot) -> None:
    def task(stop):
        yield Progress("stage 1", step=1, total=2, preview=PREVIEW)
        return "done"

    runner = Runner()
    runner.start(task)
    runner.wait(5)  # the event loop never turns
    with qtbot.waitSignal(runner.finished, timeout=5000) as finished:
        pass
    assert finished.args == ["done"]


def test_a_run_that_waits_for_the_window_is_cancelled_at_once(qtbot) -> None:
    steps: list[int] = []

    def task(stop):
        for step in range(1000):
            if stop.is_set():
                break
            steps.append(step)
            yield Progress("stage 1", step=step, total=1000, preview=PREVIEW)

    runner = Runner()
    runner.start(task)
    qtbot.waitUntil(lambda: bool(steps))
    runner.stop()
    runner.wait(5)
    assert len(steps) == 1


def test_naparis_wheel_turns_slowly_during_a_run_and_as_before_after_it(make_napari_viewer) -> None:

    viewer = make_napari_viewer()
    _, dock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")
    bar = dock.window().findChild(QStatusBar)
    wheels = [label.movie() for label in bar.findChildren(QLabel) if label.movie() is not None]
    assert wheels, "napari has a wheel to slow"
    activity = Activity(dock)
    activity.start("cells")
    assert len(progress._all_instances) == 1
    assert all(wheel.speed() < 50 for wheel in wheels)
    activity.finish()
    assert all(wheel.speed() == 100 for wheel in wheels)


def test_the_bar_rests_until_there_is_something_to_count(qtbot) -> None:
    view = ProgressView()
    qtbot.addWidget(view)
    view.start("Getting ready…")
    assert view.bar.maximum() > view.bar.minimum()
    view.update_progress(Progress("stage 1", step=3, total=9))
    assert (view.bar.value(), view.bar.maximum()) == (3, 9)
