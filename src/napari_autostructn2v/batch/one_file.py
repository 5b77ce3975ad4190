"""One file of an experiment: from opening it to a whole result beside which nothing is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..files import ImageFile, open_image
from ..images import Channel, FixedPattern, Layout, find_fixed_pattern
from ..progress import Progress
from .plan import Plan, layout_of, run_id, streams
from .report import denoised_of, result_values
from .work_folder import WorkFolder, replace_folder

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["process"]

Listen = Callable[[Progress], None]


def process(source: Path, target: Path, plan: Plan, listen: Listen) -> dict[str, Any]:
    """Denoise one file.

    Parameters
    ----------
    source, target : Path
    plan : Plan
    listen : callable
        Called with each `Progress`.

    Returns
    -------
    dict
        What there is to report; ``models`` are those of its channels.

    Raises
    ------
    InputError
        If the file cannot be read, denoised or written.
    """
    from ..files import absent_chunks

    software = run_id(source, plan)
    with open_image(source) as image:
        layout = layout_of(image, plan)
        messages = [*image.messages, *absent_chunks(image)]
        if plan.axes and "?" not in image.axes and image.axes != layout.axes:
            messages.append(f"{source} says that its axes are {image.axes}; they were taken for {layout.axes}.")
        job = _Job(image, layout, plan, listen, messages)
        if streams(image, plan):
            _stream(job, target, software)
        else:
            _whole(job, target, software)
        return job.report()


class _Job:
    """The channels of one image: what is trained on them, and what there is to say about each."""

    def __init__(self, image: ImageFile, layout: Layout, plan: Plan, listen: Listen, messages: list[str]) -> None:
        self.image, self.layout, self.plan, self.listen, self.messages = image, layout, plan, listen, messages
        self.channels = layout.channels
        self.values: list[dict[str, Any]] = []
        self.models: list[Denoiser | None] = []
        self.seconds = 0.0
        light = [channel for channel in self.channels if not channel.is_alpha]
        if plan.models is not None and len(plan.models) not in (1, len(light)):
            raise InputError(
                f"{image.path} has {len(light)} channels, and there are {len(plan.models)} models; give one for all of "
                "them, or one for each."
            )

    def hear(self, number: int) -> Listen:
        """Return what hears of the progress of a channel."""
        name = self.channels[number].name
        if not name:
            return self.listen
        return lambda event: self.listen(replace(event, message=f"{name}: {event.message}"))

    def given_model(self, number: int) -> Denoiser | None:
        """Return the model of a channel, of those that were given."""
        models = self.plan.models or ()
        light = [index for index, channel in enumerate(self.channels) if not channel.is_alpha]
        return models[0] if len(models) == 1 else models[light.index(number)]

    def is_kept(self, number: int, planes: np.ndarray) -> bool:
        """Return True for a channel in which there is nothing to denoise beside others in which there is."""
        channel = self.channels[number]
        if channel.is_alpha:
            return True
        if len(self.channels) == 1 or planes.min() != planes.max():
            return False
        self.messages.append(f"{self.image.path}: {channel.name} is constant; it is kept as it is.")
        return True

    def pattern(self, number: int, find: Callable[[], FixedPattern]) -> FixedPattern:
        """Return the fixed pattern to remove; one that is found and not to be removed is only named."""
        if self.plan.models is not None and not self.plan.remove_fixed_pattern:
            return FixedPattern()
        found = find()
        if not found:
            return found
        name = f"{self.channels[number].name}: " if self.channels[number].name else ""
        advice = "It was removed." if self.plan.remove_fixed_pattern else "--remove-fixed-pattern takes it out."
        self.messages.append(f"{self.image.path}: {name}{found.sentence} {advice}")
        return found if self.plan.remove_fixed_pattern else FixedPattern()

    def report(self) -> dict[str, Any]:
        """Return all there is to say; a single channel says it at the top."""
        values: dict[str, Any] = {"axes": self.layout.axes, "shape": list(self.layout.shape)}
        said = [value for value in self.values if value]
        if self.plan.models is not None:
            values["seconds"] = {"prediction": round(self.seconds, 3)}
        elif len(said) == 1:
            values |= said[0]
        elif said:
            verdicts = [f"{value['channel']}: {value['verdict']}" for value in said]
            values |= {"verdict": " ".join(verdicts), "channels": said}
        values["messages"] = [*self.messages, *values.get("messages", [])]
        values["models"] = [model for model in self.models if model is not None]
        return values


def _whole(job: _Job, target: Path, software: str) -> None:
    """Denoise an image in memory."""
    from .. import pipeline

    image = job.image.read()
    result = np.empty_like(image)
    layout = job.layout
    for number, channel in enumerate(job.channels):
        index = layout.slices(channel, [slice(None)] * len(layout.free(channel)))
        kept = layout.kept(index)
        planes = layout.to_planes(image[index], kept)
        model, said = None, {}
        if not job.is_kept(number, planes):
            pattern = job.pattern(number, partial(find_fixed_pattern, planes))
            clean = pattern.removed(planes) if pattern else planes
            if job.plan.models is None:
                run = pipeline.denoise(clean, job.plan.settings, progress=job.hear(number))
                planes, model = denoised_of(run), run.denoiser
                said = {"channel": channel.name} | result_values(run)
            else:
                model = job.given_model(number)
                planes = _predicted(job, number, clean)
            if pattern:
                planes = _in_dtype(planes, image.dtype)
        job.values.append(said)
        job.models.append(model)
        result[index] = layout.from_planes(planes, kept)
    write(target, result, job.image, layout.axes, software)


def _predicted(job: _Job, number: int, planes: np.ndarray) -> np.ndarray:
    model = job.given_model(number)
    assert model is not None
    hear = job.hear(number)
    start = time.perf_counter()

    def tell(done: int, total: int) -> None:
        left = (time.perf_counter() - start) / done * (total - done)
        hear(Progress("prediction", done, total, seconds_left=left))

    denoised: np.ndarray = model.predict(planes, device=job.plan.settings.device, on_tile=tell)
    job.seconds += time.perf_counter() - start
    return denoised


def _stream(job: _Job, target: Path, software: str) -> None:
    """Denoise an image block by block, each written at once; what an earlier run has done is taken over."""
    from .blocks import denoise_blocks

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
            work=work,
            software=software,
            device=job.plan.settings.device,
            scheduler=job.plan.scheduler,
            listen=job.listen,
        )
        job.seconds += time.perf_counter() - start
        work.keep = True
        if job.plan.models is None:
            for said in job.values:
                if said:
                    said["seconds"] = said["seconds"] | {"blocks": round(job.seconds, 3)}
        if job.image.kind in ("zarr", "ome-zarr"):
            from ..files import add_levels

            add_levels(work.result, job.image)
            replace_folder(work.result, target, work.folder)
        else:
            write(target, array, job.image, job.layout.axes, software)


def _prepared(
    job: _Job, number: int, channel: Channel, work: WorkFolder
) -> tuple[Denoiser | None, FixedPattern, dict[str, Any], list[str]]:
    """Train on a sample of a channel, or look whether a given model fits it, and remember the outcome."""
    from .. import pipeline
    from ..large import SAMPLE_PIXELS, pattern_of, sample

    before = len(job.messages)
    most = SAMPLE_PIXELS if job.plan.models is None else 2**20
    planes = np.empty((1, 1, 1)) if channel.is_alpha else sample(job.image, job.layout, channel, most)
    model: Denoiser | None = None
    pattern, said, given = FixedPattern(), {}, False
    if not job.is_kept(number, planes):
        pattern = job.pattern(number, partial(pattern_of, job.image, job.layout, channel))
        if pattern:
            planes = sample(job.image, job.layout, channel, most, pattern)
        if job.plan.models is None:
            run = pipeline.denoise(planes, job.plan.settings, progress=job.hear(number))
            denoised_of(run)
            model, said = run.denoiser, {"channel": channel.name} | result_values(run)
        else:
            given = True
            fitting = job.given_model(number)
            assert fitting is not None
            fitting.check_fit(planes)
    messages = job.messages[before:]
    del job.messages[before:]
    work.remember(number, model, pattern, said, messages, given)
    return model, pattern, said, messages


def write(target: Path, array: Any, image: ImageFile, axes: str, software: str) -> None:
    """Write a result as the kind of file that its source is."""
    if image.kind == "png":
        from ..files import write_png

        write_png(target, np.asarray(array[...]), like=image, software=software)
    else:
        from ..files import write_tiff

        write_tiff(target, array, like=image, axes=axes, software=software)


def _in_dtype(image: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return image.astype(dtype)
    info = np.iinfo(dtype)
    return np.clip(np.rint(image), info.min, info.max).astype(dtype)
