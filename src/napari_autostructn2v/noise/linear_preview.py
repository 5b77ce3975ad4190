"""What a blind mask does to an image, before any training: the best linear prediction under the mask."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft as sp_fft

from ..errors import InputError
from ..images import to_planes
from .autocovariance import autocovariance
from .blind_mask import BlindMask
from .wiener_hopf import visible_offsets, weights_of_neighbours

__all__ = ["linear_preview"]

#: Pixels beyond the mask, in every direction, from which the centre is predicted; and the least in all.
_BEYOND, _LEAST_REACH = 3, 6


def linear_preview(plane: Any, blind_mask: Any, *, remove_line_offsets: bool = False) -> np.ndarray:
    """Predict every pixel of an image from the neighbours that a blind mask leaves visible.

    Parameters
    ----------
    plane : (Y, X) array-like
        Real numbers; read only.
    blind_mask : (H, W) bool array-like
        The blind mask: odd sides, centre blind.
    remove_line_offsets : bool
        Flatten the rows or columns first, if they have offsets.

    Returns
    -------
    (Y, X) float32 ndarray
        In the units of the image.

    Raises
    ------
    InputError
        If the image or the mask cannot be used, or the mask leaves nothing to predict from.

    Notes
    -----
    The weights w solve the Wiener-Hopf equations Ry[N, N] w = Ry[N, 0] over the visible neighbours N, with the
    autocovariance Ry of the noisy image itself: the linear counterpart of what a blind-spot network learns.

    Examples
    --------
    >>> from napari_autostructn2v.samples import scan_lines
    >>> linear_preview(scan_lines((64, 64)), np.ones((1, 9))).shape
    (64, 64)
    """
    planes = to_planes(plane).without_hot_pixels()
    if remove_line_offsets:
        planes = planes.without_line_offsets()
    if len(planes.values) != 1:
        raise InputError("The preview of a mask needs one plane; choose one of the stack.")
    values = planes.values[0].astype(np.float64)
    mean = values.mean()
    values -= mean
    kernel = _kernel(values, BlindMask(blind_mask).pattern)
    down, right = (side // 2 for side in kernel.shape)
    padded = np.pad(values, ((down, down), (right, right)), mode="symmetric")
    predicted = _correlated(padded, kernel) + mean
    return planes.restore(predicted[None], np.float32).reshape(values.shape)


def _correlated(padded: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Weigh the surroundings of each pixel by a kernel, where all of it lies inside."""
    shape = [sp_fft.next_fast_len(side, real=True) for side in padded.shape]
    spectrum = sp_fft.rfft2(padded, shape) * sp_fft.rfft2(kernel, shape).conj()
    height, width = (whole - side + 1 for whole, side in zip(padded.shape, kernel.shape, strict=True))
    return np.asarray(sp_fft.irfft2(spectrum, shape)[:height, :width])


def _kernel(values: np.ndarray, blind_mask: np.ndarray) -> np.ndarray:
    """Weights of the neighbours of a pixel, zero where the mask is blind: correlate with it to predict the centre."""
    reach = [
        min(max(_LEAST_REACH, side // 2 + _BEYOND), length // 2 - 1)
        for side, length in zip(blind_mask.shape, values.shape, strict=True)
    ]
    seen = visible_offsets(blind_mask, (reach[0], reach[1]))
    if not len(seen):
        raise InputError("The mask hides the whole neighbourhood of a pixel; choose a smaller one.")
    covariance = autocovariance(values[None], 2 * max(reach), unbiased=False)[0]
    kernel = np.zeros((2 * reach[0] + 1, 2 * reach[1] + 1))
    kernel[tuple((seen + reach).T)] = weights_of_neighbours(covariance, seen, ridge=1e-4)
    return kernel
