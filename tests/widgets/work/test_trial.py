"""How fast a computer trains is tried out in a program of its own."""

from __future__ import annotations

import itertools
import threading
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import pytest

from napari_autostructn2v.network import seconds_of_a_step
from napari_autostructn2v.widgets.work import trial, trial_task


def result_of(task, stop) -> float | None:
    running = task(stop)
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(
    ("program", "expected"), [("print('took', 0.25)", 0.25), ("print('no')", None), ("raise SystemExit(1)", None)]
)
def test_what_a_program_says_counts_if_it_ends_well(monkeypatch, program, expected) -> None:
    monkeypatch.setattr(trial, "_PROGRAM", program)
    assert result_of(trial_task("cpu"), threading.Event()) == expected


def test_it_gives_way_to_a_run_at_once(monkeypatch) -> None:
    monkeypatch.setattr(trial, "_PROGRAM", "import time; time.sleep(600)")
    stop = threading.Event()
    stop.set()
    assert result_of(trial_task("cpu"), stop) is None


def test_nothing_is_said_where_no_program_can_be_started(monkeypatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert result_of(trial_task("cpu"), threading.Event()) is None


@pytest.mark.parametrize(("wall", "busy"), [(1, 2), (30, 1)])
def test_a_trial_is_over_after_a_few_steps_and_counts_no_other_program(monkeypatch, wall, busy) -> None:
    clocks = {"perf_counter": itertools.count(0, wall), "process_time": itertools.count(0, busy)}
    monkeypatch.setattr(
        import_module("napari_autostructn2v.network.trial"),
        "time",
        SimpleNamespace(**{name: partial(next, numbers) for name, numbers in clocks.items()}),
    )
    assert seconds_of_a_step("cpu") == pytest.approx(0.1)
