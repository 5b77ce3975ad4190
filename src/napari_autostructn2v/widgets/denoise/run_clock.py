"""Where a run is on its whole way, from the measuring to the last plane, and how long it still takes."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...progress import Progress
from ..work import RUN_PARTS, ChannelProgress, PartTimes

if TYPE_CHECKING:
    from ..work import RunPart

__all__ = ["RunClock"]


class RunClock:
    """Follows the events of a run.

    Parameters
    ----------
    expected : mapping of str to float
        Seconds of each part, over all channels; what is not in there is not expected.
    """

    def __init__(self, expected: Mapping[RunPart, float]) -> None:
        self._expected = {part: max(seconds, 1e-3) for part, seconds in expected.items()}
        self._times = PartTimes()
        self._part: RunPart = "measuring"
        self._begun = self._part_begun = time.monotonic()
        self._share = 0.0  # of the present part that is done, where events tell
        self._done = 0  # channels before the present one
        self._count = 1
        self._reached = 0.0
        self._left: float | None = None

    def take(self, event: Progress) -> None:
        """Go to where an event is."""
        if isinstance(event, ChannelProgress):
            if event.done != self._done:
                self._done, self._times = event.done, PartTimes()
            self._count = event.count
        self._times.note(event)
        part = self._times.part
        if part != self._part:
            self._part, self._part_begun, self._share = part, time.monotonic(), 0.0
        if event.total and part == event.phase:
            self._share = event.step / event.total
        elif event.total and event.phase == "prediction":
            self._share = max(self._share, event.step / event.total)
        self._left = event.seconds_left

    @property
    def position(self) -> float:
        """How far the run is, from 0 to 1; it never goes back."""
        expected = self._expected | {self._part: self._expected.get(self._part, 1e-3)}
        whole = sum(expected.values())
        before = sum(
            seconds for part, seconds in expected.items() if RUN_PARTS.index(part) < RUN_PARTS.index(self._part)
        )
        here = (before + self._share_now() * expected[self._part]) / whole
        self._reached = max(self._reached, min(1.0, (self._done + here) / self._count))
        return self._reached

    @property
    def seconds_left(self) -> float | None:
        """How long the run still takes; None while nothing is known."""
        if not self._expected and self._left is None:
            return None
        each = {part: seconds / self._count for part, seconds in self._expected.items()}
        later = {part: seconds for part, seconds in each.items() if RUN_PARTS.index(part) > RUN_PARTS.index(self._part)}
        own = each.get(self._part, 0.0)
        if self._left is not None and self._part in ("stage 1", "stage 2"):
            # What the run says of its trainings is measured; the other parts are added.
            left = self._left_here() + sum(seconds for part, seconds in later.items() if part.startswith("after"))
        else:
            left = own * (1 - self._share_now()) + sum(later.values())
        whole = sum(each.values())
        return left + (self._count - self._done - 1) * whole

    def _left_here(self) -> float:
        assert self._left is not None
        # An event of one of several channels speaks of all of them.
        return self._left / max(1, self._count - self._done) if self._count > 1 else self._left

    def _share_now(self) -> float:
        """Return the share of the present part that is done: by events, or by the clock where there are none."""
        if self._part in ("stage 1", "stage 2"):
            return self._share
        expected = self._expected.get(self._part, 1.0) / self._count
        passed = time.monotonic() - self._part_begun
        # Slower and slower, so that what takes longer than expected still moves.
        return max(self._share, 1 - math.exp(-1.2 * passed / max(expected, 1e-3)))
