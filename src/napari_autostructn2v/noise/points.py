"""Bright points and thin lines: structure that stands among the noise even where an image looks empty."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

__all__ = ["find_points", "spread_between_points"]

#: Standard deviations of the noise by which a pixel of a point, and its neighbours on either side, stand out.
_STANDS_OUT, _BESIDE = 5.0, 2.0

#: Where a larger share of what stands out is not supported by its neighbours, it is pulses that lie close together.
_MOST_PULSES = 0.5

#: The median and the upper quartile of the absolute values of unit noise.
_MEDIAN, _QUARTILE = 0.6745, 1.1503


def find_points(flat: np.ndarray) -> np.ndarray:
    """Find the pixels of points and thin lines in tiles that are flat but for them.

    Parameters
    ----------
    flat : (T, Y, X) float64
        Tiles of about zero mean.

    Returns
    -------
    (T, Y, X) bool

    Notes
    -----
    What an objective has made is never a single pixel wide, while pulses of a detector are, or reach along its lines
    only. So the neighbours along rows and along columns have to stand out as well, and not by chance. The spread of
    the noise is taken from the smaller of the absolute values, in which points that cover less than a quarter of a tile
    have no part.
    """
    tiles = flat - np.median(flat, (1, 2), keepdims=True)
    spread = spread_between_points(tiles)[:, None, None]
    stands_out = (np.abs(tiles) > _STANDS_OUT * spread) & (spread > 0)
    points = stands_out.copy()
    for axis in (1, 2) if points.any() else ():
        beside = ndimage.convolve1d(tiles, [0.5, 0, 0.5], axis, mode="nearest")
        points &= np.sign(tiles) * beside > _BESIDE * spread
    if points.sum() <= _MOST_PULSES * stands_out.sum():
        return np.zeros_like(points)
    return ndimage.binary_dilation(points, np.ones((1, 3, 3)))


def spread_between_points(flat: np.ndarray) -> np.ndarray:
    """Return the (T,) standard deviations of (T, Y, X) tiles, in which points in less than a quarter have no part."""
    middle, upper = np.quantile(np.abs(flat - np.median(flat, (1, 2), keepdims=True)), (0.5, 0.75), axis=(1, 2))
    spread: np.ndarray = np.maximum(middle / _MEDIAN, upper / _QUARTILE)
    return spread
