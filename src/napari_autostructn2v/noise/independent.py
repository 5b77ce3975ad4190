"""What of a measured noise is a pixel's own, where what it shares with its neighbours is structure after all."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np

from .model import NoiseModel

__all__ = ["independent_part"]

#: Order of the differences in which nothing is left of what is smooth.
_ORDER = 6


def independent_part(noise: NoiseModel) -> NoiseModel:
    """Return the noise with the variance that pixels do not share; its correlation stays as it was measured.

    Parameters
    ----------
    noise : NoiseModel

    Returns
    -------
    NoiseModel
        The same for white noise. Of smooth structure with white noise upon it, the white noise alone.

    Notes
    -----
    Differences of the sixth order along rows and along columns have, of noise with the autocorrelation r, the variance
    ``sum over k of (-1)^k C(12, 6 + k) / C(12, 6) r(k)`` relative to that of white noise of the same variance.
    """
    most = comb(2 * _ORDER, _ORDER)
    weights = np.array([(-1) ** abs(lag) * comb(2 * _ORDER, _ORDER + lag) / most for lag in range(-_ORDER, _ORDER + 1)])
    centre = noise.max_lag
    if centre < _ORDER:
        return noise
    near = slice(centre - _ORDER, centre + _ORDER + 1)
    along = weights @ noise.correlation[centre, near], weights @ noise.correlation[near, centre]
    share = float(np.clip(np.mean(along), 0, 1))
    return replace(
        noise,
        variance=noise.variance * share,
        mean_variance=noise.mean_variance * share,
        variances=noise.variances * share,
        may_be_structure=False,
    )
