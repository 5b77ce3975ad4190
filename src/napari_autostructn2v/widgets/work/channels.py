"""The channels of an image one after the other, as one run."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ...progress import Progress
from .passing import passed_on
from .worker import StopRequest, Task

__all__ = ["ChannelProgress", "each_channel", "help_predictions", "help_results"]


@dataclass(frozen=True, eq=False)
class ChannelProgress(Progress):
    """An event of one channel.

    Parameters
    ----------
    channel : int
        Its number.
    done, count : int
        How many channels came before it, and how many there are.
    name : str
        Such as ``"channel 2"`` or ``"red"``.
    """

    channel: int = 0
    done: int = 0
    count: int = 1
    name: str = ""


def each_channel(tasks: Sequence[tuple[int, str, Task]]) -> Task:
    """Return the task that does one task a channel.

    Its answer is what they return, in the order of the channels; None for those that a stop came before.

    Parameters
    ----------
    tasks : sequence of (int, str, Task)
        Number and name of the channel, and what to do, in the order in which it is to be done.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, list[Any]]:
        answers: list[Any] = [None] * len(tasks)
        for done, (number, name, one) in enumerate(tasks):
            if stop.is_set():
                break
            about = _About(number, name, done, len(tasks), time.monotonic())
            own_stop: Any = _ChannelStop(stop, about)
            answers[number] = yield from passed_on(one(own_stop), about.tell_unless_done)
        return answers

    return task


def help_results(task: Task, images: Sequence[Any]) -> Task:
    """Return the task that gives back to each result of a task what it has lost and other channels show.

    Parameters
    ----------
    task : Task
        Of :func:`each_channel`; its answers are of type `Result`.
    images : sequence of (..., Y, X) array-like
        The channels.
    """

    def helped(stop: StopRequest) -> Generator[Progress, None, list[Any]]:
        results = yield from task(stop)
        if stop.is_set() or None in results:
            return list(results)
        yield _COMPARING
        from ... import pipeline

        return pipeline.results_helped(_read(images), results, stop=stop)

    return helped


def help_predictions(task: Task, images: Sequence[Any]) -> Task:
    """Do the same with the answers of type `Prediction`; see :func:`help_results`."""

    def helped(stop: StopRequest) -> Generator[Progress, None, list[Any]]:
        predictions = yield from task(stop)
        given = _read(images)
        if stop.is_set() or None in predictions or any(map(_is_lazy, given)):
            return list(predictions)
        yield _COMPARING
        from ... import pipeline

        channels = [
            pipeline.DenoisedChannel(image, prediction.denoised, prediction.model)
            for image, prediction in zip(given, predictions, strict=True)
        ]
        return [
            replace(prediction, denoised=denoised, notes=(*prediction.notes, *([said] if said else [])))
            for prediction, (denoised, said) in zip(predictions, pipeline.each_helped(channels, stop=stop), strict=True)
        ]

    return helped


_COMPARING = Progress("prediction", message="Comparing the channels")


def _read(images: Sequence[Any]) -> list[Any]:
    """Read what fits into memory."""
    from ...images import in_memory
    from ...large import is_large, on_disk_as_dask

    return [image if is_large(image) else in_memory(image) for image in map(on_disk_as_dask, images)]


def _is_lazy(image: Any) -> bool:
    return hasattr(image, "dask")


@dataclass(frozen=True)
class _About:
    """Which channel events are about, how many were done before, and when this one began."""

    number: int
    name: str
    done: int
    count: int
    begin: float

    def tell_unless_done(self, event: Progress) -> ChannelProgress | None:
        """Return the event as one of this channel; that it is done says nothing of the others."""
        return None if event.phase == "done" else self.tell(event)

    def tell(self, event: Progress) -> ChannelProgress:
        """Say of an event which channel it is about; what is left is that of all channels."""
        values = {item.name: getattr(event, item.name) for item in fields(Progress)}
        left = event.seconds_left
        if left is not None:
            own = time.monotonic() - self.begin + left
            values["seconds_left"] = left + own * (self.count - self.done - 1)
        said = f"{self.name[:1].upper()}{self.name[1:]} ({self.done + 1} of {self.count}): {event.message}"
        values["message"] = said
        return ChannelProgress(**values, channel=self.number, done=self.done, count=self.count, name=self.name)


class _ChannelStop:
    """The stop token of a run, which also says which channel it is told of."""

    def __init__(self, stop: StopRequest, about: _About) -> None:
        self._stop, self._about = stop, about

    def is_set(self) -> bool:
        return self._stop.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        return self._stop.wait(timeout)

    def tell(self, event: Progress) -> None:
        self._stop.tell(self._about.tell(event))
