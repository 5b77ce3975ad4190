"""What is shown of a plane while its network trains."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..noise import linear_preview

if TYPE_CHECKING:
    from ..images import Planes
    from ..network import Context, UNet
    from ..stop import StopToken

__all__ = ["Preview", "first_preview"]

_FIRST_SECONDS = 0.7

#: From one preview to the next it takes so many times as long as to make one: it waits to be drawn as well.
_PAUSE = 30


def first_preview(planes: Planes, index: int, blind_mask: np.ndarray) -> np.ndarray | None:
    """Return a plane as the best linear filter under the blind mask denoises it, which takes no training.

    Parameters
    ----------
    planes : Planes
    index : int
        Of the plane.
    blind_mask : (H, W) bool
        The blind mask.

    Returns
    -------
    (Y, X) float32 ndarray or None
        In input units; None where that plane has nothing to show.
    """
    try:
        denoised = linear_preview(planes.values[index], blind_mask)
    except InputError:  # a constant plane of a stack
        return None
    return denoised * np.float32(planes.scale) + np.float32(planes.offset)


class Preview:
    """Denoises one plane now and then, taking a few percent of the time."""

    def __init__(
        self, planes: Planes, length: int, index: int | None, tile: int, stop: StopToken | None = None
    ) -> None:
        self.planes, self.length = planes, length
        self.index, self.tile, self.stop = index, tile, stop
        self.due = time.monotonic() + _FIRST_SECONDS

    def next(self, network: UNet, context: Context) -> np.ndarray | None:
        """Return the plane denoised with a network as it is; None before the next one is due, or after a stop."""
        start = time.monotonic()
        if self.index is None or start < self.due:
            return None
        from ..network import predict_planes
        from ..stop import Stopped

        try:
            denoised = predict_planes(
                network,
                self.planes.values,
                context=context,
                length=self.length,
                chosen=slice(self.index, self.index + 1),
                tile=self.tile,
                stop=self.stop,
            )[0]
        except Stopped:
            return None
        denoised = denoised * np.float32(self.planes.scale) + np.float32(self.planes.offset)
        now = time.monotonic()
        self.due = now + max(1.0, _PAUSE * (now - start))
        return denoised
