"""Isolated spikes: found by how far a pixel stands out alone, replaced by the median around it."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

#: Brightest and darkest share of the pixels that do not decide what range of values is normal.
OUTLIER_SHARE = 5e-3

#: A hot pixel differs from the median around it by so many usual deviations, and so many times more than any neighbour.
_SPIKE_DEVIATIONS, _SPIKE_RATIO = 10.0, 5.0


def _excess(plane: np.ndarray, padded: np.ndarray) -> np.ndarray:
    """How far each pixel is from the mean of its four neighbours."""
    nearest = (padded[1:-3, 2:-2] + padded[3:-1, 2:-2] + padded[2:-2, 1:-3] + padded[2:-2, 3:-1]) / 4
    return plane - nearest


def usual_excess_of(plane: np.ndarray) -> float:
    """How far a pixel usually is from its neighbours, outliers apart."""
    excess = _excess(plane, np.pad(plane, 2, mode="reflect"))
    low, high = np.quantile(excess.ravel()[:: max(1, plane.size // 100_000)], (OUTLIER_SHARE, 1 - OUTLIER_SHARE))
    # Of all pixels but the outliers: in an image of few photons the median deviation is zero.
    return float(np.sqrt(np.mean(np.clip(excess, low, high) ** 2)))


def without_spikes(plane: np.ndarray, usual: float) -> np.ndarray:
    """Replace pixels that stand out alone from their 5 x 5 surroundings, above or below."""
    padded = np.pad(plane, 2, mode="reflect")
    rows, columns = np.nonzero(np.abs(_excess(plane, padded)) > _SPIKE_DEVIATIONS * usual)
    around = sliding_window_view(padded, (5, 5))[rows, columns].reshape(-1, 25)
    centre, around = around[:, 12], np.delete(around, 12, axis=1)
    median = np.median(around, axis=1)
    above, below = around.max(1) - median, median - around.min(1)
    alone = (centre - median > _SPIKE_RATIO * above) | (median - centre > _SPIKE_RATIO * below)
    if not alone.any():
        return plane
    mended = plane.copy()
    mended[rows[alone], columns[alone]] = median[alone]
    return mended
