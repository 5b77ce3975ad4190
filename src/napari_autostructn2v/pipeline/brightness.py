"""The brightness of a result, held against that of the noisy image in a few windows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..images import evenly_spread
from ..noise import Brightness, compare_brightness
from ..settings import StageSettings
from ..stop import StopToken

if TYPE_CHECKING:
    from ..network import Context, UNet

__all__ = ["brightness_of"]

#: Side in pixels, and number, of the windows; times that other pixels are blind in each.
_WINDOW, _MOST_WINDOWS, _TIMES = 512, 4, 3


def brightness_of(
    network: UNet,
    planes: np.ndarray,
    denoised: np.ndarray,
    stage: StageSettings,
    blind_mask: np.ndarray,
    *,
    context: Context,
    length: int,
    drift: np.ndarray | None = None,
    seed: int = 0,
    stop: StopToken | None = None,
) -> Brightness | None:
    """Tell whether a result keeps the brightness of an image.

    Parameters
    ----------
    network : UNet
    planes, denoised : (N, Y, X) float32
        On the scale of the network.
    stage : StageSettings
        That the network was trained with.
    blind_mask : (H, W) bool
    context : Context
        What the network is shown of other planes.
    length : int
        Planes of one stack.
    drift : (N, 2) float or None
        Of the planes, in pixels.
    seed : int
    stop : StopToken or None

    Returns
    -------
    Brightness or None
        None where there are too few pixels to tell.

    Raises
    ------
    Stopped
        If the stop token was set before the end.
    """
    from ..network import neighbours, predict_blind

    height, width = (min(side, _WINDOW) // network.multiple * network.multiple for side in planes.shape[1:])
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    indices = evenly_spread(len(planes), _MOST_WINDOWS)
    for number, index in enumerate(indices):
        # From corner to corner, so that a single window is in the middle.
        share = (number + 0.5) / len(indices)
        top, left = (int(share * (side - own)) for side, own in zip(planes.shape[1:], (height, width), strict=True))
        window = slice(top, top + height), slice(left, left + width)
        shown = np.concatenate([planes[index][None], neighbours(planes, int(index), context, length, drift)])
        shown = shown[:, window[0], window[1]]
        for time in range(_TIMES):
            where, blind = predict_blind(
                network, shown, blind_mask, stage.mask_percentage, seed=seed + _TIMES * number + time, stop=stop
            )
            rows, columns = where.T
            found.append((blind, shown[0][rows, columns], denoised[index][window][rows, columns]))
    return compare_brightness(*(np.concatenate(values) for values in zip(*found, strict=True)))
