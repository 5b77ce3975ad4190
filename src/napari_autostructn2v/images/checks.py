"""Which arrays can be denoised, and what is said about those that cannot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError, MissingPixelsError
from ..files import reason
from .missing import fill_masked

__all__ = ["MIN_SIDE", "check_image"]

#: Shortest side, in pixels, of an image that can be denoised.
MIN_SIDE = 16


def check_image(image: ArrayLike | Any) -> np.ndarray:
    """Return an image as an array that every stage can work on, or say why it cannot be used.

    Parameters
    ----------
    image : (..., Y, X) array-like
        Real numbers of any dtype and byte order; numpy, dask or zarr arrays, or nested lists. Read, never written to;
        it may be read-only and non-contiguous. Masked pixels are filled.

    Returns
    -------
    (..., Y, X) ndarray
        The same values in native byte order; the very same memory where that is possible.

    Raises
    ------
    InputError
        If the image is no array of real numbers, has fewer than two axes, looks like RGB, is smaller than
        16 x 16 pixels, constant, or holds NaN or infinite values.

    Examples
    --------
    >>> check_image(np.eye(16)).shape
    (16, 16)
    """
    array = as_array(image)
    if array.dtype.kind == "b":
        raise InputError("The image holds only True and False, so it is a mask; choose an image with intensities.")
    if array.dtype.kind == "c":
        raise InputError("The image holds complex numbers; choose its magnitude or its phase and denoise that.")
    if array.dtype.kind not in "iuf":
        raise InputError(f"The image does not hold numbers but {array.dtype}; choose an image with intensities.")
    if array.ndim < 2:
        raise InputError(f"An image needs at least two axes (Y and X); this array has {array.ndim}.")
    if array.size == 0:
        raise InputError(f"The image is empty: its shape is {_shape(array.shape)}.")
    if array.ndim > 2 and array.shape[-1] in (3, 4) and min(array.shape[-3:-1]) >= MIN_SIDE:
        raise InputError(
            f"The image looks like RGB (shape {_shape(array.shape)}): convert it to grey or pass one channel."
        )
    if min(array.shape[-2:]) < MIN_SIDE:
        raise InputError(
            f"The image is {_shape(array.shape[-2:])} pixels (Y x X); at least {MIN_SIDE} x {MIN_SIDE} are needed."
        )
    low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = array.size - int(np.count_nonzero(np.isfinite(array)))
        raise MissingPixelsError(
            f"The image has {bad} {'pixel that is' if bad == 1 else 'pixels that are'} NaN or infinite. "
            "Replace them, for instance by numpy.nan_to_num(image), or crop them away."
        )
    if low == high:
        raise InputError(f"The image is constant: every pixel is {low:g}. There is nothing to denoise.")
    # Beyond these spans a difference or a variance leaves the range of 64-bit floating point.
    if not 1e-150 < high - low < 1e150:
        raise InputError(f"The image spans {low:g} to {high:g}; rescale its values to a more usual range.")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def as_array(image: Any) -> np.ndarray:
    """Return an image as an array, computed once where it is lazy; its values and its dtype are not looked at.

    Masked pixels are filled, see :func:`fill_masked`.
    """
    if image is None:
        raise InputError("There is no image; open or choose one first.")
    if isinstance(image, (str, Path)):
        raise InputError(f"{str(image)!r} is a text, not an image; read the file first (see read_image).")
    image = in_memory(image)
    if np.ma.is_masked(image):
        return fill_masked(image)
    with _told_if_unreadable():
        return np.asarray(image)


def in_memory(image: Any) -> Any:
    """Return a lazy image computed, masked where its blocks are; all else as it is."""
    if not hasattr(image, "__dask_graph__"):
        return image
    with _told_if_unreadable():
        # Without the callbacks of the whole process: napari's cache of blocks is one, and its notes on what is being
        # computed are lost when another thread ends, so that the window's own reading fails.
        return image.compute(callbacks=())


@contextmanager
def _told_if_unreadable() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise InputError("The image does not fit into memory; denoise a part of it.") from error
    except Exception as error:  # computing a lazy array can fail in any way
        raise InputError(f"The image could not be read as an array: {reason(error)}.") from error


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
