"""What a run and its window agree on: who waits for whom, and what the window draws while a network trains."""

from __future__ import annotations

import threading
import time

import numpy as np
from napari.utils import progress
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QLabel, QStatusBar

from napari_autostructn2v.progress import Progress
from napari_autostructn2v.widgets.denoise.progress_view import ProgressView
from napari_autostructn2v.widgets.denoise.run_clock import RunClock
from napari_autostructn2v.widgets.work import Activity, Latest, Runner
from napari_autostructn2v.widgets.work import worker as worker

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


def threads() -> int:
    return sum(thread.name == "autostructn2v" for thread in threading.enumerate())


def test_cancel_does_not_wait_for_what_nothing_can_interrupt_before_training(qtbot) -> None:
    loading, loaded = threading.Event(), threading.Event()
    went_on: list[str] = []

    def task(stop):
        yield Progress("measuring", message="Getting ready")
        loading.set()
        loaded.wait(10)  # PyTorch is being loaded
        if stop.is_set():
            return "nobody waits for this"
        went_on.append("trains in vain")

    runner = Runner()
    answers: list[object] = []
    runner.finished.connect(answers.append)
    runner.start(task)
    assert loading.wait(5)
    runner.stop()
    assert answers == [None] and not runner.is_running
    loaded.set()
    runner.wait(5)
    assert threads() == 0 and not went_on and answers == [None]


def test_runs_cancelled_before_training_do_not_pile_up(qtbot) -> None:
    at_work, most = set(), []
    loaded = threading.Event()

    def task(stop):
        at_work.add(threading.current_thread())
        most.append(len(at_work))
        yield Progress("measuring", message="Getting ready")
        loaded.wait(10)
        at_work.discard(threading.current_thread())
        return "done"

    runner = Runner()
    for _ in range(5):
        runner.start(task)
        qtbot.wait(30)
        runner.stop()
    qtbot.waitUntil(lambda: threads() == 1)
    runner.start(task)
    loaded.set()
    with qtbot.waitSignal(runner.finished, timeout=5000) as finished:
        pass
    assert finished.args == ["done"]
    assert max(most) == 1, "two runs at work at once"
    runner.wait(5)
    assert threads() == 0


def test_the_newest_question_is_answered_and_those_between_are_passed_over(qtbot) -> None:
    go_on = threading.Event()
    worked_out: list[int] = []

    def about(number: int):
        def task(stop):
            yield Progress("measuring")
            worked_out.append(number)
            go_on.wait(10)
            return 10 * number

        return task

    parent = QObject()
    latest = Latest(parent)
    answers: list[tuple[object, object]] = []
    latest.finished.connect(lambda asked, answer: answers.append((asked, answer)))
    for number in range(5):
        latest.ask(number, about(number))
        if not number:
            qtbot.waitUntil(lambda: worked_out == [0])
    assert latest.is_busy
    go_on.set()
    qtbot.waitUntil(lambda: not latest.is_busy)
    assert answers == [(4, 40)]
    assert worked_out == [0, 4]


def test_a_new_phase_is_shown_at_once(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(worker, "_LOOKS_PER_SHOW", 10**9)  # what does not ask for it is not shown
    go_on = threading.Event()

    def task(stop):
        for phase in ("measuring", "stage 1", "noise", "stage 2"):
            yield Progress(phase)
            go_on.wait(10)
            go_on.clear()

    phases: list[str] = []
    runner = Runner()
    runner.progressed.connect(lambda events: phases.extend(event.phase for event in events))
    runner.start(task)
    for count in range(1, 5):
        qtbot.waitUntil(lambda count=count: len(phases) == count)
        go_on.set()
    qtbot.waitUntil(lambda: not runner.is_running)


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
    view.start("Getting ready…", RunClock({}))
    assert view.bar.maximum() > view.bar.minimum()
    view.update_progress(Progress("stage 1", step=3, total=9))
    assert 0 < view.bar.value() < view.bar.maximum()
