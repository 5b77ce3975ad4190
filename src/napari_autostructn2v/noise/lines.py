"""Noise that pixels share along rows or along columns alone, in images that are structure all over."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..images import evenly_spread
from .autocovariance import autocovariance

__all__ = ["noise_along_lines"]

#: Planes that are looked at, side in pixels of their tiles and number of these, of which this share counts: those with
#: the least differences, which have no edges.
_MOST_PLANES, _SIDE, _MOST_TILES, _SHARE, _FEWEST = 4, 32, 1500, 0.2, 16

#: Order of the differences across the lines.
_ORDER = 6

#: Noise along lines has a correlation of at least the first along them, and across them of at most the second as much.
#: Photographs have at most 0.18, with and without noise; edges of stripes have the same all along.
_LEAST, _MOST_ACROSS, _MOST_ALL_ALONG = 0.3, 0.4, 0.5


def noise_along_lines(planes: np.ndarray, max_lag: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Measure the correlation of noise along rows or along columns where no part of an image is flat.

    Parameters
    ----------
    planes : (N, Y, X) real array
    max_lag : int

    Returns
    -------
    correlation, standard_error : (2L+1, 2L+1) float64
        As in :class:`~.model.NoiseModel`; None where the noise is not of this kind.

    Notes
    -----
    What an objective has made is smooth in every direction. High differences across the lines leave nothing of it, and
    all of noise that lines do not share, with the correlation along them that it had.
    """
    few = planes[evenly_spread(len(planes), _MOST_PLANES)].astype(np.float64)
    found = [_along_rows(turned, max_lag) for turned in (few, few.swapaxes(1, 2))]
    strength = [0.0 if one is None else float(np.abs(one[0][1:]).max()) for one in found]
    lines = int(np.argmax(strength))
    one = found[lines]
    if one is None or strength[lines] < _LEAST or strength[1 - lines] > _MOST_ACROSS * strength[lines]:
        return None
    along, error = one
    if abs(along[-1]) > _MOST_ALL_ALONG * strength[lines]:
        return None
    correlation, standard_error = np.zeros((2, 2 * max_lag + 1, 2 * max_lag + 1))
    correlation[max_lag] = np.concatenate([along[:0:-1], along])
    standard_error[:] = error[1:].max()
    standard_error[max_lag] = np.concatenate([error[:0:-1], error])
    return (correlation, standard_error) if lines == 0 else (correlation.T, standard_error.T)


def _along_rows(planes: np.ndarray, max_lag: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the (L+1,) correlation along rows of differences down columns, and its error; None without differences."""
    differences = np.diff(planes, _ORDER, axis=1)
    side = min(_SIDE, *differences.shape[1:])
    if side <= max_lag + 1:
        return None
    step = max(1, side // 2)
    windows = sliding_window_view(differences, (side, side), axis=(1, 2))[:, ::step, ::step]
    offered = evenly_spread(int(np.prod(windows.shape[:3])), _MOST_TILES)
    tiles = windows[np.unravel_index(offered, windows.shape[:3])]
    energy = np.square(tiles).mean((1, 2))
    order = np.argsort(energy, kind="stable")[np.count_nonzero(energy == 0) :]
    if not len(order):
        return None
    chosen = order[: max(_FEWEST, round(_SHARE * len(order)))]
    covariance = autocovariance(tiles[chosen], max_lag)[:, max_lag, max_lag:]
    correlations = covariance / covariance[:, :1]
    # Neighbouring tiles overlap, so they count for about half as many independent ones.
    error = correlations.std(0) / np.sqrt(max(1.0, len(chosen) / 2))
    return correlations.mean(0), np.maximum(error, 1 / np.sqrt(len(chosen) * side**2))
