"""Any array becomes planes on one scale, and finds the way back to its own shape, units and dtype."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..errors import InputError
from .checks import as_array, check_image
from .hot_pixels import OUTLIER_SHARE, usual_excess_of, without_spikes
from .line_offsets import find_line_offsets, without_line_offsets

__all__ = ["Planes", "cast_to", "on_scale", "to_planes"]

#: As many planes tell how far a pixel usually is from its neighbours.
_MEASURED_PLANES = 32

#: Largest normalised value. What lies further out is no light (some files mark missing pixels by -3.4e38), and its
#: square would end a training in infinity.
LARGEST = 1e6


@dataclass(frozen=True, eq=False)
class Planes:
    """An image as every stage works on it: one plane after the other, on one scale.

    Parameters
    ----------
    values : (N, Y, X) ndarray, float32
        Zero mean and unit variance over all planes together, outliers (hot pixels) apart.
    offset, scale : float
        ``values * scale + offset`` is in the units of the input.
    dtype : dtype
        Of the input.
    shape : tuple of int
        Of the input.
    usual_excess : float or None
        How far a pixel usually is from its neighbours, in the units of `values`; known once hot pixels are mended.
    flattened : tuple of str
        Of "rows" and "columns": the lines whose offsets have been taken out of `values`.
    """

    values: np.ndarray
    offset: float
    scale: float
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float32))
    shape: tuple[int, ...] = ()
    usual_excess: float | None = None
    flattened: tuple[str, ...] = ()

    def without_hot_pixels(self, usual_excess: float | None = None, *, in_place: bool = False) -> Planes:
        """Return the planes with isolated spikes replaced by the median around them.

        One hot pixel is as strong as thousands of ordinary ones: it would decide the measured noise and pull at the
        training. What stands out as far but not alone, such as a bright bead, stays.

        Parameters
        ----------
        usual_excess : float or None
            What counts as usual; None measures it. Given, a pixel is judged alike in a part and in the whole.
        in_place : bool
            Mend `values` where they lie: a copy of a stack takes much memory.
        """
        if usual_excess is None:
            step = -(-len(self.values) // _MEASURED_PLANES)
            usual_excess = math.sqrt(np.mean([usual_excess_of(plane) ** 2 for plane in self.values[::step]]))
        mended = self.values if in_place else np.empty_like(self.values)
        for index, plane in enumerate(self.values):
            mended[index] = without_spikes(plane, usual_excess)
        return replace(self, values=mended, usual_excess=usual_excess)

    def without_line_offsets(self, lines: tuple[str, ...] | None = None, *, in_place: bool = False) -> Planes:
        """Return the planes with rows or columns flattened that are each a little too bright or too dark.

        Parameters
        ----------
        lines : tuple of str or None
            Of "rows" and "columns"; None finds out which have offsets.
        in_place : bool
            Flatten `values` where they lie.
        """
        lines = find_line_offsets(self.values) if lines is None else lines
        return replace(self, values=without_line_offsets(self.values, lines, in_place=in_place), flattened=lines)

    def restore(self, values: np.ndarray, dtype: DTypeLike | None = None) -> np.ndarray:
        """Return normalised values in the units, the dtype and the shape of the input.

        Parameters
        ----------
        values : (N, Y, X) ndarray
            As many pixels as the input has; an array of another size (one plane, a crop) keeps its own shape.
        dtype : dtype, optional
            Another dtype than the input's. Integers are rounded, and all dtypes clipped to their range.

        Returns
        -------
        ndarray

        Raises
        ------
        InputError
            If values are NaN or infinite, which would end as black pixels.
        """
        values = np.asarray(values)
        if values.size == math.prod(self.shape):
            values = values.reshape(self.shape)
        restored = np.empty(values.shape, self.dtype if dtype is None else dtype)
        # Plane by plane, since the detour over 64 bits would double the memory of a movie.
        for index in np.ndindex(values.shape[:-2]):
            plane = values[index].astype(np.float64)
            if not np.isfinite(plane).all():
                raise InputError(
                    "The result has pixels that are no numbers: the training diverged, or the model does not fit the "
                    "image. Train again with a smaller learning_rate, or use another model."
                )
            plane *= self.scale
            plane += self.offset
            restored[index] = cast_to(plane, restored.dtype)
        return restored


def to_planes(image: ArrayLike | Any) -> Planes:
    """Bring an image to planes with one offset and one scale for the whole stack.

    Mean and standard deviation are taken after values far outside the range of all but 0.5 % of the pixels on either
    side have been pulled in, so that some hot pixels, or a hot column, do not squash all others into a sliver. Computed
    in 64 bits: a small signal on a large offset keeps its precision.

    Parameters
    ----------
    image : (..., Y, X) array-like
        See :func:`check_image`, which also says what is refused.

    Returns
    -------
    Planes

    Examples
    --------
    >>> image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> planes = to_planes(image)
    >>> bool((planes.restore(planes.values) == image).all())
    True
    """
    given = as_array(image)
    array = check_image(given)
    stack = array.reshape(-1, *array.shape[-2:])
    low, high = _usual_range(stack)
    count = stack.size
    # Two passes, of which the second is about the mean: the one-pass formula cancels where the offset is large.
    # Shifting by `low` keeps the first sum small as well.
    offset = low + sum(float((np.clip(plane, low, high) - low).sum()) for plane in _as_float64(stack)) / count
    variance = sum(float(((np.clip(plane, low, high) - offset) ** 2).sum()) for plane in _as_float64(stack)) / count
    scale = math.sqrt(variance)
    return replace(on_scale(array, offset, scale), dtype=given.dtype)


def on_scale(image: np.ndarray, offset: float, scale: float) -> Planes:
    """Bring an image, or a part of it, to planes with a given offset and scale; nothing about it is measured.

    Parameters
    ----------
    image : (..., Y, X) ndarray
        Real numbers.
    offset, scale : float

    Returns
    -------
    Planes
    """
    stack = image.reshape(-1, *image.shape[-2:])
    values = np.empty(stack.shape, np.float32)
    for index, plane in enumerate(_as_float64(stack)):
        values[index] = np.clip((plane - offset) / scale, -LARGEST, LARGEST)
    return Planes(values, offset, scale, image.dtype, image.shape)


def _as_float64(stack: np.ndarray) -> Any:
    """Iterate over the planes in 64 bits, one at a time to keep the memory of a movie bounded."""
    return (plane.astype(np.float64) for plane in stack)


def _usual_range(stack: np.ndarray) -> tuple[float, float]:
    """Return limits that all but outlying pixels stay well within."""
    step = max(1, stack.size // 4_000_000)
    sample = np.concatenate([plane.ravel()[::step] for plane in stack])
    # Rounded inwards, so that the smallest image, too, may have one hot pixel.
    low = float(np.quantile(sample, OUTLIER_SHARE, method="higher"))
    high = float(np.quantile(sample, 1 - OUTLIER_SHARE, method="lower"))
    if low == high:  # nearly all pixels are alike, and the few others are the image
        return float(stack.min()), float(stack.max())
    return 2 * low - high, 2 * high - low


def cast_to(values: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Round to integers where a dtype asks for it, and clip to its range.

    Parameters
    ----------
    values : ndarray of float
    dtype : dtype
        Of real numbers.

    Returns
    -------
    ndarray
    """
    if dtype.kind == "f":
        limits = np.finfo(dtype)
        return np.clip(values, float(limits.min), float(limits.max)).astype(dtype)
    info = np.iinfo(dtype)
    rounded = np.rint(values)
    # The largest 64-bit integers round up to a float beyond their range, and casting that would wrap around.
    top = np.nextafter(float(info.max), 0) if float(info.max) > info.max else float(info.max)
    cast = np.clip(rounded, float(info.min), top).astype(dtype)
    cast[rounded >= float(info.max)] = info.max
    return cast
