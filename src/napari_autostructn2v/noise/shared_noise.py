"""Noise that neighbouring planes of a stack share: fixed patterns, averaged or interpolated planes."""

from __future__ import annotations

import numpy as np

from ..images import evenly_spread

__all__ = ["planes_to_leave_out", "share_noise"]

_TILE = 16

#: Share of the tiles, the flattest, in which the noise of planes is compared.
_FLATTEST = 0.1

#: Distances in planes at which noise is compared.
_LAGS = (1, 2, 3, 6)

#: Correlation between planes from which their noise counts as shared.
_SHARED = 0.1

#: Pairs of planes, at most, that are compared at each distance.
_MOST_PAIRS = 24


def planes_to_leave_out(planes: np.ndarray, length: int) -> int | None:
    """Measure how many planes on either side share noise with a plane.

    A network that is shown a plane with the same noise gives that noise back, and no blind spot tells.

    Parameters
    ----------
    planes : (N, Y, X) float32
        Stacks of `length` planes, one after the other.
    length : int

    Returns
    -------
    int or None
        None where noise is shared by planes however far apart they are, and for a single plane.

    Notes
    -----
    Compared are second differences along rows and columns, which hold little but noise, in the flattest tiles of the
    mean over all planes.
    """
    if length < 2:
        return None
    stacks = planes.reshape(-1, length, *planes.shape[1:])
    rough = _second_differences(planes[evenly_spread(len(planes), 2 * _MOST_PAIRS)].mean(0))
    where = _flattest(rough)
    shared = 0
    for lag in (lag for lag in _LAGS if lag < length):
        firsts = [(stack, first) for stack in range(len(stacks)) for first in range(length - lag)]
        pairs = [firsts[index] for index in evenly_spread(len(firsts), _MOST_PAIRS)]
        both = energy = 0.0
        for stack, first in pairs:
            one, other = (_tiles(_second_differences(stacks[stack, at]))[where] for at in (first, first + lag))
            both += float((one * other).sum())
            energy += float((one * one).sum() + (other * other).sum()) / 2
        if both < _SHARED * energy:
            return shared
        shared = lag
    return None


def share_noise(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two channels share noise.

    Parameters
    ----------
    one, other : (N, Y, X) float32
        With noise of unit variance.
    """
    pairs = np.stack([one, other], 1)
    return planes_to_leave_out(pairs.reshape(-1, *one.shape[1:]), 2) != 0


def _second_differences(plane: np.ndarray) -> np.ndarray:
    rows = plane[2:] - 2 * plane[1:-1] + plane[:-2]
    return rows[:, 2:] - 2 * rows[:, 1:-1] + rows[:, :-2]


def _tiles(plane: np.ndarray) -> np.ndarray:
    """Cut a plane into (T, side, side) tiles; what is left at the border is left out."""
    side = min(_TILE, *plane.shape)
    rows, columns = (length // side for length in plane.shape)
    cut = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.swapaxes(1, 2).reshape(-1, side, side)


def _flattest(rough: np.ndarray) -> np.ndarray:
    energy = np.square(_tiles(rough)).mean((1, 2))
    return np.argsort(energy)[: max(4, round(_FLATTEST * len(energy)))]
