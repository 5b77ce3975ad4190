"""What can be said about a denoised image without knowing the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .noise import NoiseModel

__all__ = ["Quality", "assess"]


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
    snr_before_db, snr_after_db : float
        Estimated ratio of signal to noise power, in dB.
    """

    removed_over_expected: float
    structure_in_removed: float
    snr_before_db: float
    snr_after_db: float


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

    Notes
    -----
    With removed = noisy - denoised, noise variance v and error variance e of the result, var(removed) is about v - e
    when the error is independent of the noise's removed part, and about v + e for a blind-spot estimate, whose error is
    independent of the centre's noise. The second holds here, so e is estimated as var(removed) - v, at least 1 % of v.
    """
    denoised = np.asarray(denoised, np.float64)
    removed = np.asarray(noisy, np.float64) - denoised
    tiny = np.finfo(float).tiny
    expected = max(noise.mean_variance, tiny)
    removed_variance = float(removed.var())
    signal = float(denoised.var())
    error = max(removed_variance - expected, 0.01 * expected)
    overlap = float(((removed - removed.mean()) * (denoised - denoised.mean())).mean())
    correlation = abs(overlap) / max(np.sqrt(removed_variance) * np.sqrt(signal), tiny)
    return Quality(
        removed_over_expected=removed_variance / expected,
        structure_in_removed=float(min(correlation, 1.0)),
        snr_before_db=_decibels(signal / expected),
        snr_after_db=_decibels(signal / error),
    )


def _decibels(ratio: float) -> float:
    return float(10 * np.log10(max(ratio, 1e-6)))
