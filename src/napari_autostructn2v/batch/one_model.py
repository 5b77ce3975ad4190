"""One model for many files, trained on planes of several of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, counted
from ..files import ImageFile, open_image
from ..images import Channel, FixedPattern, Layout
from ..progress import Progress
from ..stop import StopToken
from .one_scale import on_one_scale
from .open_images import OpenImage
from .plan import BatchPlan, layout_of
from .report import result_values

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from .work_folder import WorkFolder

__all__ = ["train", "train_once", "trainable"]


def train(
    sources: Sequence[Path],
    plan: BatchPlan,
    listen: Callable[[Progress], None],
    stop: StopToken | None = None,
    images: Sequence[OpenImage] = (),
) -> tuple[tuple[Denoiser, ...], list[dict[str, Any]]]:
    """Train one model for each channel on planes of several images, brought onto one scale.

    Parameters
    ----------
    sources : sequence of Path
        Images with the same number of channels; of different sizes, they are cut to the smallest.
    plan : BatchPlan
    listen : callable
    stop : StopToken or None
    images : sequence of OpenImage
        More of them, which are no files.

    Returns
    -------
    models : tuple of Denoiser
    values : list of dict
        What there is to report about each.

    Raises
    ------
    InputError
        If a file cannot be used, or their channels do not match.
    KeyboardInterrupt
        If the stop token was set before all were trained.
    """
    from .. import pipeline
    from ..large import SAMPLE_PIXELS

    samples: list[list[np.ndarray]] = []
    names: tuple[str, ...] = ()
    share = SAMPLE_PIXELS // max(1, len(sources) + len(images))
    for source in sources:
        with open_image(source) as file:
            layout = layout_of(file, plan)
            light = [channel for channel in layout.channels if not channel.is_alpha]
            samples.append([_sample(file, layout, channel, plan, share) for channel in light])
            names = tuple(channel.name for channel in light)
    for image in images:
        beside = plan.settings.context != "none"
        samples.append([image.sample(number, share, with_neighbours=beside) for number in range(len(image.channels))])
        names = names or image.names
    for called, planes in zip([*sources, *(image.name for image in images)], samples, strict=True):
        if len(planes) != len(names):
            raise InputError(
                f"{called} has {counted(len(planes), 'channel')}, and others have {len(names)}; one model for all "
                "needs images with the same channels."
            )
    models, said = [], []
    for number, name in enumerate(names):
        stack = _common(on_one_scale([planes[number] for planes in samples]))
        settings = plan.settings if stack.ndim > 3 else replace(plan.settings, context="none")
        run = pipeline.denoise(stack, settings, progress=listen, stop=stop)
        if run.report.stopped:
            raise KeyboardInterrupt
        if run.denoiser is None:
            raise InputError(" ".join(["There is no trained model.", *run.report.messages]))
        models.append(run.denoiser)
        said.append({"channel": name} | result_values(run))
    return tuple(models), said


def train_once(
    sources: Sequence[Path],
    plan: BatchPlan,
    memory: WorkFolder,
    listen: Callable[[Progress], None],
    stop: StopToken | None = None,
    images: Sequence[OpenImage] = (),
) -> tuple[tuple[Denoiser, ...], list[dict[str, Any]]]:
    """Do what :func:`train` does, unless `memory` holds the models that an interrupted run has trained."""
    models: tuple[Denoiser, ...] = ()
    said: list[dict[str, Any]] = []
    for number in count():
        channel = memory.recall(number)
        if channel is None or channel[0] is None:
            break
        models, said = (*models, channel[0]), [*said, channel[2]]
    if models:
        return models, said
    models, said = train(sources, plan, listen, stop, images)
    # The first one last: once it is there, all are.
    for number in reversed(range(len(models))):
        memory.remember(number, models[number], FixedPattern(), said[number], [], given=False)
    return models, said


def trainable(
    sources: Sequence[Path], plan: BatchPlan, images: Sequence[OpenImage] = ()
) -> tuple[list[Path], list[OpenImage]]:
    """Return the files, and the open images, that one model for each channel can be trained on together.

    These are those that can be read, with as many channels as most of them have. To the others the model may fit all
    the same, or a sentence says why not.
    """
    channels: dict[Path | OpenImage, int] = {image: len(image.channels) for image in images}
    for source in sources:
        with suppress(InputError), open_image(source) as image:
            light = [channel for channel in layout_of(image, plan).channels if not channel.is_alpha]
            channels[source] = len(light)
    counts = list(channels.values())
    most = max(counts, key=lambda count: (counts.count(count), -count), default=0)
    files = [source for source in sources if channels.get(source) == most]
    return files, [image for image in images if channels[image] == most]


def _sample(image: ImageFile, layout: Layout, channel: Channel, plan: BatchPlan, most: int) -> np.ndarray:
    """Read planes of a channel as they are when the file is denoised: without its own fixed pattern, if so asked.

    Returns
    -------
    (N, Y, X) or (runs, planes, Y, X) ndarray
        Runs where planes that lie one beside the other may help.
    """
    from ..large import fixed_pattern_of, read_sample

    pattern = fixed_pattern_of(image, layout, channel) if plan.remove_fixed_pattern else FixedPattern()
    with_neighbours = plan.settings.context != "none"
    return read_sample(image, layout, channel, most, pattern, with_neighbours=with_neighbours)


def _common(samples: list[np.ndarray]) -> np.ndarray:
    """Cut planes of different sizes to the smallest, from their middle, and put them together.

    Runs are cut into runs as long as the shortest. Planes of several files are no neighbours; where a file has planes
    without any, all are taken alone.
    """
    height, width = (min(sample.shape[axis] for sample in samples) for axis in (-2, -1))
    cut = []
    for sample in samples:
        top, left = (sample.shape[-2] - height) // 2, (sample.shape[-1] - width) // 2
        cut.append(sample[..., top : top + height, left : left + width])
    if any(sample.ndim == 3 for sample in cut):
        return np.concatenate([sample.reshape(-1, height, width) for sample in cut])
    shortest = min(sample.shape[1] for sample in cut)
    whole = (sample[:, : sample.shape[1] // shortest * shortest] for sample in cut)
    return np.concatenate([sample.reshape(-1, shortest, height, width) for sample in whole])
