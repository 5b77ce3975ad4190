"""How far a denoised image is likely to be from the truth, and where: an error map that needs no truth."""

from __future__ import annotations

import math

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

#: What is wide and missing counts beyond so many standard errors.
_SURE = 2.0

#: Where pixels share noise and most of the image is background, the errors of all but the least and the greatest
#: twentieth span so many times what the bootstrap says: it counts the ripples of the result twice there, and cannot
#: miss what the result has lost of fine structure. The power of the error that makes them do so is at most the second.
#: Chosen on images whose truth is known, and proven on others (docs/decisions.md).
_WIDER, _MOST_POWER = 1.5, 2.0


def error_map(
    noisy: np.ndarray,
    denoised: np.ndarray,
    noise: NoiseModel,
    answer: np.ndarray,
    learned: np.ndarray,
    answer_again: np.ndarray,
    *,
    shares_noise: bool = False,
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
    answer_again : (N, Y, X) float32
        Error of that network where its own result is taken for the truth and noise is added to that.
    shares_noise : bool
        Whether the noise is correlated between pixels.

    Returns
    -------
    (N, Y, X) float32
        Root mean square error around each pixel, in the units of the planes.

    Notes
    -----
    A parametric bootstrap (Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, section 6.5): the result with
    new noise is an image whose truth is known. How strongly the error varies from place to place follows from `answer`;
    how strong it is, from `learned`, for the weights owe a part of their error to the noise that they learned from. An
    answer is strong where the noise of the image has left something in the result, too. So what an answer means is
    learned from that of the second network to its own result, in which the new noise has left something.

    Structure that is missing in the result cannot be missed in it again. Where it is wide, it is seen in the difference
    from the noisy image, averaged so far that what its noise leaves is small and known well enough.
    """
    answer, answer_again = _around(answer**2, _SURROUNDINGS), _around(answer_again**2, _SURROUNDINGS)
    classes = _Classes(answer_again, _CLASSES)
    stronger = classes.of(learned**2) / np.maximum(classes.centres, np.finfo(np.float32).tiny)
    error = np.sqrt(answer * classes.at(answer, stronger))
    if shares_noise:
        error = _spanning_more(error)
    return np.sqrt(error**2 + _wide_error(noisy, denoised, noise, answer)).astype(np.float32)


def _spanning_more(error: np.ndarray) -> np.ndarray:
    """Return errors whose small and large ones are farther apart, of the same root mean square."""
    low, middle, high = (float(value) for value in np.quantile(error, (0.05, 0.5, 0.95)))
    # In an image that is structure all over, most errors are large, and what is small there is so indeed.
    if not 0 < middle**2 < low * high:
        return error
    power = min(1 + math.log(_WIDER) / math.log(high / low), _MOST_POWER)
    wider: np.ndarray = (error / high) ** power
    wider *= np.sqrt(np.mean(error**2, dtype=np.float64) / np.mean(wider**2, dtype=np.float64))
    return wider


def _wide_error(noisy: np.ndarray, denoised: np.ndarray, noise: NoiseModel, answer: np.ndarray) -> np.ndarray:
    """Return the squared error of what is wider than the noise: the difference, less what the noise explains of it."""
    wide = min(_WIDE, min(noisy.shape[1:]) / 8)
    correlated = max(1.0, float(noise.correlation[noise.significant].sum()))
    # Noise of unit variance has this variance after a Gaussian, whose squares are so many independent ones.
    surroundings = 4 * np.pi * wide**2
    explained = correlated / surroundings * _around(np.maximum(noise.variance_at(denoised), 0).astype(np.float32), wide)
    classes = _Classes(answer, _WIDE_CLASSES)
    chance = classes.of(explained)
    excess = np.maximum(classes.of(_around(noisy - denoised, wide) ** 2) - chance, np.finfo(np.float32).tiny)
    error = chance * np.sqrt(2 * surroundings / classes.counts)
    sure = excess * np.maximum(0, 1 - (_SURE * error / excess) ** 2)
    return classes.at(answer, sure)


def _around(planes: np.ndarray, sigma: float) -> np.ndarray:
    return ndi.gaussian_filter(planes, (0, sigma, sigma), mode="reflect", truncate=3)


class _Classes:
    """As many classes of equally many pixels, by a value of each pixel."""

    def __init__(self, by: np.ndarray, most: int) -> None:
        count = max(1, min(most, by.size // _FEWEST))
        edges = np.quantile(by, np.arange(1, count) / count)
        self._number = np.searchsorted(edges, by.ravel(), "right")
        members = np.bincount(self._number, minlength=count)
        self._used, self.counts = members > 0, np.maximum(members, 1)
        self.centres = self.of(by)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over each class."""
        sums = np.bincount(self._number, values.ravel().astype(np.float64), len(self.counts))
        means: np.ndarray = sums / self.counts
        return means

    def at(self, by: np.ndarray, means: np.ndarray) -> np.ndarray:
        """Return for each pixel what lies between the values of the classes nearest to it, without steps."""
        return np.interp(by, self.centres[self._used], means[self._used]).astype(np.float32)
