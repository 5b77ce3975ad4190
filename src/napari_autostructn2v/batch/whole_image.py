"""An image that is denoised in memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ..images import find_fixed_pattern
from .file_job import FileJob
from .inputs import error_map_path
from .judging import gain_db
from .plan import unfinished_id
from .report import StoppedEarly, denoised_of

__all__ = ["denoise_whole"]


def denoise_whole(job: FileJob, target: Path, software: str) -> None:
    """Denoise an image in memory."""
    image, stopped = job.image.read(), False
    result = np.empty_like(image)
    # Where no error is known, the map must not say that there is none.
    errors = np.full(image.shape, np.nan, np.float32) if job.plan.error_maps else None
    layout = job.layout
    for number, channel in enumerate(job.channels):
        index = layout.slices(channel, [slice(None)] * len(layout.free(channel)))
        kept = layout.kept(index)
        planes = layout.to_planes(image[index], kept)
        model, said = None, {}
        if not job.is_kept(number, planes):
            pattern = job.fixed_pattern(number, partial(find_fixed_pattern, planes))
            clean = pattern.removed(planes) if pattern else planes
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
            if pattern:
                planes = _in_dtype(planes, image.dtype)
        job.values.append(said)
        job.models.append(model)
        result[index] = layout.from_planes(planes, kept)
    job.check_unchanged(software)
    job.write(target, result, unfinished_id(software) if stopped else software)
    if errors is not None and not stopped:
        job.write(error_map_path(target), errors, software)
    if stopped:
        sentence = f"Stopped early: {target} holds what was trained so far; the same command starts again."
        raise StoppedEarly(sentence, job.report().models)


def _in_dtype(image: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return image.astype(dtype)
    info = np.iinfo(dtype)
    return np.clip(np.rint(image), info.min, info.max).astype(dtype)
