"""Pixels without a value (NaN or infinite), as stitching, registration and dead pixels leave them."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

__all__ = ["fill_missing"]


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
    filled = image.copy()
    empty = []
    for index in np.ndindex(image.shape[:-2]):
        missing = ~np.isfinite(image[index])
        if missing.all():
            empty.append(index)
        elif missing.any():
            nearest = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
            filled[index] = image[index][tuple(nearest)]
    known = image[np.isfinite(image)]
    for index in empty:
        filled[index] = np.median(known) if known.size else 0
    return filled
