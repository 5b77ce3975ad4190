"""What is shown of a plane while its network trains."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..noise import linear_preview

if TYPE_CHECKING:
    from ..images import Planes
    from ..network import Context, UNet
    from ..stop import StopToken

__all__ = ["Preview", "Shown", "first_preview"]

_FIRST_SECONDS = 0.7

#: From one preview to the next it takes so many times as long as to make one: it waits to be drawn as well.
_PAUSE = 30


@dataclass(frozen=True, eq=False)
class Shown:
    """The plane that previews show.

    Parameters
    ----------
    planes : Planes
        The plane and those beside it.
    length : int
        Planes of one stack.
    index : int
        Of the plane.
    drift : (N, 2) float or None
        Of the planes, in pixels.
    """

    planes: Planes
    length: int
    index: int
    drift: np.ndarray | None = None


def first_preview(shown: Shown, blind_mask: np.ndarray) -> np.ndarray | None:
    """Return a plane as the best linear filter under the blind mask denoises it, which takes no training.

    Parameters
    ----------
    shown : Shown
    blind_mask : (H, W) bool
        The blind mask.

    Returns
    -------
    (Y, X) float32 ndarray or None
        In input units; None where that plane has nothing to show.
    """
    try:
        denoised = linear_preview(shown.planes.values[shown.index], blind_mask)
    except InputError:  # a constant plane of a stack
        return None
    return denoised * np.float32(shown.planes.scale) + np.float32(shown.planes.offset)


class Preview:
    """Denoises one plane now and then, taking a few percent of the time.

    Parameters
    ----------
    shown : Shown or None
    tile : int
    stop : StopToken or None
    at_once : bool
        Whether there is something to show before the network is trained.
    """

    def __init__(self, shown: Shown | None, tile: int, stop: StopToken | None = None, *, at_once: bool = False) -> None:
        self.shown, self.tile, self.stop = shown, tile, stop
        self.due = time.monotonic() + (0 if at_once else _FIRST_SECONDS)

    def next(self, network: UNet, context: Context) -> np.ndarray | None:
        """Return the plane denoised with a network as it is; None before the next one is due, or after a stop."""
        start, shown = time.monotonic(), self.shown
        if shown is None or start < self.due:
            return None
        from ..network import predict_planes
        from ..stop import Stopped

        try:
            denoised = predict_planes(
                network,
                shown.planes.values,
                context=context,
                length=shown.length,
                drift=shown.drift if context.follows_drift else None,
                chosen=slice(shown.index, shown.index + 1),
                tile=self.tile,
                stop=self.stop,
            )[0]
        except Stopped:
            return None
        denoised = denoised * np.float32(shown.planes.scale) + np.float32(shown.planes.offset)
        now = time.monotonic()
        self.due = now + max(1.0, _PAUSE * (now - start))
        return denoised
