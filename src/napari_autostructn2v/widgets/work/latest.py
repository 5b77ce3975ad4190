"""Works out the newest of what is asked for, beside the window: what was asked for in between is passed over."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal

from .failure import Failure
from .worker import Runner, Task

__all__ = ["Latest"]


class Latest(QObject):
    """One thing at a time; a question that comes in the meantime takes the place of one that waits.

    Parameters
    ----------
    parent : QObject
        With whose end the work ends.
    interval : int
        Milliseconds between two looks whether there is an answer.
    """

    #: What was asked about, and the answer; only for the newest question.
    finished = Signal(object, object)
    #: What was asked about, and a `Failure`.
    failed = Signal(object, object)

    def __init__(self, parent: QObject, *, interval: int = 50) -> None:
        super().__init__(parent)
        self._present: Any = None
        self._next: tuple[Any, Task] | None = None
        self._is_wanted = False
        self.runner = Runner(self, interval=interval)
        self.runner.finished.connect(self._on_finished)
        self.runner.failed.connect(self._on_failed)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._next is not None or (self.runner.is_running and self._is_wanted)

    def ask(self, about: Any, task: Task) -> None:
        """Work a task out, soon.

        Parameters
        ----------
        about : object
            Comes back with the answer.
        task : Task
        """
        self._next = about, task
        if self.runner.is_running:
            self._is_wanted = False
            self.runner.stop()
        else:
            self._go_on()

    def forget(self) -> None:
        """Want no answer any more."""
        self._next = None
        self._is_wanted = False
        self.runner.stop()

    def _go_on(self) -> None:
        if self._next is not None and not self.runner.is_running:
            (self._present, task), self._next = self._next, None
            self._is_wanted = True
            self.runner.start(task)

    def _on_finished(self, answer: object) -> None:
        wanted, about, self._present, self._is_wanted = self._is_wanted, self._present, None, False
        if wanted:
            self.finished.emit(about, answer)
        self._go_on()

    def _on_failed(self, failure: Failure) -> None:
        wanted, about, self._present, self._is_wanted = self._is_wanted, self._present, None, False
        if wanted:
            self.failed.emit(about, failure)
        self._go_on()
