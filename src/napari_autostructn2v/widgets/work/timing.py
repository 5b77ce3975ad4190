"""How long each part of a run takes, taken down in the worker's thread."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import Any, Literal, get_args

from ...progress import Progress
from .passing import passed_on
from .worker import StopRequest, Task

__all__ = ["RUN_PARTS", "PartTimes", "RunPart", "timed"]

#: The parts of a run in their order: after each training its network denoises the image.
RunPart = Literal["measuring", "loading", "stage 1", "after stage 1", "stage 2", "after stage 2"]

RUN_PARTS: tuple[RunPart, ...] = get_args(RunPart)


class PartTimes:
    """Seconds that each part of a run has taken so far; told of every event as it comes."""

    def __init__(self) -> None:
        self.seconds: dict[RunPart, float] = {}
        self.part: RunPart = "measuring"
        self._is_loading = "torch" not in sys.modules
        self._since = time.monotonic()

    def note(self, event: Progress) -> None:
        """Take down when an event came, and which part begins with it."""
        self.close()
        if event.phase == "measuring":
            self.part = "loading" if event.measurement is not None and self._is_loading else "measuring"
        elif event.phase in ("stage 1", "stage 2"):
            stage = event.phase
            self._is_loading = False
            over = event.total > 0 and event.step >= event.total
            self.part = f"after {stage}" if over else stage  # type: ignore[assignment]
        elif event.phase == "prediction" and not self.part.startswith("after"):
            self.part = "after stage 2" if self.part == "stage 2" else "after stage 1"

    def close(self) -> None:
        """Count the time since the last event."""
        now = time.monotonic()
        self.seconds[self.part] = self.seconds.get(self.part, 0.0) + now - self._since
        self._since = now


def timed(task: Task, times: PartTimes) -> Task:
    """Return the same task, which also takes down how long its parts take."""

    def note(event: Progress) -> Progress:
        times.note(event)
        return event

    def work(stop: StopRequest) -> Generator[Progress, None, Any]:
        try:
            return (yield from passed_on(task(stop), note))
        finally:
            times.close()

    return work
