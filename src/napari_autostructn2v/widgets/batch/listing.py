"""Folders are listed beside the window: a slow network drive may take its time."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QObject, Signal

from ...progress import Progress
from ..work import Failure, Listed, Runner, list_task

__all__ = ["Listing"]


class Listing(QObject):
    """Finds the images in files and folders, one request after the other.

    Parameters
    ----------
    parent : QObject
        With whose end the work ends.
    """

    #: What was found: a `Listed`.
    found = Signal(object)
    #: A sentence about a place that cannot be listed.
    failed = Signal(str)
    #: It has begun, is at another point, or is over.
    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        #: How far it is, in words; empty where nothing is listed.
        self.words = ""
        self._waiting: list[tuple[str, ...]] = []
        self._is_wanted = False
        self._runner = Runner(self)
        self._runner.progressed.connect(self._on_progress)
        self._runner.finished.connect(self._on_finished)
        self._runner.failed.connect(self._on_failed)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting) or (self._is_wanted and self._runner.is_running)

    def ask(self, places: Sequence[str]) -> None:
        """Look for images; the answer comes later."""
        self._waiting.append(tuple(map(str, places)))
        self.words = self.words or "Looking for images…"
        self._go_on()
        self.changed.emit()

    def cancel(self) -> None:
        """Want no answer any more."""
        self._waiting.clear()
        self._is_wanted = False
        self.words = ""
        self._runner.stop()
        self.changed.emit()

    def _go_on(self) -> None:
        if self._waiting and not self._runner.is_running:
            self._is_wanted = True
            self._runner.start(list_task(self._waiting.pop(0)))

    def _on_progress(self, events: list[Progress]) -> None:
        if self._is_wanted:
            self.words = events[-1].message
            self.changed.emit()

    def _on_finished(self, listed: Listed | None) -> None:
        wanted, self._is_wanted, self.words = self._is_wanted, False, ""
        if wanted and listed is not None:
            self.found.emit(listed)
        self._go_on()
        self.changed.emit()

    def _on_failed(self, failure: Failure) -> None:
        wanted, self._is_wanted, self.words = self._is_wanted, False, ""
        if wanted:
            self.failed.emit(failure.sentence)
        self._go_on()
        self.changed.emit()
