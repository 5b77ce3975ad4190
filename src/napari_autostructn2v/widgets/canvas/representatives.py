"""A part of many patches that stands for all of them on the canvas."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["representatives"]


def representatives(coords: np.ndarray, most: int, *, side: int, stride: int) -> np.ndarray:
    """Choose patches that cover the same region as all do, as evenly as possible.

    Patches side by side come first, those that overlap them later, so that a thinned selection still looks like the
    whole. Whether a patch is chosen depends on the others as little as possible: a small change of the selection does
    not reshuffle the rest.

    Parameters
    ----------
    coords : (N, 2) ndarray, int
        Upper left corners.
    most : int
    side, stride : int
        Of the patches and of their grid, in pixels.

    Returns
    -------
    (min(N, most), 2) ndarray, int
        In the order of `coords`.
    """
    if len(coords) <= most:
        return coords
    places = coords // stride
    apart = math.ceil(side / stride)
    level = np.zeros(len(coords), int)
    for coarser in (1, 2, 4, 8, 16):
        level += np.all(places % (apart * coarser) == 0, axis=1)
    chosen = np.lexsort((_hashed(coords), -level))[:most]
    return coords[np.sort(chosen)]


def _hashed(coords: np.ndarray) -> np.ndarray:
    """Return a number for each place that is as good as random but always the same; (N,) uint64."""
    number = (coords[:, 0].astype(np.uint64) << np.uint64(32)) + coords[:, 1].astype(np.uint64)
    # The finaliser of splitmix64 (Steele, Lea, Flood 2014).
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))
