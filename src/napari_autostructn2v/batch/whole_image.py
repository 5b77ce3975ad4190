"""An image that is denoised in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..images import cast_to, find_fixed_pattern
from .file_job import FileJob
from .inputs import error_map_path
from .judging import gain_db
from .plan import unfinished_id
from .report import StoppedEarly, denoised_of

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..pipeline import Result

__all__ = ["denoise_whole"]


@dataclass(frozen=True, eq=False)
class _Done:
    """A channel that was denoised: where it lies in the image, its (N, Y, X) planes, and what denoised them."""

    number: int
    index: Any
    kept: Any
    noisy: np.ndarray
    denoised: np.ndarray
    model: Denoiser | None
    run: Result | None


def denoise_whole(job: FileJob, target: Path, software: str) -> None:
    """Denoise an image in memory."""
    image, stopped = job.image.read(), False
    result = np.empty_like(image)
    # Where no error is known, the map must not say that there is none.
    errors = np.full(image.shape, np.nan, np.float32) if job.plan.error_maps else None
    layout = job.layout
    all_done: list[_Done] = []
    for number, channel in enumerate(job.channels):
        index = layout.slices(channel, [slice(None)] * len(layout.free(channel)))
        kept = layout.kept(index)
        planes = layout.to_planes(image[index], kept)
        model, said = None, {}
        if not job.is_kept(number, planes):
            pattern = job.fixed_pattern(number, partial(find_fixed_pattern, planes))
            clean = pattern.removed(planes) if pattern else planes
            run: Result | None = None
            if job.plan.models is None:
                run = job.train(number, clean, are_neighbours=bool(layout.stacked))
                if run.report.stopped and (run.denoised is None or number < len(job.channels) - 1):
                    raise KeyboardInterrupt  # there is no whole result
                stopped = stopped or run.report.stopped
                planes, model = denoised_of(run), run.denoiser
                used = model
                said = job.said_of(number, run)
            else:
                model = job.given_model(number)
                used = job.fitting_model(number, clean)
                planes = job.predicted(number, used, clean)
                said = job.judged(number, clean, planes)
            if errors is not None and used is not None and not stopped:
                found = job.error_map(number, used, clean)
                stopped = job.stop is not None and job.stop.is_set()
                if found is not None:
                    errors[index] = layout.from_planes(found, kept)
                    said |= {"channel": channel.name, "gain_db": gain_db(used, found)}
            all_done.append(_Done(number, index, kept, clean, planes, used, run))
            planes = cast_to(planes, image.dtype) if pattern else planes
        job.values.append(said)
        job.models.append(model)
        result[index] = layout.from_planes(planes, kept)
    if not stopped:
        _help_each_other(job, all_done, result)
    job.check_unchanged(software)
    job.write(target, result, unfinished_id(software) if stopped else software)
    if errors is not None and not stopped:
        job.write(error_map_path(target), errors, software)
    if stopped:
        sentence = f"Stopped early: {target} holds what was trained so far; the same command starts again."
        raise StoppedEarly(sentence, job.report().models)


def _help_each_other(job: FileJob, all_done: list[_Done], result: np.ndarray) -> None:
    """Put back into every channel of a result what it has lost and the others show; report what there is to say."""
    from ..pipeline import DenoisedChannel, each_helped, judged_again

    given = [DenoisedChannel(one.noisy, one.denoised, one.model) for one in all_done if one.model is not None]
    if len(given) < max(2, len(all_done)):
        return
    for one, channel, (denoised, said) in zip(all_done, given, each_helped(given, stop=job.stop), strict=True):
        if denoised is not one.denoised:
            result[one.index] = job.layout.from_planes(cast_to(denoised, result.dtype), one.kept)
            again = job.judged(one.number, one.noisy, denoised)
            if one.run is not None:
                again = job.said_of(one.number, judged_again(one.run, channel, denoised))
            job.values[one.number] = job.values[one.number] | again
        if said:
            name = f"{job.channels[one.number].name}: " if job.channels[one.number].name else ""
            job.messages.append(f"{job.image.path}: {name}{said}")
