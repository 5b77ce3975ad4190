"""Events of a run on their way to the window, looked at or changed as they pass."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from ...progress import Progress

__all__ = ["passed_on"]

_T = TypeVar("_T")


def passed_on(
    events: Generator[Progress, None, _T], each: Callable[[Progress], Progress | None]
) -> Generator[Progress, None, _T]:
    """Yield what a function makes of every event, and return what the generator of the events returns.

    Parameters
    ----------
    events : generator of Progress
        Closed when this one is.
    each : callable
        Called in the worker's thread as soon as an event is there; None leaves it out.
    """
    try:
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                result: _T = end.value
                return result
            seen = each(event)
            if seen is not None:
                yield seen
    finally:
        events.close()
