"""What the worker runs. These functions are called in the worker's thread: no Qt here, and torch only from here on."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import Progress
from ...settings import Settings

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from ...noise import Measurement
    from ...pipeline import Result
    from .worker import StopRequest, Task

__all__ = ["denoise_task", "gain_task", "linear_preview_task", "load_model_task", "measure_task", "predict_task"]

_PREDICTING = "Denoising with the model"


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
        result = yield from pipeline.run(
            given, settings, stop=stop, mask=mask, preview_plane=preview_plane, start=start
        )
        if is_large(given) and result.denoiser is not None:
            result = replace(result, denoised=_computed(result.denoiser, given, settings, preview_plane, stop))
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

    denoiser.check_fit(sample_planes(image, most=2**20)[0] if is_large(image) else image)


class _StopHere:
    """A stop token for the thread that it is made in; what the window computes later is not stopped by it."""

    def __init__(self, stop: StopRequest) -> None:
        self._stop, self._thread = stop, threading.current_thread()

    def is_set(self) -> bool:
        return self._stop.is_set() and threading.current_thread() is self._thread


def _computed(denoiser: Denoiser, image: Any, settings: Settings, plane: int | None, stop: StopRequest) -> Any:
    """Denoise a large image block by block until stopped; what is missing then is denoised when it is looked at."""
    from ...large import KeptPlanes

    here = _StopHere(stop)
    # Plane by plane, so that what is looked at comes soon, whatever the file stores together.
    image = image.rechunk((1,) * (image.ndim - 2) + tuple(image.chunks[-2:]))
    kept = KeptPlanes(denoiser.predict(image, device=settings.device, tile=settings.tile, stop=here))
    start = time.monotonic()

    def tell(done: int, total: int) -> None:
        left = (time.monotonic() - start) / done * (total - done)
        said = f"Denoising part {done} of {total}; after Cancel the rest is denoised when you look at it"
        stop.tell(Progress("prediction", done, total, said, seconds_left=left))

    first = np.unravel_index(plane or 0, image.shape[:-2]) if image.ndim > 2 else ()
    kept.fill((*map(int, first), 0, 0), here, tell)
    return kept.array


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


def load_model_task(path: str) -> Task:
    """Return the task that reads a model file."""

    def task(stop: StopRequest) -> Generator[Progress, None, Denoiser]:
        yield Progress("measuring", message="Reading the model")
        from ...denoiser import Denoiser

        return Denoiser.load(path)

    return task


def predict_task(
    image: Any, denoiser: Denoiser, settings: Settings, *, plane: int | None = None, dtype: str | None = None
) -> Task:
    """Return the task that denoises an image with a trained model; its result is None if it was stopped.

    Parameters
    ----------
    image : (..., Y, X) array-like
    denoiser : Denoiser
    settings : Settings
        Of which device and tile are used.
    plane : int, optional
        Index, over all leading axes flattened, of the plane that is denoised first where the image is larger than
        memory.
    dtype : str, optional
        Of the result; by default that of the image.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, np.ndarray | None]:
        yield Progress("prediction", message=_PREDICTING)
        from ...large import is_large
        from ...stop import Stopped

        if is_large(image):
            _check_fit(denoiser, image)
            return _computed(denoiser, image if dtype is None else image.astype(dtype), settings, plane, stop)
        start = time.monotonic()

        def on_tile(done: int, total: int) -> None:
            left = (time.monotonic() - start) / done * (total - done)
            stop.tell(Progress("prediction", done, total, f"{_PREDICTING}: {done} of {total}", seconds_left=left))

        try:
            # Read here: the result of a lazy image would be lazy, too, and be computed while the window waits.
            return denoiser.predict(
                np.asarray(image), device=settings.device, stop=stop, on_tile=on_tile, dtype=dtype, tile=settings.tile
            )
        except Stopped:
            return None

    return task
