"""What a blind mask does to an image, before any training: the best linear prediction under the mask."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, signal

from ..errors import InputError
from ..images import to_planes
from .autocovariance import autocovariance
from .blind_mask import BlindMask

__all__ = ["linear_preview"]

#: Pixels beyond the mask, in every direction, from which the centre is predicted; and the least in all.
_BEYOND, _LEAST_REACH = 3, 6


def linear_preview(plane: Any, pattern: Any, *, remove_line_offsets: bool = False) -> np.ndarray:
    """Predict every pixel of an image from the neighbours that a blind mask leaves visible.

    Parameters
    ----------
    plane : (Y, X) array-like
        Real numbers; read only.
    pattern : (H, W) bool array-like
        The blind mask: odd sides, centre blind.
    remove_line_offsets : bool
        Even out the rows or columns first, if they have offsets.

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
    kernel = _kernel(values, BlindMask(pattern).pattern)
    down, right = (side // 2 for side in kernel.shape)
    padded = np.pad(values, ((down, down), (right, right)), mode="symmetric")
    predicted = signal.oaconvolve(padded, kernel[::-1, ::-1], mode="valid") + mean
    return planes.restore(predicted[None], np.float32).reshape(values.shape)


def _kernel(values: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Weights of the neighbours of a pixel, zero where the mask is blind: correlate with it to predict the centre."""
    reach = [
        min(max(_LEAST_REACH, side // 2 + _BEYOND), length // 2 - 1)
        for side, length in zip(pattern.shape, values.shape, strict=True)
    ]
    shape = 2 * reach[0] + 1, 2 * reach[1] + 1
    hidden = np.zeros(shape, bool)
    blind = np.argwhere(pattern) - np.array(pattern.shape) // 2 + reach
    blind = blind[((blind >= 0) & (blind < shape)).all(axis=1)]
    hidden[tuple(blind.T)] = True
    seen = np.argwhere(~hidden) - reach
    if not len(seen):
        raise InputError("The mask hides the whole neighbourhood of a pixel; choose a smaller one.")
    lag = 2 * max(reach)
    covariance = autocovariance(values[None], lag, unbiased=False)[0]
    between = seen[:, None] - seen + lag
    visible = covariance[between[..., 0], between[..., 1]]
    # A touch of white noise keeps the equations solvable where the image is smooth.
    visible[np.diag_indices_from(visible)] += 1e-4 * covariance[lag, lag]
    to_centre = seen + lag
    weights = linalg.solve(visible, covariance[to_centre[:, 0], to_centre[:, 1]], assume_a="pos")
    kernel = np.zeros(shape)
    kernel[tuple((seen + reach).T)] = weights
    return kernel
