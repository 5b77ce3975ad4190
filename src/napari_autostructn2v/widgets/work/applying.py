"""Applies a model that was trained before, and makes sure first that it fits the image."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import Progress
from ...settings import Settings
from .large_images import computed

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from ...noise import Measurement, Quality
    from .worker import StopRequest, Task

__all__ = ["Prediction", "predict_task"]

_PREDICTING = "Denoising with the model"


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model made of an image.

    Parameters
    ----------
    denoised : (..., Y, X) ndarray or dask array
    quality : Quality
    notes : tuple of str
        What the user should know, one sentence each.
    model : Denoiser
        On the scale of the image.
    """

    denoised: Any
    quality: Quality
    notes: tuple[str, ...]
    model: Denoiser


def predict_task(
    image: Any,
    denoiser: Denoiser,
    settings: Settings,
    *,
    plane: int | None = None,
    dtype: str | None = None,
    known: bool = False,
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
    known : bool
        Whether the model was trained on this image among others.
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
            model, said = denoiser.fitted_to(given, known=known)
            yield Progress("prediction", message=_PREDICTING, measurement=measurement.without_most_planes())
            noisy = measurement.noisy(given)
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
                anyway=True,
            )[chosen]
        except Stopped:
            return None
        quality = assess(noisy[: len(predicted)], predicted, measurement.noise_to_remove)
        if large:
            whole = stack if dtype is None else stack.astype(dtype)
            predicted = computed(model, whole, settings, plane, stop)
        return Prediction(predicted, quality, (said,) if said else (), model)

    return task


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
