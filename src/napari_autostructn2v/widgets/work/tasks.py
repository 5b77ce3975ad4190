"""What the worker runs. These functions are called in the worker's thread: no Qt here, and torch only from here on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import Progress
from ...settings import Settings
from .large_images import computed
from .previews import without_flat_previews

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from ...noise import Measurement
    from ...pipeline import Result
    from .worker import StopRequest, Task

__all__ = [
    "denoise_task",
    "export_models_task",
    "fill_task",
    "gain_task",
    "linear_preview_task",
    "load_models_task",
    "measure_task",
]


def denoise_task(
    image: Any,
    settings: Settings,
    *,
    preview_plane: int | None = None,
    dtype: str | None = None,
    start: Denoiser | None = None,
) -> Task:
    """Return the task that denoises an image.

    Parameters
    ----------
    image : (..., Y, X) array-like
        May be lazy: it is read in the worker's thread.
    settings : Settings
    preview_plane : int, optional
        Index, over all leading axes flattened, of the plane that previews show.
    dtype : str, optional
        Floating-point dtype of the results; by default they have that of the image.
    start : Denoiser, optional
        What to train on from, with its mask if that has been used. The task fails with a sentence if it does not fit
        the image.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, Result]:
        yield Progress("measuring", message="Getting ready")
        from ... import pipeline
        from ...large import is_large

        given = image if dtype is None else _as_float(image)
        mask = None
        if start is not None:
            given = given if is_large(given) else np.asarray(given)  # a lazy image is read once
            _check_fit(start, given)
            mask = start.mask if "2" in start.networks else None
        run = pipeline.run(given, settings, stop=stop, mask=mask, preview_plane=preview_plane, start=start)
        result = yield from without_flat_previews(run, given, preview_plane)
        if is_large(given) and result.denoiser is not None:
            result = replace(result, denoised=computed(result.denoiser, given, settings, preview_plane, stop))
        return result if dtype is None else _in_dtype(result, dtype)

    return task


def _as_float(image: Any) -> Any:
    """Return an image in a floating-point dtype that holds its values as they are, since results have its dtype."""
    from ...large import is_large

    array = image if is_large(image) else np.asarray(image)
    if array.dtype.kind not in "iuf":
        return array  # to be refused with a reason
    return array.astype(np.float32 if np.can_cast(array.dtype, np.float32) else np.float64, copy=False)


def _check_fit(denoiser: Denoiser, image: Any) -> None:
    """Raise if a model does not fit an image, of which a large one is looked at here and there."""
    from ...large import is_large, sample_planes

    denoiser.fitted_to(sample_planes(image, most=2**20)[0] if is_large(image) else image)


def _in_dtype(result: Result, dtype: str) -> Result:
    names = ("denoised", "stage1", "stage2")
    images = {name: image for name in names if (image := getattr(result, name)) is not None}
    return replace(result, **{name: image.astype(dtype, copy=False) for name, image in images.items()})


def measure_task(image: Any, settings: Settings) -> Task:
    """Return the task that measures the noise of an image just as a run does, and trains nothing.

    Its result is a `Measurement` with a few planes of the image, or None if it was stopped.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, Measurement | None]:
        yield Progress("measuring", message="Measuring the noise")
        from ...large import is_large, on_disk_as_dask, sample_planes
        from ...noise import measure
        from ...stop import Stopped

        stack = on_disk_as_dask(image)
        try:
            given = sample_planes(stack)[0] if is_large(stack) else stack
            return measure(given, settings, stop=stop).without_most_planes()
        except Stopped:
            return None

    return task


def gain_task(measurement: Measurement, blind_mask: np.ndarray) -> Task:
    """Return the task that predicts what a blind mask gains over a single blind pixel, in dB, or None."""

    def task(stop: StopRequest) -> Generator[Progress, None, float | None]:
        yield Progress("measuring", message="Predicting what the mask gains")
        return measurement.gain_of(blind_mask)

    return task


def linear_preview_task(image: Any, plane: tuple[int, ...], pattern: np.ndarray, *, remove_line_offsets: bool) -> Task:
    """Return the task that shows what a blind mask does to one plane of an image, without training."""

    def task(stop: StopRequest) -> Generator[Progress, None, np.ndarray]:
        yield Progress("measuring", message="Previewing the mask")
        from ...noise import linear_preview

        return linear_preview(np.asarray(image[plane]), pattern, remove_line_offsets=remove_line_offsets)

    return task


def load_models_task(paths: Sequence[str]) -> Task:
    """Return the task that reads model files, one for each channel; its result is a list of models."""

    def task(stop: StopRequest) -> Generator[Progress, None, list[Denoiser]]:
        yield Progress("measuring", message="Reading the model")
        from ...denoiser import Denoiser

        return [Denoiser.load(path) for path in paths]

    return task


def export_models_task(models: Sequence[Denoiser], paths: Sequence[str], image: np.ndarray | None) -> Task:
    """Return the task that writes models as packages for other programs, with an example out of an image."""

    def task(stop: StopRequest) -> Generator[Progress, None, None]:
        yield Progress("measuring", message="Exporting the model")
        from ...denoiser import export_model

        for model, path in zip(models, paths, strict=True):
            export_model(model, path, image=image, name=Path(path).stem)

    return task


def fill_task(image: Any, *, is_rgb: bool) -> Task:
    """Return the task that fills the missing pixels of an image; a lazy one is filled where it is looked at."""

    def task(stop: StopRequest) -> Generator[Progress, None, Any]:
        yield Progress("measuring", message="Filling missing pixels")
        from ...images import fill_missing
        from ...large import is_large, on_disk_as_dask

        array = on_disk_as_dask(image)
        if is_rgb:
            array = np.moveaxis(array, -1, 0)
        if is_large(array):
            whole_planes = array.rechunk((*array.chunks[:-2], -1, -1))
            array = whole_planes.map_blocks(fill_missing, dtype=array.dtype)
        else:
            array = fill_missing(np.asarray(array))
        return np.moveaxis(array, 0, -1) if is_rgb else array

    return task
