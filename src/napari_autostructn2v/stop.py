"""How a run is told to end: what it asks, and what it raises where there is no result yet."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Deadline", "StopToken", "Stopped"]


class StopToken(Protocol):
    """Anything with ``is_set()``, such as `threading.Event`: once True, a run ends with what there is."""

    def is_set(self) -> bool:
        """Return True once the run should stop."""
        ...


class Deadline:
    """A stop token that is set after some seconds."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def is_set(self) -> bool:
        """Return True once the time is over."""
        return time.monotonic() > self.end


class Stopped(Exception):
    """The stop token ended a prediction before it was complete."""
