"""What can be said about a denoised image without knowing the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from .model import NoiseModel

__all__ = ["Quality", "assess"]

#: Side in pixels and number of the tiles, and largest offset, in which autocorrelations are compared.
_TILE, _MOST_TILES, _LAG = 32, 400, 4

#: Tiles in which structure is looked for, at least and at most, and the side in pixels of the finest that is seen.
_FEWEST_PLACES, _MOST_PLACES, _FINEST = 25, 1600, 2


@dataclass(frozen=True)
class Quality:
    """Figures about one result, comparable between results of one image.

    Parameters
    ----------
    removed_over_expected : float
        Variance of what was removed over the variance that the noise has; about 1 is right, more means that structure
        was removed as well, less that noise was left.
    structure_in_removed : float
        Correlation between what was removed and the denoised image, 0 to 1; about 0 is right.
    correlation_difference : float
        Root mean square difference between the autocorrelation of what was removed and that of the noise, over offsets
        of up to four pixels.
    snr_before_db : float
        Estimated ratio of signal to noise power of the noisy image, in dB.
    structured_share : float
        Share of the image, 0 to 1, where what was removed visibly holds more than noise; at most 0.15 for the results
        and 0.17 for the truth of 15 real images, 0.1 to 0.6 for what is blurred over two pixels or more (the noisier
        the image, the less). The average of ``correlation_difference`` over the image does not show that.
    may_be_structure : bool
        Whether structure may be part of what was measured as noise, so that the figures above cannot tell them apart.
    """

    removed_over_expected: float
    structure_in_removed: float
    correlation_difference: float
    snr_before_db: float
    structured_share: float = 0.0
    may_be_structure: bool = False

    @property
    def doubt(self) -> float:
        """One number to order results of one image by; 0 is a result that removed noise and nothing else.

        How well it orders them is measured in ``benchmarks/quality_figures.py``. (An estimated signal-to-noise ratio of
        the result does not order them, because the noise variance is only known to 10 or 20 %.)
        """
        amount = abs(math.log(max(self.removed_over_expected, 1e-6)))
        return amount + 3 * self.correlation_difference + self.structure_in_removed


def assess(noisy: np.ndarray, denoised: np.ndarray, noise: NoiseModel) -> Quality:
    """Compare what was removed with the measured noise.

    Parameters
    ----------
    noisy, denoised : (..., Y, X) array
        In input units.
    noise : NoiseModel

    Returns
    -------
    Quality
    """
    before, after = (array.reshape(-1, *array.shape[-2:]) for array in (np.asarray(noisy), np.asarray(denoised)))
    removed_variance, signal, overlap = _moments(before, after)
    tiny = np.finfo(float).tiny
    expected = max(noise.mean_variance, tiny)
    correlation = abs(overlap) / max(np.sqrt(removed_variance) * np.sqrt(signal), tiny)
    return Quality(
        removed_over_expected=removed_variance / expected,
        structure_in_removed=float(min(correlation, 1.0)),
        correlation_difference=_correlation_difference(before, after, noise),
        snr_before_db=float(10 * np.log10(max(signal / expected, 1e-6))),
        structured_share=_structured_share(before, after, noise),
        may_be_structure=noise.may_be_structure,
    )


def _moments(noisy: np.ndarray, denoised: np.ndarray) -> tuple[float, float, float]:
    """Variances of what was removed and of the result, and their covariance; one plane at a time to spare memory."""
    level = float(denoised[0].mean())
    sums = np.zeros(5)
    for before, after in zip(noisy, denoised, strict=True):
        result = after.astype(np.float64)
        removed = before - result
        result -= level
        sums += [
            removed.sum(),
            result.sum(),
            np.vdot(removed, removed),
            np.vdot(result, result),
            np.vdot(removed, result),
        ]
    removed_mean, result_mean, removed_square, result_square, product = sums / noisy.size
    return (
        max(removed_square - removed_mean**2, 0.0),
        max(result_square - result_mean**2, 0.0),
        product - removed_mean * result_mean,
    )


def _correlation_difference(noisy: np.ndarray, denoised: np.ndarray, noise: NoiseModel) -> float:
    """Compare the autocorrelation of what was removed with that of the noise, over tiles without their slope."""
    from .autocovariance import autocovariance, detrended

    tiles = _tiles_removed(noisy, denoised, _TILE, _MOST_TILES)
    lag = min(_LAG, noise.max_lag, tiles.shape[-1] // 4)
    covariance = autocovariance(detrended(tiles), lag)
    variance = covariance[:, lag, lag]
    if not (variance > 0).any():
        return 1.0
    own = (covariance[variance > 0] / variance[variance > 0][:, None, None]).mean(0)
    inner = slice(noise.max_lag - lag, noise.max_lag + lag + 1)
    return float(np.sqrt(np.mean((own - noise.correlation[inner, inner]) ** 2)))


def _structured_share(noisy: np.ndarray, denoised: np.ndarray, noise: NoiseModel) -> float:
    """Return the share of tiles in which what was removed varies in the large more than noise does.

    That is more than its quietest tenth, and more than noise of the measured correlation: where light adds noise of
    each pixel alone, the quietest are the bright parts, and noise that pixels share would pass for structure elsewhere.
    """
    from ..roi import shows_structure
    from .drawn import correlated_noise

    tiles = _tiles_removed(noisy, denoised, _TILE // 2, _MOST_PLACES)
    if len(tiles) < _FEWEST_PLACES:
        return 0.0
    side = tiles.shape[-1]
    drawn = correlated_noise(noise, (16 * side,) * 2, np.random.default_rng(0)).astype(np.float64)
    alone = drawn.reshape(16, side, 16, side).swapaxes(1, 2).reshape(-1, side, side)
    return float(shows_structure(tiles, _FINEST, alone).mean())


def _tiles_removed(noisy: np.ndarray, denoised: np.ndarray, step: int, most: int) -> np.ndarray:
    """Return what was removed in tiles that begin every `step` pixels; (at most `most`, side, side) float64."""
    from ..images import evenly_spread

    side = min(_TILE, *noisy.shape[1:])
    before, after = (
        sliding_window_view(planes, (side, side), axis=(1, 2))[:, ::step, ::step] for planes in (noisy, denoised)
    )
    flat = np.unravel_index(evenly_spread(int(np.prod(before.shape[:3])), most), before.shape[:3])
    return before[flat] - after[flat].astype(np.float64)
