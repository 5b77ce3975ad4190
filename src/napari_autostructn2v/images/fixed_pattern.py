"""Rows and columns that are a little too bright or too dark in every frame: found by repetition, removed on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

__all__ = ["FixedPattern", "find_fixed_pattern", "find_in_frames"]

#: Reads rows and columns of a frame, by its number.
Read = Callable[[int, slice, slice], np.ndarray]

#: Fewer frames cannot tell what repeats from what does not.
MIN_FRAMES = 4

#: Rows (columns) over which the image itself is smooth, on average over a whole row: what is left is the pattern.
_WINDOW = 9

#: Least correlation of the patterns of two halves of the pixels that share neither frames nor places.
_LEAST_CORRELATION = 0.5

_LEAST_SIGMAS = 5.0

_BANDS = 8

#: Pixels of a frame that are looked at; of larger ones, strips right across them.
_STRIP_PIXELS = 2**22

#: Pixels that are read of all frames, for the rows and again for the columns.
_READ_PIXELS = 2**27


@dataclass(frozen=True, eq=False)
class FixedPattern:
    """What every frame of a movie has in common beside the image.

    Parameters
    ----------
    rows : (Y,) float32 or None
        Added to all pixels of each row, in the units of the image; None where rows have nothing in common.
    columns : (X,) float32 or None
        The same for each column.
    """

    rows: np.ndarray | None = None
    columns: np.ndarray | None = None

    def __bool__(self) -> bool:
        return self.rows is not None or self.columns is not None

    @property
    def sentence(self) -> str:
        """What was found, for a person; empty where nothing was."""
        found = [
            f"{name} by {np.std(offsets):.3g} grey levels (standard deviation)"
            for name, offsets in (("rows", self.rows), ("columns", self.columns))
            if offsets is not None
        ]
        return f"A fixed pattern repeats in every frame: it offsets {' and '.join(found)}." if found else ""

    def removed(self, part: np.ndarray, rows: slice = slice(None), columns: slice = slice(None)) -> np.ndarray:
        """Return a (..., Y, X) part of the image without the pattern, float32 or float64.

        Parameters
        ----------
        part : (..., Y, X) ndarray
        rows, columns : slice
            Where in the plane it lies.
        """
        result: Any = part.astype(np.float32 if np.can_cast(part.dtype, np.float32) else np.float64)
        if self.rows is not None:
            result -= self.rows[rows, None]
        if self.columns is not None:
            result -= self.columns[None, columns]
        return result


def find_fixed_pattern(planes: np.ndarray) -> FixedPattern:
    """Find row and column patterns that repeat in all frames.

    Parameters
    ----------
    planes : (..., Y, X) real array
        Frames of one camera or scanner, with or without specimen.

    Returns
    -------
    FixedPattern
        Empty where fewer than four frames are given or nothing repeats.

    Notes
    -----
    A row's offset is the mean frame's distance to its neighbours in the same column, averaged over the row. It
    counts as a pattern only if it is the same in odd frames on one half of the row as in even frames on the other
    half: noise of single frames does not repeat, and the specimen is not the same along a whole row.
    """
    frames = planes.reshape(-1, *planes.shape[-2:])
    height, width = frames.shape[1:]
    return find_in_frames(lambda frame, rows, columns: frames[frame, rows, columns], len(frames), (height, width))


def find_in_frames(read: Read, count: int, plane_shape: tuple[int, int]) -> FixedPattern:
    """Find the patterns of frames that may be too many or too large to be held in memory.

    Parameters
    ----------
    read : callable
        ``read(number, rows, columns)`` returns that part of a frame, (Y, X).
    count : int
        Frames that there are.
    plane_shape : (int, int)
        Rows and columns of a frame.

    Returns
    -------
    FixedPattern
        As for :func:`find_fixed_pattern`; for all rows and columns, whatever part of the frames was read.
    """
    height, width = plane_shape
    if count < MIN_FRAMES or min(plane_shape) < 2 * _WINDOW:
        return FixedPattern()
    taken = min(count, max(MIN_FRAMES, _READ_PIXELS // min(height * width, _STRIP_PIXELS)))
    numbers = [int((index + 0.5) * count / taken) for index in range(taken)]
    # What a row has in common shows in strips of all rows, and the same for columns.
    down = [(slice(None), strip) for strip in _strips(width, height)]
    odd, even = halves = _means(read, numbers, down, 1)
    if len(down) > 1:
        halves = _means(read, numbers, [(strip, slice(None)) for strip in _strips(height, width)], 0)
    if not all(np.isfinite(mean).all() for mean in (odd, even, *halves)):
        return FixedPattern()
    return FixedPattern(_offsets(odd, even), _offsets(*(mean.T for mean in halves)))


def _strips(length: int, across: int) -> list[slice]:
    """Return what is read along an axis: all of it, or one strip in the middle of each band."""
    wanted = max(_WINDOW, _STRIP_PIXELS // across // _BANDS)
    if length * across <= _STRIP_PIXELS or wanted * _BANDS >= length:
        return [slice(0, length)]
    starts = [int((band + 0.5) * length / _BANDS - wanted / 2) for band in range(_BANDS)]
    return [slice(start, start + wanted) for start in starts]


def _means(
    read: Read, numbers: Sequence[int], places: Sequence[tuple[slice, slice]], axis: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of every other frame and of those between, float64; one frame at a time to spare memory."""
    totals: list[Any] = [0.0, 0.0]
    for index, number in enumerate(numbers):
        totals[index % 2] = totals[index % 2] + np.concatenate([read(number, *place) for place in places], axis)
    return totals[0] / ((len(numbers) + 1) // 2), totals[1] / (len(numbers) // 2)


def _offsets(odd: np.ndarray, even: np.ndarray) -> np.ndarray | None:
    """Offsets of the rows, or None where they do not repeat."""
    residuals = [mean - ndimage.median_filter(mean, (_WINDOW, 1), mode="nearest") for mean in (odd, even)]
    # Where the specimen is, a row says little about its offset.
    activity = ndimage.uniform_filter((residuals[0] ** 2 + residuals[1] ** 2) / 2, _WINDOW, mode="nearest")
    weights = 1 / (activity + 0.01 * activity.mean() + 1e-100)
    # Interleaved bands, so that a specimen in one half of the image does not stand against nothing in the other.
    band = np.arange(odd.shape[1]) * _BANDS // odd.shape[1] % 2 == 0
    profiles = [
        np.average(residuals[half][:, places], axis=1, weights=weights[:, places])
        for half, places in ((0, band), (1, ~band), (0, ~band), (1, band))
    ]
    correlation = min(_correlation(*profiles[:2]), _correlation(*profiles[2:]))
    if correlation < max(_LEAST_CORRELATION, _LEAST_SIGMAS / np.sqrt(len(odd))):
        return None
    offsets = np.average((residuals[0] + residuals[1]) / 2, axis=1, weights=weights)
    return (offsets - offsets.mean()).astype(np.float32)


def _correlation(one: np.ndarray, two: np.ndarray) -> float:
    if one.std() == 0 or two.std() == 0:
        return 0.0
    return float(np.corrcoef(one, two)[0, 1])
