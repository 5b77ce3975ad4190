"""One file of an experiment: from opening it to a whole result beside which nothing is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, counted
from ..files import ImageFile, open_image
from ..images import Channel, FixedPattern, Layout, evenly_spread, find_fixed_pattern
from ..progress import Progress
from ..stop import Stopped, StopToken
from .inputs import error_map_path
from .judging import gain_db, quality_values
from .plan import BatchPlan, layout_of, run_id, streams, unfinished_id
from .report import FileReport, StoppedEarly, denoised_of, result_values
from .work_folder import WorkFolder, replace_folder

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..pipeline import Result

__all__ = ["process"]

Listen = Callable[[Progress], None]

#: Planes of an image that is denoised block by block by which a given model is judged.
_MOST_JUDGED = 4


def process(source: Path, target: Path, plan: BatchPlan, listen: Listen, stop: StopToken | None = None) -> FileReport:
    """Denoise one file.

    Parameters
    ----------
    source, target : Path
    plan : BatchPlan
    listen : callable
        Called with each `Progress`.
    stop : StopToken or None
        Ends a training with what there is.

    Returns
    -------
    FileReport

    Raises
    ------
    InputError
        If the file cannot be read, denoised or written.
    StoppedEarly
        If the stop token ended a training, and its result so far is written.
    KeyboardInterrupt
        If the stop token was set, and there is no result that could be written.
    """
    from ..files import absent_chunks, check_can_hold

    software = run_id(source, plan)
    with open_image(source) as image:
        if target.suffix != ".zarr":
            check_can_hold(target, tuple(image.array.shape), image.array.dtype)
        layout = layout_of(image, plan)
        messages = [*image.messages, *absent_chunks(image)]
        if plan.axes and "?" not in image.axes and image.axes != layout.axes:
            messages.append(f"{source} says that its axes are {image.axes}; they were read as {layout.axes}.")
        if plan.settings.context != "none" and len(depth_and_time := set(layout.leading) & set("TZ")) == 2:
            other = min(depth_and_time - {layout.stacked})
            messages.append(f"Planes are neighbours along {layout.stacked}; --along {other} takes those along {other}.")
        job = _FileWork(image, layout, plan, listen, stop, messages)
        if streams(image, plan):
            _stream(job, target, software)
        else:
            _whole(job, target, software)
        return job.report()


class _FileWork:
    """The channels of one image: what is trained on them, and what there is to say about each."""

    def __init__(
        self,
        image: ImageFile,
        layout: Layout,
        plan: BatchPlan,
        listen: Listen,
        stop: StopToken | None,
        messages: list[str],
    ) -> None:
        self.image, self.layout, self.plan, self.listen, self.messages = image, layout, plan, listen, messages
        self.stop = stop
        self.channels = layout.channels
        self.values: list[dict[str, Any]] = []
        self.models: list[Denoiser | None] = []
        self.seconds = 0.0
        light = [channel for channel in self.channels if not channel.is_alpha]
        if plan.models is not None and len(plan.models) not in (1, len(light)):
            raise InputError(
                f"{image.path} has {counted(len(light), 'channel')}, and there are {len(plan.models)} models; give one "
                "for all of them, or one for each."
            )

    def train(self, number: int, planes: np.ndarray, *, are_neighbours: bool = True) -> Result:
        """Train on the planes of a channel, or on some of them, and denoise them."""
        from .. import pipeline

        settings = self.plan.settings
        if planes.ndim > 2 and len(planes) > 1 and not are_neighbours:
            settings = replace(settings, context="none")
        return pipeline.denoise(planes, settings, progress=self.hear(number), stop=self.stop)

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

    def fitting_model(self, number: int, planes: np.ndarray) -> Denoiser:
        """Return the given model of a channel on the scale of the image, of which some planes are enough."""
        model = self.given_model(number)
        assert model is not None
        if self.plan.anyway or Path(self.image.path) in self.plan.trained_on:
            return model
        model, said = model.fitted_to(planes)
        if said:
            name = f"{self.channels[number].name}: " if self.channels[number].name else ""
            self.messages.append(f"{self.image.path}: {name}{said}")
        return model

    def is_kept(self, number: int, planes: np.ndarray) -> bool:
        """Return True for a channel in which there is nothing to denoise beside others in which there is."""
        channel = self.channels[number]
        if channel.is_alpha:
            return True
        if len(self.channels) == 1 or planes.min() != planes.max():
            return False
        self.messages.append(f"{self.image.path}: {channel.name} is constant; it is kept as it is.")
        return True

    def fixed_pattern(self, number: int, find: Callable[[], FixedPattern]) -> FixedPattern:
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

    def report(self) -> FileReport:
        """Return all there is to say."""
        return FileReport(
            axes=self.layout.axes,
            shape=tuple(self.layout.shape),
            channels=tuple(value for value in self.values if value),
            messages=tuple(self.messages),
            models=tuple(model for model in self.models if model is not None),
            prediction_seconds=self.seconds if self.plan.models is not None else None,
        )


def _whole(job: _FileWork, target: Path, software: str) -> None:
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
                said = {"channel": channel.name} | result_values(run)
            else:
                model = job.given_model(number)
                used = job.fitting_model(number, clean)
                planes = _predicted(job, number, used, clean)
                said = _judged(job, number, clean, planes)
            if errors is not None and used is not None and not stopped:
                found = _error_map(job, number, used, clean)
                stopped = job.stop is not None and job.stop.is_set()
                if found is not None:
                    errors[index] = layout.from_planes(found, kept)
                    said |= {"channel": channel.name, "gain_db": gain_db(used, found)}
            if pattern:
                planes = _in_dtype(planes, image.dtype)
        job.values.append(said)
        job.models.append(model)
        result[index] = layout.from_planes(planes, kept)
    check_unchanged(job, software)
    write(target, result, job.image, layout.axes, unfinished_id(software) if stopped else software)
    if errors is not None and not stopped:
        write(error_map_path(target), errors, job.image, layout.axes, software)
    if stopped:
        sentence = f"Stopped early: {target} holds what was trained so far; the same command starts again."
        raise StoppedEarly(sentence, job.report().models)


def _error_map(job: _FileWork, number: int, model: Denoiser, planes: np.ndarray) -> np.ndarray | None:
    """Return the error map of a channel; None where there can be none or a stop came, for the result is worth more."""
    hear = job.hear(number)

    def tell(done: int, total: int) -> None:
        hear(Progress("prediction", done, total, message="Estimating the error"))

    try:
        return model.uncertainty(planes, device=job.plan.settings.device, stop=job.stop, on_step=tell, anyway=True)
    except InputError as error:
        job.messages.append(f"{job.image.path}: {error}")
    except Stopped:
        pass
    return None


def _judged(job: _FileWork, number: int, planes: np.ndarray, denoised: np.ndarray) -> dict[str, Any]:
    """Judge what a given model made of some planes of a channel, where that is asked for."""
    if not job.plan.judged:
        return {}
    said: dict[str, Any] = {"channel": job.channels[number].name}
    try:
        said["quality"] = quality_values(planes, denoised, job.plan.settings, job.stop)
    except InputError as error:  # too small to be measured: the result is whole all the same
        job.messages.append(f"{job.image.path}: the result could not be judged: {error}")
    except Stopped as stopped:
        raise KeyboardInterrupt from stopped  # there is no whole result
    return said


def _predicted(job: _FileWork, number: int, model: Denoiser, planes: np.ndarray) -> np.ndarray:
    hear = job.hear(number)
    start = time.perf_counter()

    def tell(done: int, total: int) -> None:
        left = (time.perf_counter() - start) / done * (total - done)
        hear(Progress("prediction", done, total, seconds_left=left))

    try:
        denoised: np.ndarray = model.predict(
            planes, device=job.plan.settings.device, on_tile=tell, stop=job.stop, anyway=True
        )
    except Stopped as stopped:
        raise KeyboardInterrupt from stopped  # there is no whole result
    job.seconds += time.perf_counter() - start
    return denoised


def _stream(job: _FileWork, target: Path, software: str) -> None:
    """Denoise an image block by block, each written at once; what an earlier run has done is taken over."""
    from .blocks import denoise_blocks

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
        check_unchanged(job, software)
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
            write(target, array, job.image, job.layout.axes, software)


def _prepared(
    job: _FileWork, number: int, channel: Channel, work: WorkFolder
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
            model, said = run.denoiser, {"channel": channel.name} | result_values(run)
        else:
            fitting = job.fitting_model(number, planes)
            given = fitting is job.given_model(number)
            model = None if given else fitting
            if job.plan.judged:
                some = planes[evenly_spread(len(planes), _MOST_JUDGED)]
                said = _judged(job, number, some, _predicted(job, number, fitting, some))
    messages = job.messages[before:]
    del job.messages[before:]
    work.remember(number, model, pattern, said, messages, given)
    return model, pattern, said, messages


def check_unchanged(job: _FileWork, software: str) -> None:
    """Raise if the input is no longer what the result says it was made of."""
    if run_id(job.image.path, job.plan) != software:
        raise InputError(
            f"{job.image.path} was changed while it was denoised, so that the result would be of no image; run the "
            "command again once the file is complete."
        )


def write(target: Path, array: Any, image: ImageFile, axes: str, software: str) -> None:
    """Write a result as the kind of file that its name says, with what is known from its source."""
    from ..files import write_as

    write_as(target, array, like=image, axes=axes, software=software)


def _in_dtype(image: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return image.astype(dtype)
    info = np.iinfo(dtype)
    return np.clip(np.rint(image), info.min, info.max).astype(dtype)
