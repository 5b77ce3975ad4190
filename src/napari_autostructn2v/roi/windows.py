"""Means over intervals and windows of an image, whatever it was shrunk by.

Shrinking and averaging are means over intervals along each axis, so both are products with the same kind of sparse
matrix, :func:`interval_means`. Pixels that an interval covers in part count in part: any factor is exact, and a window
lies at the same place of the original image whatever the factor.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse

from ..errors import InputError
from ..settings import RoiSettings

__all__ = ["grid_positions", "interval_means", "window_grid", "window_means"]

#: More windows than this would neither fit on a screen nor help a training.
MAX_CANDIDATES = 4_000_000


def interval_means(length: int, starts: np.ndarray, stops: np.ndarray) -> sparse.csr_array:
    """Return the matrix that takes the mean of `length` values over intervals with any bounds.

    Parameters
    ----------
    length : int
        Number of values (pixels along an axis); value i covers the interval from i to i + 1.
    starts, stops : (M,) ndarray, float
        Bounds of the intervals, in pixels.

    Returns
    -------
    (M, length) sparse array, float32
        Its rows sum to 1.
    """
    starts = np.clip(starts, 0, length - 1e-6)
    stops = np.clip(stops, starts + 1e-6, length)
    first = np.floor(starts).astype(np.int64)
    last = np.maximum(np.ceil(stops - 1e-9).astype(np.int64), first + 1)
    counts = last - first
    ends = np.concatenate([[0], np.cumsum(counts)])
    index = np.arange(ends[-1]) + np.repeat(first - ends[:-1], counts)
    covered = np.minimum(index + 1, np.repeat(stops, counts)) - np.maximum(index, np.repeat(starts, counts))
    weights = covered / np.repeat(stops - starts, counts)
    return sparse.csr_array(
        (weights.astype(np.float32), index.astype(np.int32), ends.astype(np.int32)), shape=(len(starts), length)
    )


def grid_positions(length: int, side: int, stride: int) -> np.ndarray:
    """Return where windows start along an axis; the last one is flush with the border.

    Parameters
    ----------
    length, side, stride : int
        Of the axis, of a window and between windows, in pixels; `length` at least `side`.

    Returns
    -------
    (M,) ndarray, int
    """
    positions = np.arange(0, length - side + 1, stride)
    return positions if positions[-1] == length - side else np.append(positions, length - side)


def window_grid(shape: tuple[int, int], settings: RoiSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return where the windows of settings start along the rows and the columns of an image.

    Raises
    ------
    InputError
        If the image is smaller than a patch, or there would be too many windows.
    """
    side = settings.patch_size
    if min(shape) < side:
        raise InputError(
            f"The image is {shape[0]} x {shape[1]} pixels, smaller than a patch of {side} x {side}: "
            f"set patch_size to {min(shape)} or less."
        )
    stride = max(1, round(side * (1 - settings.overlap)))
    count = math.prod((length - side) // stride + 2 for length in shape)
    if count > MAX_CANDIDATES:
        raise InputError(f"There would be {count:,} windows to look at: lower overlap or raise patch_size.")
    return grid_positions(shape[0], side, stride), grid_positions(shape[1], side, stride)


def window_means(
    image: np.ndarray, rows: np.ndarray, columns: np.ndarray, side: int, shape: tuple[int, int] | None = None
) -> np.ndarray:
    """Return the mean of an image in each window of a grid.

    Parameters
    ----------
    image : (y, x) ndarray, float
        An image shrunk by any factor.
    rows, columns : (R,) and (C,) ndarray
        Where the windows start, in pixels of the original image.
    side : int
        Of the windows, in pixels of the original image.
    shape : tuple of int, optional
        Of the original image; `image` itself by default.

    Returns
    -------
    (R, C) ndarray, float32
    """
    # The bounds of all windows cut the image into cells. An integral image over these (few) instead of the pixels
    # reads each pixel once and still has every corner that is needed.
    cells, corners = image, []
    for axis, starts in enumerate((rows, columns)):
        factor = 1.0 if shape is None else image.shape[axis] / shape[axis]
        bounds = np.unique(np.concatenate([starts, starts + side]))
        cells = _means_between(cells, bounds * factor, axis)
        corners.append((bounds, np.searchsorted(bounds, starts), np.searchsorted(bounds, starts + side)))
    (down, top, bottom), (across, left, right) = corners
    integral = np.zeros((len(down), len(across)))
    integral[1:, 1:] = (cells * np.diff(down)[:, None] * np.diff(across)).cumsum(0).cumsum(1)
    sums = integral[bottom] - integral[top]
    return ((sums[:, right] - sums[:, left]) / side**2).astype(np.float32)


def _means_between(image: np.ndarray, bounds: np.ndarray, axis: int) -> np.ndarray:
    """Return the means along an axis between each of the bounds (rising, in pixels) and the next."""
    start, step, count = int(bounds[0]), int(bounds[1] - bounds[0]), len(bounds) - 1
    if step and np.array_equal(bounds, start + step * np.arange(count + 1)):
        # Blocks of the same whole number of pixels, as the unshrunk image has: three times as fast.
        weights = np.full(step, 1 / step, np.result_type(image, np.float32))
        if axis == 0:
            return weights @ image[start : start + step * count].reshape(count, step, -1)
        return image[:, start : start + step * count].reshape(-1, count, step) @ weights
    means = interval_means(image.shape[axis], bounds[:-1], bounds[1:])
    return means @ image if axis == 0 else image @ means.T
