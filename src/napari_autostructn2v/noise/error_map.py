"""How far a denoised image is likely to be from the truth, and where: an error map that needs no truth."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from .model import NoiseModel

__all__ = ["error_map"]

#: Standard deviation in pixels of the surroundings over which the answer to noise is averaged.
_SURROUNDINGS = 2.0

#: Standard deviation in pixels of the surroundings over which the noise averages out so far that what is left of the
#: difference tells that structure was lost.
_WIDE = 16.0

#: Classes of pixels with a like answer to noise, for the two parts of the error, and the fewest pixels of a class.
_CLASSES, _WIDE_CLASSES, _FEWEST = 20, 8, 500


def error_map(
    noisy: np.ndarray, denoised: np.ndarray, noise: NoiseModel, answer: np.ndarray, learned: np.ndarray
) -> np.ndarray:
    """Estimate the error of denoised planes.

    Parameters
    ----------
    noisy, denoised : (N, Y, X) float32
    noise : NoiseModel
        In the same units.
    answer : (N, Y, X) float32
        Error of the same network where the result is taken for the truth and noise is added to it anew.
    learned : (N, Y, X) float32
        The same of a network that was trained on that new noise.

    Returns
    -------
    (N, Y, X) float32
        Root mean square error around each pixel, in the units of the planes.

    Notes
    -----
    A parametric bootstrap (Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, section 6.5): the result with
    new noise is an image whose truth is known. How strongly the error varies from place to place follows from `answer`;
    how strong it is, from `learned`, for the weights owe a part of their error to the noise that they learned from.
    Structure that is missing in the result cannot be missed in it again. Where it is wide, it is seen in the difference
    from the noisy image, averaged so far that what its noise leaves is small and known well enough.
    """
    answer = _around(answer**2, _SURROUNDINGS)
    classes = _Classes(answer, _CLASSES)
    stronger = classes.of(learned**2) / np.maximum(classes.of(answer), np.finfo(np.float32).tiny)
    squared = answer * classes.spread(stronger)
    return np.sqrt(squared + _wide_error(noisy, denoised, noise, answer)).astype(np.float32)


def _wide_error(noisy: np.ndarray, denoised: np.ndarray, noise: NoiseModel, answer: np.ndarray) -> np.ndarray:
    """Return the squared error of what is wider than the noise: the difference, less what the noise explains of it."""
    wide = min(_WIDE, min(noisy.shape[1:]) / 8)
    correlated = max(1.0, float(noise.correlation[noise.significant].sum()))
    # Noise of unit variance has this variance after a Gaussian.
    left = correlated / (4 * np.pi * wide**2)
    variance = np.maximum(noise.variance_at(denoised), 0).astype(np.float32)
    excess = _around(noisy - denoised, wide) ** 2 - left * _around(variance, wide)
    classes = _Classes(answer, _WIDE_CLASSES)
    return classes.spread(np.maximum(classes.of(excess), 0))


def _around(planes: np.ndarray, sigma: float) -> np.ndarray:
    return ndi.gaussian_filter(planes, (0, sigma, sigma), mode="reflect", truncate=3)


class _Classes:
    """As many classes of equally many pixels, by a value of each pixel."""

    def __init__(self, by: np.ndarray, most: int) -> None:
        count = max(1, min(most, by.size // _FEWEST))
        edges = np.quantile(by, np.arange(1, count) / count)
        self._by, self._number = by, np.searchsorted(edges, by.ravel(), "right")
        self._counts = np.bincount(self._number, minlength=count)
        self._centres = self.of(by)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over each class."""
        sums = np.bincount(self._number, values.ravel().astype(np.float64), len(self._counts))
        return sums / np.maximum(self._counts, 1)

    def spread(self, means: np.ndarray) -> np.ndarray:
        """Return for each pixel what lies between the values of the classes nearest to it, without steps."""
        used = self._counts > 0
        return np.interp(self._by, self._centres[used], means[used]).astype(np.float32)
