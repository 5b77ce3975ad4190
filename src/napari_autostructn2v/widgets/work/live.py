"""Denoises what is in view, piece by piece, beside the window."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...progress import Progress

if TYPE_CHECKING:
    from ...denoiser import Denoiser, Piece, PlaneByPlane
    from ...settings import Settings
    from .worker import StopRequest, Task

__all__ = ["LiveAnswer", "live_task", "quick_look_task"]


class LiveAnswer(NamedTuple):
    """How long a view took in seconds, and what the user should know about model and image."""

    seconds: float
    said: str


def live_task(planes: PlaneByPlane, plane: tuple[int, ...], pieces: Sequence[Piece]) -> Task:
    """Return the task that denoises pieces of a plane, which `planes` remembers; its result is a `LiveAnswer`.

    It tells of every piece that is done before the last one, and its result is None if it was stopped.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, LiveAnswer | None]:
        yield Progress("prediction", message="Denoising what is in view")
        from ...stop import Stopped

        said = planes.said  # reads some of the image the first time
        start = time.perf_counter()
        try:
            for done, piece in enumerate(pieces, start=1):
                denoised = planes.denoise(plane, piece, stop=stop)
                if done < len(pieces):
                    yield Progress("prediction", done, len(pieces), preview=denoised)
        except Stopped:
            return None
        return LiveAnswer(time.perf_counter() - start, said)

    return task


def quick_look_task(channels: Sequence[Any], settings: Settings) -> Task:
    """Return the task that gets a model of each channel, (..., Y, X), without training.

    Its result is a tuple of `Denoiser`, or None if there is none for the noise of a channel, or it was stopped.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, tuple[Denoiser, ...] | None]:
        from ...pipeline import quick_look

        models = []
        for number, channel in enumerate(channels):
            yield Progress("measuring", number, len(channels), message="Measuring the noise")
            model = None if stop.is_set() else quick_look(channel, settings)
            if model is None:
                return None
            models.append(model)
        return tuple(models)

    return task
