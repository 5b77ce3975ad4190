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
    """

    removed_over_expected: float
    structure_in_removed: float
    correlation_difference: float
    snr_before_db: float

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
    denoised = np.asarray(denoised, np.float64)
    removed = np.asarray(noisy, np.float64) - denoised
    tiny = np.finfo(float).tiny
    expected = max(noise.mean_variance, tiny)
    removed_variance = float(removed.var())
    signal = float(denoised.var())
    overlap = float(((removed - removed.mean()) * (denoised - denoised.mean())).mean())
    correlation = abs(overlap) / max(np.sqrt(removed_variance) * np.sqrt(signal), tiny)
    return Quality(
        removed_over_expected=removed_variance / expected,
        structure_in_removed=float(min(correlation, 1.0)),
        correlation_difference=_correlation_difference(removed, noise),
        snr_before_db=float(10 * np.log10(max(signal / expected, 1e-6))),
    )


def _correlation_difference(removed: np.ndarray, noise: NoiseModel) -> float:
    """Compare the autocorrelation of (..., Y, X) values with that of the noise, over tiles without their slope."""
    from ..images import evenly_spread
    from .autocovariance import autocovariance, detrended

    planes = removed.reshape(-1, *removed.shape[-2:])
    side = min(_TILE, *planes.shape[1:])
    lag = min(_LAG, noise.max_lag, side // 4)
    windows = sliding_window_view(planes, (side, side), axis=(1, 2))[:, ::side, ::side]
    flat = np.unravel_index(evenly_spread(int(np.prod(windows.shape[:3])), _MOST_TILES), windows.shape[:3])
    covariance = autocovariance(detrended(windows[flat]), lag)
    variance = covariance[:, lag, lag]
    if not (variance > 0).any():
        return 1.0
    own = (covariance[variance > 0] / variance[variance > 0][:, None, None]).mean(0)
    inner = slice(noise.max_lag - lag, noise.max_lag + lag + 1)
    return float(np.sqrt(np.mean((own - noise.correlation[inner, inner]) ** 2)))
