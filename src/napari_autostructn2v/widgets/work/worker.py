"""The one place with threads: a generator runs beside the window, and a timer of the window collects what it says.

No Qt object crosses the border between the threads. The worker thread writes into a plain mailbox and a timer in the
window's thread empties it, so that closing a dock, a viewer or the whole program in mid-run cannot reach a deleted
object, and events cannot pile up in Qt's queue faster than they are shown.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal

from ...progress import Progress
from .failure import Failure

__all__ = ["Runner", "StopRequest", "Task"]

#: Something to run: called with the stop token, yields events and returns what the run came to.
Task = Callable[["StopRequest"], Generator[Progress, None, Any]]

#: Milliseconds between two looks whether a run has ended.
_INTERVAL = 50

#: At each of so many looks its events are shown: drawing the window takes a core from the training. A new phase, a new
#: preview and the end are shown at once.
_LOOKS_PER_SHOW = 20

#: Seconds that a run waits at most while a preview of it is drawn.
_LONGEST_WAIT = 1.0

#: Seconds that a run waits at most for the end of one that was cancelled before it; a file may never answer.
_LAST_ONE_WAIT = 20.0


class StopRequest(threading.Event):
    """A stop token that is also set once the program ends, so that no process outlives its window.

    Parameters
    ----------
    tell : callable
        Takes progress from inside a call that cannot yield it.
    """

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        super().__init__()
        self.tell = tell

    def is_set(self) -> bool:
        """Return True once the run should end."""
        return super().is_set() or not threading.main_thread().is_alive()


class _RunningTask:
    """One run: the mailbox that both threads know, and the thread that fills it; begins once `after` has ended."""

    def __init__(self, task: Task, after: _RunningTask | None = None) -> None:
        self.stop = StopRequest(self._put)
        self._task, self._after = task, after
        self._lock = threading.Lock()
        self._shown = threading.Event()
        self._shown.set()
        self._events: list[Progress] = []
        self._phase, self._is_new_phase = "", False
        self._has_trained = False
        self._outcome: tuple[Any, Failure | None] | None = None
        # Not a daemon: a daemon thread inside torch can crash the interpreter while it shuts down. The stop request
        # sees the program end, so this thread never holds it up for longer than a step.
        self._thread = threading.Thread(target=self._work, name="autostructn2v")
        self._thread.start()

    def take(self) -> tuple[list[Progress], tuple[Any, Failure | None] | None]:
        """Return the events since the last call and, once the thread has ended, (result, failure)."""
        with self._lock:
            events, self._events = self._events, []
            self._is_new_phase = False
            return events, self._outcome

    @property
    def due(self) -> bool:
        """Whether the window should look at once: the run waits for it, or is over."""
        return self._outcome is not None or self._is_new_phase or not self._shown.is_set()

    @property
    def has_begun(self) -> bool:
        """Whether there is, or will soon be, something to lose: not while the run reads, measures and loads PyTorch."""
        return self._has_trained or self._outcome is not None

    def go_on(self) -> None:
        """End the wait of the run once its preview is on the screen."""
        self._shown.set()

    @property
    def is_alive(self) -> bool:
        """Whether its thread has not ended yet."""
        return self._thread.is_alive()

    @property
    def last_at_work(self) -> _RunningTask:
        """The one that a task after this one has to wait for: the one before, while this one itself waits for it."""
        return self._after or self

    def join(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)

    def _work(self) -> None:
        outcome: tuple[Any, Failure | None]
        try:
            outcome = (self._exhaust(self._task(self.stop)) if self._wait_for_last() else None, None)
        except Exception as error:
            # Every kind of error ends here: one that left this thread would leave the window "running" for ever.
            outcome = (None, Failure.from_error(error))
        with self._lock:
            self._outcome = outcome

    def _wait_for_last(self) -> bool:
        """Return whether to begin: once the task before has ended, unless a stop comes first."""
        end = time.monotonic() + _LAST_ONE_WAIT
        while (after := self._after) is not None and after.is_alive and time.monotonic() < end:
            if self.stop.is_set():
                return False
            after.join(0.02)
        self._after = None
        return not self.stop.is_set()

    def _exhaust(self, generator: Generator[Progress, None, Any]) -> Any:
        spared = False
        try:
            while True:
                try:
                    event = next(generator)
                except StopIteration as end:
                    return end.value
                spared = spared or _leave_a_core()
                if event.preview is not None:
                    self._shown.clear()
                self._put(event)
                self._wait_for_window()
        finally:
            generator.close()

    def _wait_for_window(self) -> None:
        # A new layer costs the window a quarter of a second, and twice that where the training wants the same cores.
        end = time.monotonic() + _LONGEST_WAIT
        while not (self._shown.wait(0.02) or self.stop.is_set() or time.monotonic() > end):
            pass
        self._shown.set()

    def _put(self, event: Progress) -> None:
        with self._lock:
            if event.preview is not None:
                # Only the newest preview is ever shown, and each is as large as the image.
                self._events = [replace(old, preview=None) if old.preview is not None else old for old in self._events]
            self._events.append(event)
            self._is_new_phase = self._is_new_phase or event.phase != self._phase
            self._phase = event.phase
            self._has_trained = self._has_trained or event.phase != "measuring"


class Runner(QObject):
    """Runs one task at a time beside the window.

    Signals are emitted in the window's thread: `progressed` with a list of `Progress`, then either `finished` with what
    the task returned, None if it was stopped before it had begun, or `failed` with a `Failure`.

    Parameters
    ----------
    parent : QObject, optional
        With whose end the task is stopped.
    interval : int
        Milliseconds between two looks whether the task has ended.
    """

    progressed = Signal(list)
    finished = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None, *, interval: int = _INTERVAL) -> None:
        super().__init__(parent)
        self._running: _RunningTask | None = None
        self._left: _RunningTask | None = None  # cancelled, and on its way to where it looks at its stop token
        self._looks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(interval)
        self._timer.timeout.connect(self._collect)
        self._drawn_timer = QTimer(self, singleShot=True, interval=0)
        self._drawn_timer.timeout.connect(self._on_drawn)

    @property
    def is_running(self) -> bool:
        """True from `start` until `finished` or `failed` has been emitted."""
        return self._running is not None

    @property
    def is_stopping(self) -> bool:
        """True while a run that was asked to stop has not ended yet."""
        return self._running is not None and self._running.stop.is_set()

    def start(self, task: Task) -> None:
        """Start a task.

        Raises
        ------
        RuntimeError
            If one is running already.
        """
        if self._running is not None:
            raise RuntimeError("A run is in progress.")
        self._running, self._left = _RunningTask(task, self._left), None
        self._timer.start()
        if self.parent() is not None:
            self.parent().destroyed.connect(self._running.stop.set)

    def stop(self) -> None:
        """Ask the run to end with what there is; `finished` follows within a step.

        One that has not begun to train yet, which may be busy with what nothing can interrupt, such as loading PyTorch,
        is left to end by itself, and `finished` is emitted with None. The next one begins once it has ended, so that
        two never work at the same time.
        """
        if self._running is None:
            return
        self._running.stop.set()
        if not self._running.has_begun:
            self._left = self._running.last_at_work
            self._forget()
            self.finished.emit(None)

    def wait(self, seconds: float | None = None) -> None:
        """Block until no thread of this runner is left; for tests and scripts, never for the window."""
        for task in (self._left, self._running):
            if task is not None:
                task.join(seconds)

    def _collect(self) -> None:
        running = self._running
        if running is None:
            return
        self._looks += 1
        if self._looks % _LOOKS_PER_SHOW and not running.due:
            return
        events, outcome = running.take()
        if events:
            self.progressed.emit(events)
            # After what the events changed has been drawn.
            self._drawn_timer.start()
        if outcome is None:
            return
        self._forget()
        result, failure = outcome
        if failure is None:
            self.finished.emit(result)
        else:
            self.failed.emit(failure)

    def _on_drawn(self) -> None:
        if self._running is not None:
            self._running.go_on()

    def _forget(self) -> None:
        """Be ready for another task."""
        running, self._running = self._running, None
        self._timer.stop()
        if running is not None and self.parent() is not None:
            self.parent().destroyed.disconnect(running.stop.set)


def _leave_a_core() -> bool:
    """Keep torch from taking the core that the window needs; True once that is settled for the calling thread."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores > 2:
        # The number holds for the calling thread alone.
        torch.set_num_threads(max(1, min(torch.get_num_threads(), cores - 1)))
    return True
