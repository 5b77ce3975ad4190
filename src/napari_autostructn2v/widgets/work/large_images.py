"""Denoises an image that is larger than memory while the user looks at it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ...progress import Progress
from ...settings import Settings

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from .worker import StopRequest

__all__ = ["computed"]


class _StopHere:
    """A stop token for the thread that it is made in; what the window computes later is not stopped by it."""

    def __init__(self, stop: StopRequest) -> None:
        self._stop, self._thread = stop, threading.current_thread()

    def is_set(self) -> bool:
        return self._stop.is_set() and threading.current_thread() is self._thread


def computed(denoiser: Denoiser, image: Any, settings: Settings, plane: int | None, stop: StopRequest) -> Any:
    """Denoise a large image block by block until stopped; what is missing then is denoised when it is looked at."""
    from ...large import KeptPlanes

    here = _StopHere(stop)
    # Plane by plane, so that what is looked at comes soon, whatever the file stores together.
    image = image.rechunk((1,) * (image.ndim - 2) + tuple(image.chunks[-2:]))
    kept = KeptPlanes(denoiser.predict(image, device=settings.device, tile=settings.tile, stop=here, anyway=True))
    start = time.monotonic()

    def tell(done: int, total: int) -> None:
        left = (time.monotonic() - start) / done * (total - done)
        said = f"Denoising part {done} of {total}; after Cancel the rest is denoised when you look at it"
        stop.tell(Progress("prediction", done, total, said, seconds_left=left))

    first = np.unravel_index(plane or 0, image.shape[:-2]) if image.ndim > 2 else ()
    kept.fill((*map(int, first), 0, 0), here, tell)
    return kept.array
