"""What other channels of an image tell of the structure that denoising has taken from one of them.

The difference between a channel and what became of it is noise, and what was lost of the structure. Noise has nothing
to do with another channel; structure that both show has. So where the difference goes along with a band of the other
channel, as far as chance does not explain it, that much of the band is put back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import ndimage

__all__ = ["chance_of_channels", "lost_structure"]

#: Standard deviations in pixels of the Gaussians between which the bands lie, from fine to coarse.
_SIGMAS = (1.0, 2.0, 4.0)

#: Side in pixels of the windows over which channels are compared.
_WINDOW = 13

#: What goes along with another channel counts beyond so many standard errors of what chance does.
_STANDARD_ERRORS = 1.5

#: What a band of the other channel may add is weighed by this power of its correlation with what the channel shows
#: there already: what is in one channel only must not appear in another.
_ALIKE_POWER = 3

#: A band that is weaker than this share of its mean square shows nothing.
_LEAST_SEEN = np.float32(1e-4)

_TINY = np.float32(np.finfo(np.float32).tiny)


def lost_structure(
    noisy: np.ndarray,
    denoised: np.ndarray,
    others: Sequence[np.ndarray],
    *,
    chance: float = 1.0,
    kept: np.ndarray | None = None,
) -> np.ndarray:
    """Find what one channel has lost that others show.

    Parameters
    ----------
    noisy, denoised : (Y, X) float32
        The channel.
    others : sequence of (Y, X) float32
        The other channels, denoised.
    chance : float
        How many times larger than those of independent noise the squares of chance correlations are; see
        :func:`chance_of_channels`.
    kept : (Y, X) bool or None
        Pixels to learn from, of which there must be some everywhere; None takes all.

    Returns
    -------
    (Y, X) float32
        To be added to the denoised channel.

    Notes
    -----
    A regression of the difference on each band within a window around each pixel, its slope `a` shrunk to
    ``a * max(0, 1 - q * se**2 / a**2)``, the positive part of the estimator of James and Stein (1961).
    """
    weight = np.float32(1) if kept is None else kept.astype(np.float32)
    count = _WINDOW**2 * float(np.mean(weight))
    own = list(_bands(denoised))
    energies = [_mean_square(band) for band in own]
    found = np.zeros_like(denoised, np.float32)
    left = (noisy - denoised) * weight
    for other in others:
        for shown, energy, band in zip(own, energies, _bands(other), strict=True):
            along, seen = _mean(left * band), _mean_square(band * weight)
            # Where the other channel is flat, rounding must not be taken for something to go along with.
            seen = np.maximum(seen, _LEAST_SEEN * seen.mean() + _TINY)
            shrunk = 1 - _STANDARD_ERRORS**2 * chance * _mean_square(left) * seen / (count * along**2 + _TINY)
            slope = _mean(along / seen * np.maximum(shrunk, 0))
            alike = _mean(shown * band) ** 2 / (energy * _mean_square(band) + _TINY)
            put_back = slope * np.minimum(alike, 1) ** (_ALIKE_POWER / 2) * band
            found += put_back
            left -= put_back * weight
    return found


def chance_of_channels(noisy: np.ndarray, denoised: np.ndarray, moved: Sequence[np.ndarray]) -> float:
    """Measure how much more than independent noise a channel goes along with others by chance.

    Parameters
    ----------
    noisy, denoised : (Y, X) float32
        The channel.
    moved : sequence of (Y, X) float32
        Other channels, moved so far that they have nothing to do with it.

    Returns
    -------
    float
        At least 1; more where pixels share noise.
    """
    left = noisy - denoised
    squares = _mean_square(left)
    ratios = [
        float((_mean(left * band) ** 2).sum() / ((squares * _mean_square(band)).sum() / _WINDOW**2 + _TINY))
        for other in moved
        for band in _bands(other)
    ]
    return max(1.0, float(np.mean(ratios)))


def _bands(plane: np.ndarray) -> Iterator[np.ndarray]:
    """Yield what lies between a plane and its blurred versions, from fine to coarse."""
    finer = plane
    for sigma in _SIGMAS:
        coarser = ndimage.gaussian_filter(plane, sigma)
        yield finer - coarser
        finer = coarser


def _mean(plane: np.ndarray) -> np.ndarray:
    return ndimage.uniform_filter(plane, _WINDOW)


def _mean_square(plane: np.ndarray) -> np.ndarray:
    return np.maximum(_mean(plane * plane), 0)  # running sums end a little below nothing
