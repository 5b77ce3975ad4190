"""Pixels without a value (NaN, infinite or masked), as stitching, registration and dead pixels leave them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from ..errors import InputError

__all__ = ["fill_masked", "fill_missing", "masked_like"]


def fill_missing(image: np.ndarray) -> np.ndarray:
    """Return an image whose missing pixels have the value of the nearest pixel of their plane that has one.

    A copy of a neighbour is as noisy as the rest of the image, so that neither the measured noise nor the training sees
    smooth places that the microscope has not made.

    Parameters
    ----------
    image : (..., Y, X) ndarray

    Returns
    -------
    (..., Y, X) ndarray
        The very same array where nothing is missing. A plane without any value has the median of the others.

    Examples
    --------
    >>> fill_missing(np.array([[1.0, 2.0, np.nan]])).tolist()
    [[1.0, 2.0, 2.0]]
    """
    if image.dtype.kind != "f" or np.isfinite(image).all():
        return image
    return _filled(image, ~np.isfinite(image))


def fill_masked(image: np.ma.MaskedArray) -> np.ndarray:
    """Return a masked image as an array whose masked pixels are filled as those of :func:`fill_missing` are.

    Parameters
    ----------
    image : (..., Y, X) masked array

    Returns
    -------
    (..., Y, X) ndarray

    Raises
    ------
    InputError
        If every pixel is masked.

    Examples
    --------
    >>> fill_masked(np.ma.array([[1, 2, 99]], mask=[[False, False, True]])).tolist()
    [[1, 2, 2]]
    """
    mask = np.ma.getmaskarray(image)
    if mask.dtype != bool:
        raise InputError("The image holds several values a pixel; choose one of them.")
    if mask.all():
        raise InputError("Every pixel of the image is masked; there is nothing to denoise.")
    data = np.asarray(image.data)
    return _filled(data, mask) if data.ndim > 1 else data


def masked_like(result: Any, image: Any) -> Any:
    """Return a result masked where the image that it is made of was masked, or as it is if that was no masked array."""
    if result is None or not isinstance(image, np.ma.MaskedArray):
        return result
    return np.ma.array(result, mask=np.ma.getmaskarray(image))


def _filled(image: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    filled = image.copy()
    empty = []
    for index in np.ndindex(image.shape[:-2]):
        missing = unknown[index]
        if missing.all():
            empty.append(index)
        elif missing.any():
            nearest = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
            filled[index] = image[index][tuple(nearest)]
    known = image[~unknown]
    for index in empty:
        filled[index] = np.median(known) if known.size else 0
    return filled
