"""Says how long a run on an image will take, and learns from each run that comes to its end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from ..image import ImageState, Outcome, Source, ViewerState
from ..work import PartTimes, Task, timed
from .estimate import Speed, Work, work_of
from .progress_view import duration_in_words
from .run_clock import RunClock

if TYPE_CHECKING:
    from ..work import RunPart

__all__ = ["Forecast"]


class _Present(NamedTuple):
    """What is being run, should it end after stage 1 or go on to stage 2, and how long it takes."""

    alone: Work
    both: Work
    times: PartTimes


class Forecast:
    """Estimates for the images of a viewer.

    Parameters
    ----------
    state : ViewerState
    """

    def __init__(self, state: ViewerState) -> None:
        self._state = state
        self.speed = Speed.load()
        self._present: _Present | None = None
        self._expected: dict[RunPart, float] = {}

    def in_words(self) -> str:
        """Return how long a run on the chosen image will take, such as ``About 40 s``; empty where there is none."""
        image = self._state.image
        if image.layer is None:
            return ""
        second = self._knows_second(image)
        if second is not None:
            return f"About {duration_in_words(self._seconds(image, with_second=second))}."
        short, long = (duration_in_words(self._seconds(image, with_second=second)) for second in (False, True))
        return f"About {short}." if short == long else f"About {short}, {long} with stage 2."

    def following(self, source: Source, task: Task) -> Task:
        """Return a training that is followed, to learn how long its parts take."""
        image = self._state.of(source.layer)
        alone, both = (self._work(image, with_second=second) for second in (False, True))
        self._present = _Present(alone, both, PartTimes())
        self._expected = self.speed.of(alone if self._knows_second(image) is False else both)
        return timed(task, self._present.times)

    def expect_training_on(self, source: Source) -> None:
        """Prepare for a run that trains a model on, of which nothing is learned: it may have been nearly done."""
        image = self._state.of(source.layer)
        self._present = None
        self._expected = self.speed.of(self._work(image, with_second=bool(self._knows_second(image))))

    def expect_prediction(self, source: Source) -> None:
        """Prepare for a run that only applies a model."""
        self._present = None
        work = self._work(self._state.of(source.layer), with_second=False)
        parts = ("measuring", "after stage 1")
        self._expected = {part: seconds for part, seconds in self.speed.of(work).items() if part in parts}

    def clock(self) -> RunClock:
        """Return a clock for the run that has just begun."""
        return RunClock(self._expected)

    def learn(self, outcome: Outcome) -> None:
        """Remember how long a run took, unless it was cancelled."""
        present, self._present = self._present, None
        if present is None or outcome.is_stopped or outcome.result is None:
            return
        # Only the run itself has told whether stage 2 was needed, where nothing had been measured before it.
        taken = present.times.seconds
        self.speed.learn(present.both if "stage 2" in taken else present.alone, taken)

    def _seconds(self, image: ImageState, *, with_second: bool) -> float:
        """Return how long a run will take, at least a second: none takes no time at all."""
        return max(1.0, sum(self.speed.of(self._work(image, with_second=with_second)).values()))

    def _work(self, image: ImageState, *, with_second: bool) -> Work:
        shape = image.pixels.levels[0].shape
        layout = image.pixels.reading.layout(shape)
        own = next(channel for channel in layout.channels if not channel.is_alpha)
        leading = tuple(layout.size(axis) for axis in layout.free(own))
        return work_of(
            image.settings(self._state.common),
            (*leading, *layout.plane_shape),
            len(image.pixels.channel_names),
            with_second=with_second,
            loaded="torch" in sys.modules,
        )

    def _knows_second(self, image: ImageState) -> bool | None:
        """Return whether stage 2 will run; None while only the measurement can tell."""
        if self._state.common.stages != "auto":
            return False  # it is in the settings
        if image.mask.source in ("editor", "file"):
            return True
        return None if image.measured is None else image.measured.automatic.is_structured
