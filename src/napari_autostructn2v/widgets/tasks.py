"""What the worker runs. These functions are called in the worker's thread: no Qt here, and torch only from here on."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..progress import Progress
from ..settings import Settings

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..noise import NoiseModel
    from ..pipeline import Result
    from .worker import StopRequest, Task

__all__ = ["denoise_task", "gain_task", "load_model_task", "measure_task", "predict_task"]

#: Planes of a stack from which the gain of a mask is predicted.
_MOST_PLANES = 4


def denoise_task(image: Any, settings: Settings, *, preview_plane: int | None = None) -> Task:
    """Return the task that denoises an image.

    Parameters
    ----------
    image : (..., Y, X) array-like
        May be lazy: it is read in the worker's thread.
    settings : Settings
    preview_plane : int, optional
        Index, over all leading axes flattened, of the plane that previews show.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, Result]:
        yield Progress("measuring", message="Getting ready")
        from .. import pipeline

        return (yield from pipeline.run(image, settings, stop=stop, preview_plane=preview_plane))

    return task


def measure_task(image: Any, settings: Settings) -> Task:
    """Return the task that measures the noise of an image just as a run does, and trains nothing.

    Its result is that of a run that was stopped before training, with noise and mask.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, Result]:
        from .. import pipeline

        before_training = threading.Event()
        before_training.set()
        return (yield from pipeline.run(image, settings, stop=before_training))

    return task


def gain_task(noise: NoiseModel, image: Any, pattern: np.ndarray) -> Task:
    """Return the task that predicts what a blind mask gains over a single blind pixel, in dB, or None."""

    def task(stop: StopRequest) -> Generator[Progress, None, float | None]:
        from ..blind_mask import predicted_gain
        from ..noise import evenly_spread

        # A few planes of a movie say enough, and the others may not even be in memory.
        leading = image.shape[:-2]
        chosen = evenly_spread(int(np.prod(leading, dtype=int)), _MOST_PLANES)
        planes = np.stack(
            [np.asarray(image[np.unravel_index(index, leading)]) if leading else np.asarray(image) for index in chosen]
        )
        yield Progress("measuring")
        return predicted_gain(noise, planes, pattern)

    return task


def load_model_task(path: str) -> Task:
    """Return the task that reads a model file."""

    def task(stop: StopRequest) -> Generator[Progress, None, Denoiser]:
        yield Progress("measuring", message="Reading the model")
        from ..denoiser import Denoiser

        return Denoiser.load(path)

    return task


def predict_task(image: Any, denoiser: Denoiser, device: str) -> Task:
    """Return the task that denoises an image with a trained model; its result is None if it was stopped."""

    def task(stop: StopRequest) -> Generator[Progress, None, np.ndarray | None]:
        yield Progress("prediction", message="Denoising with the model")
        from ..prediction import Stopped

        try:
            return denoiser.predict(image, device=device, stop=stop)
        except Stopped:
            return None

    return task
