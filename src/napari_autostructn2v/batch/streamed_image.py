"""An image that is denoised block by block, since it may be larger than memory."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..images import Channel, FixedPattern, evenly_spread
from .blocks import denoise_blocks
from .file_job import FileJob
from .report import denoised_of
from .work_folder import WorkFolder, replace_folder

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["denoise_streamed"]

#: Planes of an image by which a given model is judged.
_MOST_JUDGED = 4


def denoise_streamed(job: FileJob, target: Path, software: str) -> None:
    """Denoise an image block by block, each written at once; what an earlier run has done is taken over."""
    if job.plan.error_maps:
        job.messages.append(
            f"{job.image.path} is denoised block by block, for which no error map is made; save a part of it as TIFF."
        )

    with WorkFolder(target, software) as work:
        patterns = []
        for number, channel in enumerate(job.channels):
            model, pattern, said, messages = work.recall(number) or _prepared(job, number, channel, work)
            job.models.append(model)
            job.values.append(said)
            job.messages += messages
            patterns.append(pattern)
        models = [job.given_model(n) if m is None and work.uses_given(n) else m for n, m in enumerate(job.models)]
        job.models = models
        start = time.perf_counter()
        array = denoise_blocks(
            job.image,
            job.layout,
            tuple(None if model is None else model.packed() for model in models),
            tuple(patterns),
            margin=max((model.margin for model in models if model is not None), default=16),
            reach=max((model.reach for model in models if model is not None), default=0),
            work=work,
            software=software,
            device=job.plan.settings.device,
            scheduler=job.plan.scheduler,
            listen=job.listen,
            stop=job.stop,
        )
        job.seconds += time.perf_counter() - start
        job.check_unchanged(software)
        work.keep = True
        if job.plan.models is None:
            for said in job.values:
                if said:
                    said["seconds"] = said["seconds"] | {"blocks": round(job.seconds, 3)}
        if target.suffix == ".zarr":
            from ..files import add_levels, seal

            add_levels(work.result, job.image)
            seal(work.result)
            replace_folder(work.result, target, work.folder)
        else:
            job.write(target, array, software)


def _prepared(
    job: FileJob, number: int, channel: Channel, work: WorkFolder
) -> tuple[Denoiser | None, FixedPattern, dict[str, Any], list[str]]:
    """Train on a sample of a channel, or look whether a given model fits it, and remember the outcome."""
    from ..large import SAMPLE_PIXELS, fixed_pattern_of, read_sample

    before = len(job.messages)
    most = SAMPLE_PIXELS if job.plan.models is None else 2**20
    beside = job.plan.models is None and job.plan.settings.context != "none"
    read = partial(read_sample, job.image, job.layout, channel, most, with_neighbours=beside)
    planes = np.empty((1, 1, 1)) if channel.is_alpha else read()
    model: Denoiser | None = None
    pattern, said, given = FixedPattern(), {}, False
    if not job.is_kept(number, planes):
        pattern = job.fixed_pattern(number, partial(fixed_pattern_of, job.image, job.layout, channel))
        if pattern:
            planes = read(pattern=pattern)
        if job.plan.models is None:
            run = job.train(number, planes, are_neighbours=planes.ndim > 3)
            if run.report.stopped:
                raise KeyboardInterrupt
            denoised_of(run)
            model, said = run.denoiser, job.said_of(number, run)
        else:
            fitting = job.fitting_model(number, planes)
            given = fitting is job.given_model(number)
            model = None if given else fitting
            if job.plan.judged:
                some = planes[evenly_spread(len(planes), _MOST_JUDGED)]
                said = job.judged(number, some, job.predicted(number, fitting, some))
    messages = job.messages[before:]
    del job.messages[before:]
    work.remember(number, model, pattern, said, messages, given)
    return model, pattern, said, messages
