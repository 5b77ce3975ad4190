"""Keeps on disk what a run of the dock has trained."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

from ...denoiser import keep_run
from ...errors import InputError
from ...progress import Progress
from ..work import passed_on

if TYPE_CHECKING:
    from ...pipeline import Result
    from ..work import StopRequest, Task

__all__ = ["keeping"]


def keeping(task: Task, image: str) -> Task:
    """Return a task that also keeps what is trained on disk, in the worker's thread, and returns the same result.

    Keeping it also when the window has been closed in the meantime, and never losing a result because of it: if the
    disk is full, the result says so.

    Parameters
    ----------
    task : Task
        Returns a `Result`.
    image : str
        Name of the layer.
    """

    def kept(stop: StopRequest) -> Generator[Progress, None, Result]:
        held_out: list[list[str | int | float]] = []

        def take_down(event: Progress) -> Progress:
            if event.held_out is not None:
                held_out.append([event.phase, event.step, float(event.held_out)])
            return event

        result: Result = yield from passed_on(task(stop), take_down)
        if result.denoiser is None:
            return result
        try:
            report = result.report
            keep_run(result.denoiser, image, steps=report.steps, stopped=bool(report.stopped), held_out=held_out)
        except (InputError, OSError) as error:
            said = f"The model could not be kept for later: {error}"
            result = replace(result, report=replace(result.report, messages=(*result.report.messages, said)))
        return result

    return kept
