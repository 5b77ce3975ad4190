"""Applies a model that was trained before, and makes sure first that it fits the image."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import Progress
from ...settings import Settings
from .failure import ModelDoesNotFit
from .large_images import computed

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from ...noise import Measurement, Quality
    from .worker import StopRequest, Task

__all__ = ["Prediction", "fitted", "predict_task"]

_PREDICTING = "Denoising with the model"

#: Noise of this many times the strength, or less by as much, is taken for that of the same instrument settings.
_SAME_NOISE = 1.5

#: How many times larger or smaller the contrast over the noise may be than what the model has seen.
_FARTHEST = 3.0


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model made of an image.

    Parameters
    ----------
    denoised : (..., Y, X) ndarray or dask array
    quality : Quality
    notes : tuple of str
        What the user should know, one sentence each.
    """

    denoised: Any
    quality: Quality
    notes: tuple[str, ...]


def predict_task(
    image: Any, denoiser: Denoiser, settings: Settings, *, plane: int | None = None, dtype: str | None = None
) -> Task:
    """Return the task that denoises an image with a trained model; its result is a `Prediction`, None if stopped.

    Parameters
    ----------
    image : (..., Y, X) array-like
    denoiser : Denoiser
    settings : Settings
        Those of the image: how its noise is measured, and which device and tile are used.
    plane : int, optional
        Index, over all leading axes flattened, of the plane that is denoised first where the image is larger than
        memory.
    dtype : str, optional
        Of the result; by default that of the image.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, Prediction | None]:
        yield Progress("measuring", message="Comparing the image with the model")
        from ...large import is_large, on_disk_as_dask, sample_planes
        from ...noise import assess, measure
        from ...stop import Stopped

        stack = on_disk_as_dask(image)
        large = is_large(stack)
        # Read here: the result of a lazy image would be lazy, too, and be computed while the window waits.
        given = sample_planes(stack, plane)[0] if large else np.asarray(stack)
        try:
            measurement = measure(given, replace(settings, stages="1"), stop=stop)
            model, notes = fitted(denoiser, measurement)
            yield Progress("prediction", message=_PREDICTING, measurement=measurement.without_most_planes())
            noisy = _noisy(measurement, given)
            given, chosen = (given[:1], slice(0, 1)) if large else (given, slice(None))
            if large and model.reach:
                given, chosen = _in_view(stack, plane or 0, model.reach)
                noisy = _flat(given[chosen], measurement)
            predicted = model.predict(
                given,
                device=settings.device,
                stop=stop,
                on_tile=None if large else _teller(stop),
                dtype=dtype,
                tile=settings.tile,
            )[chosen]
        except Stopped:
            return None
        quality = assess(noisy[: len(predicted)], predicted, measurement.noise_in_units)
        if large:
            whole = stack if dtype is None else stack.astype(dtype)
            predicted = computed(model, whole, settings, plane, stop)
        return Prediction(predicted, quality, notes)

    return task


def fitted(denoiser: Denoiser, measurement: Measurement) -> tuple[Denoiser, tuple[str, ...]]:
    """Return a model as it is to be used on an image, and what the user should know about that.

    A network has learned one strength of the noise. Where the image has that, it is used as it is. Where the image is
    the same on another scale, such as another bit depth or exposure, the model is brought onto it: its unit becomes the
    one in which the noise of the image is as strong as the noise that it was trained on.

    Parameters
    ----------
    denoiser : Denoiser
    measurement : Measurement
        Of the image.

    Raises
    ------
    ModelDoesNotFit
        If the contrast of the image over its noise is another one altogether.
    """
    planes = measurement.planes
    noise, noise_of_model = math.sqrt(measurement.noise_in_units.variance), math.sqrt(denoiser.noise.variance)
    ratio = noise / max(noise_of_model, np.finfo(float).tiny)
    contrast = planes.scale / denoiser.scale
    shift = abs(planes.offset - denoiser.offset) / max(planes.scale, denoiser.scale)
    if 1 / _SAME_NOISE < ratio < _SAME_NOISE and 1 / _FARTHEST < contrast < _FARTHEST and shift < _FARTHEST:
        return denoiser, ()
    if not 1 / _FARTHEST < contrast / max(ratio, np.finfo(float).tiny) < _FARTHEST:
        more = "stronger" if contrast < ratio else "weaker"
        raise ModelDoesNotFit(
            f"This model does not fit the image: relative to the contrast, its noise is far {more} than the noise that "
            "the model was trained on. Train on this image instead."
        )
    scale = denoiser.scale * ratio
    # The mean of both images is nothing in units of the network.
    offset = planes.offset
    moved = denoiser.noise.rescaled(ratio, offset - ratio * denoiser.offset)
    said = (
        f"The brightness range of the image differs from that of the training image (noise of {noise:.3g} "
        f"instead of {noise_of_model:.3g} grey levels), so the model was adapted to it."
    )
    return replace(denoiser, scale=scale, offset=offset, noise=moved), (said,)


def _noisy(measurement: Measurement, image: np.ndarray) -> np.ndarray:
    """Return the image that the measured noise is that of: without the offsets of lines, where it had them."""
    planes = measurement.planes
    return planes.restore(planes.values, np.float32) if planes.flattened else image


def _in_view(stack: Any, plane: int, reach: int) -> tuple[np.ndarray, slice]:
    """Read a plane of a large image with those that a model looks at; returns where among them it is as well."""
    from ...large import planes_beside

    planes, index = planes_beside(stack, plane, reach)
    return planes, slice(index, index + 1)


def _flat(planes: np.ndarray, measurement: Measurement) -> np.ndarray:
    """Return planes that were not measured without the offsets of lines, where the image had them."""
    from ...images import on_scale

    lines = measurement.planes.flattened
    if not lines:
        return planes
    flat = on_scale(planes, measurement.planes.offset, measurement.planes.scale).without_line_offsets(lines)
    return flat.restore(flat.values, np.float32)


def _teller(stop: StopRequest) -> Any:
    start = time.monotonic()

    def on_tile(done: int, total: int) -> None:
        left = (time.monotonic() - start) / done * (total - done)
        stop.tell(Progress("prediction", done, total, f"{_PREDICTING}: {done} of {total}", seconds_left=left))

    return on_tile
