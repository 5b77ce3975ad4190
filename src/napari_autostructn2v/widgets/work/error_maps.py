"""Estimates how far a result is from the truth, beside the window."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import Progress

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from .worker import StopRequest, Task

__all__ = ["error_map_task"]


def error_map_task(image: Any, denoiser: Denoiser, device: str) -> Task:
    """Return the task that makes the error map of what a model makes of an image; its result is None if stopped.

    Parameters
    ----------
    image : (..., Y, X) array-like
        That was denoised.
    denoiser : Denoiser
        With which.
    device : str
    """

    def task(stop: StopRequest) -> Generator[Progress, None, np.ndarray | None]:
        yield Progress("prediction", message="Estimating the error")
        from ...stop import Stopped

        def tell(done: int, total: int) -> None:
            stop.tell(Progress("prediction", done, total, message="Estimating the error"))

        try:
            return denoiser.uncertainty(image, device=device, stop=stop, on_step=tell)
        except Stopped:
            return None

    return task
