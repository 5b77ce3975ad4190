"""Stage 1, the noise, stage 2: the one generator that the docks, the command line and scripts drive."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, tells_of_memory
from ..images import as_array, find_drift, in_memory, masked_like, on_scale
from ..large import SAMPLE_PIXELS, is_large, on_disk_as_dask, planes_beside, sample_planes
from ..noise import BlindMask, Measurement, assess, check_mask, measure
from ..progress import Progress
from ..settings import Settings, shortened, sized_to, turned_where_cheap
from ..stop import Stopped, StopToken
from .checks import check_plane, checked_arguments
from .divergence import DivergedError
from .from_start import sets_out_from_start
from .preview import Shown, first_preview
from .race import contexts_to_try, with_time_for_stacks
from .result import Report, Result, over_all
from .stage import StageTask, TrainedStage, run_stage

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["denoise", "run"]

_SINGLE = np.ones((1, 1), bool)

#: Planes on either side of the one in view that are read for previews.
_PREVIEW_REACH = 15


def denoise(
    image: Any,
    settings: Settings | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    stop: StopToken | None = None,
) -> Result:
    """Denoise an image, a stack or a movie.

    Parameters
    ----------
    image : (..., Y, X) array-like
        Real numbers; all planes are trained on together. What lies on disk (dask, zarr, HDF5, memory-mapped) and has
        more than 33 megapixels is never read whole: planes spread over it are trained on, and the results are dask
        arrays, denoised where they are computed. Masked pixels of a masked array are filled from beside them, and the
        results are masked there again.
        Channels are to be given one by one: planes along the last axis before rows and columns count as neighbours,
        and what one channel shows may show in the one beside it.
    settings : Settings or None
    progress : callable or None
        Called with every event.
    stop : StopToken or None
        Ends the run with what there is.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        If the image or the settings cannot be used; the text says why and what to do.

    Examples
    --------
    >>> from napari_autostructn2v import Settings, denoise
    >>> result = denoise(image, Settings.from_preset("fast"))  # doctest: +SKIP
    >>> result.denoised.dtype == image.dtype  # doctest: +SKIP
    True
    """
    if not (progress is None or callable(progress)):
        raise InputError(f"progress is {shortened(progress)}; it must be a function that takes an event.")
    events = run(image, settings, stop=stop)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if progress is not None:
            progress(event)


def run(
    image: Any,
    settings: Settings | None = None,
    *,
    stop: StopToken | None = None,
    mask: BlindMask | None = None,
    preview_plane: int | None = None,
    start: Denoiser | None = None,
) -> Generator[Progress, None, Result]:
    """Denoise an image step by step; see :func:`denoise`.

    Parameters
    ----------
    image : (..., Y, X) array-like
    settings : Settings or None
    stop : StopToken or None
        Polled at every step and tile.
    mask : BlindMask or None
        Used in stage 2 instead of what `settings.mask` says.
    preview_plane : int or None
        Index, over all leading axes flattened, of the plane that previews show; None makes no previews.
    start : Denoiser or None
        What an earlier run of this image ended with. A stage that was stopped trains on from there; one that was not
        is taken as it is, unless it is the last one, which is given half its steps again.

    Yields
    ------
    Progress

    Returns
    -------
    Result
    """
    settings = checked_arguments(settings, stop, mask, preview_plane, start)
    image = on_disk_as_dask(image)
    if not is_large(image):
        # Read once: a lazy image would be computed anew wherever its pixels are asked for.
        image = in_memory(image)
        array = as_array(image)
        check_plane(preview_plane, array.shape)
        settings = turned_where_cheap(settings, array.shape)
        result = yield from _run(array, settings, stop, mask, start, preview_plane)
        names = ("denoised", "stage1", "stage2")
        return replace(result, **{name: masked_like(getattr(result, name), image) for name in names})
    check_plane(preview_plane, image.shape)
    settings = turned_where_cheap(settings, image.shape)
    yield Progress("measuring", message="Reading planes to train on")
    with_neighbours = settings.context != "none" or (start is not None and start.reach > 0)
    sample, index = sample_planes(image, preview_plane, with_neighbours=with_neighbours)
    in_view = None
    if preview_plane is not None and index is None and math.prod(image.shape[-2:]) <= SAMPLE_PIXELS:
        in_view = planes_beside(image, preview_plane, _PREVIEW_REACH)
    if sample.ndim == 3:
        settings = replace(settings, context="none")  # these planes are no neighbours
    result = yield from _run(sample, settings, stop, mask, start, index, in_view)
    return over_all(result, image, sample.shape)


def _run(
    image: np.ndarray,
    settings: Settings,
    stop: StopToken | None,
    mask: BlindMask | None,
    start: Denoiser | None,
    preview_plane: int | None,
    in_view: tuple[np.ndarray, int] | None = None,
) -> Generator[Progress, None, Result]:
    """Run both stages on an image in memory; what is in view may be no part of it."""

    def stopped() -> bool:
        return stop is not None and stop.is_set()

    yield Progress("measuring", message="Measuring the noise")
    begun = time.monotonic()
    try:
        measured = measure(image, settings, mask=mask, stop=stop)
    except Stopped:
        yield Progress("done", 1, 1, message="Stopped")
        return Result.of_nothing(settings, "The run was stopped before the noise was measured.")
    seconds = {"measuring": time.monotonic() - begun}
    messages = [] if measured.flattened in measured.mask.reason else [measured.flattened]
    shape, shares = measured.planes.values.shape, measured.with_second
    seen = sets_out_from_start("2", settings.stage2, measured.mask.pattern, settings, start)
    first = sized_to(settings.stage1, shape, shares_noise=shares)
    second = sized_to(settings.stage2, shape, shares_noise=shares, from_start=seen)
    if settings.stages == "auto" and measured.with_second:
        # Here stage 1 is a step on the way; the longer it learns from correlated noise, the more of that it keeps.
        first = replace(first, num_epochs=max(1, first.num_epochs // 3))
    shown = None if preview_plane is None else Shown(measured.planes, measured.length, preview_plane, measured.drift)
    if in_view is not None:
        shown = _shown(in_view, measured)
    preview = None
    if shown is not None and not stopped():
        blind_mask = measured.mask.pattern if measured.with_second else _SINGLE
        preview = first_preview(shown, blind_mask)
    found = measured.without_most_planes()
    yield Progress("measuring", message=measured.mask.reason, preview=preview, measurement=found)

    done: dict[str, TrainedStage] = {}
    noise, with_second = measured, measured.with_second
    # What a stage learns on the way needs no more than the planes themselves.
    alone, contexts = contexts_to_try(replace(measured, length=1), settings), contexts_to_try(measured, settings)
    second = with_time_for_stacks(second, contexts, shape)
    if settings.stages != "2" and not stopped():
        here = alone if with_second else contexts
        first = with_time_for_stacks(first, here, shape)
        from_start = not with_second and sets_out_from_start("1", first, _SINGLE, settings, start)
        to_come = second.steps if with_second else 0
        task = StageTask("1", first, _SINGLE, measured.background, here, not with_second, to_come, from_start)
        done["1"] = yield from run_stage(task, measured, settings, start=start, shown=shown, stop=stop)
        if settings.mask.source == "stage1" and mask is None and done["1"].denoised is not None:
            yield Progress("noise", message="Measuring the noise that stage 1 left")
            noise = measured.remeasured(done["1"].denoised, settings.mask)
            with_second = with_second and (settings.stages != "auto" or noise.mask.is_structured)
    if with_second and not stopped():
        yield Progress("noise", message=noise.mask.reason)
        check_mask(noise.mask, second.crop_size, measured.planes.values.shape[1:])
        pattern = noise.mask.pattern
        from_start = sets_out_from_start("2", second, pattern, settings, start)
        task = StageTask("2", second, pattern, measured.structure, contexts, True, from_start=from_start)
        try:
            done["2"] = yield from run_stage(task, measured, settings, start=start, shown=shown, stop=stop)
        except (MemoryError, RuntimeError) as error:
            # What stage 1 has done should not be lost to a lack of memory. Any other error is a mistake to be seen.
            if "1" not in done or not tells_of_memory(error):
                raise
            said = str(error) or "out of memory"
            messages.append(f"Stage 2 ended with an error ({said}); this is the result of stage 1.")
        except DivergedError as error:
            if "1" not in done:
                raise
            messages.append(f"{error} This is the result of stage 1.")
    result = _result(image, settings, measured, noise, done, seconds, messages, stopped())
    yield Progress("done", 1, 1, message="Stopped" if stopped() else "Done")
    return result


def _shown(in_view: tuple[np.ndarray, int], measured: Measurement) -> Shown:
    """Bring planes that are no part of the sample to its scale."""
    stack, index = in_view
    if stack.dtype.kind == "f":
        stack = np.nan_to_num(stack, nan=measured.planes.offset, posinf=None, neginf=None)
    planes = on_scale(stack, measured.planes.offset, measured.planes.scale)
    planes = planes.without_hot_pixels(measured.planes.usual_excess).without_line_offsets(measured.planes.flattened)
    drift = None if measured.drift is None else find_drift(planes.values, len(stack))
    return Shown(planes, len(stack), index, drift)


def _result(
    image: np.ndarray,
    settings: Settings,
    measured: Measurement,
    noise: Measurement,
    done: dict[str, TrainedStage],
    seconds: dict[str, float],
    messages: list[str],
    stopped: bool,
) -> Result:
    """Gather what there is.

    `noise` has the noise and the mask that stage 2 went by, `measured` those of the image itself.
    """
    planes = measured.planes
    trained = {name: stage for name, stage in done.items() if stage.network is not None}
    for stage in done.values():
        for phase, time_taken in stage.seconds.items():
            seconds[phase] = seconds.get(phase, 0.0) + time_taken
    messages = [said for said in (*messages, *(stage.message for stage in done.values())) if said]
    brightness = done[max(done)].brightness if done else None
    if brightness is not None:
        messages.append(brightness.sentence)
    if not trained:
        messages.append("The run was stopped before training began.")
    images = {name: planes.restore(stage.denoised) for name, stage in trained.items() if stage.denoised is not None}
    best = images[max(images)] if images else None
    # What the offsets of lines add is not in the noise that was measured.
    noisy = planes.restore(planes.values, np.float32) if planes.flattened else image
    denoiser = None
    if trained:
        from ..denoiser import Denoiser

        denoiser = Denoiser(
            {name: stage.network for name, stage in trained.items() if stage.network is not None},
            settings,
            noise.mask,
            measured.noise_in_units,
            planes.offset,
            planes.scale,
            usual_excess=planes.usual_excess,
            steps={name: stage.steps for name, stage in trained.items()},
            flattened=planes.flattened,
            contexts={name: stage.context for name, stage in trained.items()},
            seconds={name: stage.seconds[f"stage {name}"] for name, stage in trained.items()},
            from_start=tuple(name for name, stage in trained.items() if stage.from_start),
            trainings={name: stage.settings for name, stage in trained.items()},
        )
    report = Report(
        verdict=noise.mask.reason,
        stages=tuple(trained),
        seconds={phase: round(time_taken, 3) for phase, time_taken in seconds.items()},
        steps={name: stage.steps for name, stage in done.items()},
        quality=None if best is None else assess(noisy, best, noise.noise_to_remove),
        stopped=stopped,
        messages=tuple(messages),
        brightness=brightness,
    )
    few = noise.without_most_planes()
    return Result(best, images.get("1"), images.get("2"), noise.mask, few, report, denoiser, settings)
