"""Structure all over an image, told from noise that neighbours share by what is left of it at the finest detail."""

from __future__ import annotations

import numpy as np

__all__ = ["MUCH_TEXTURE", "texture_share"]

#: Frequencies, in cycles a pixel along rows and along columns, at which an objective leaves nothing of a specimen.
_FINEST = 0.35

#: Least share of the variance that is white, least correlation of neighbours along rows and along columns, and the
#: least that these are of what is not white, in either and in both directions: structure is smooth, and noise that a
#: camera or resampling shares is less so (docs/decisions.md).
_LEAST_WHITE, _LEAST_SHARED, _SMOOTH, _SMOOTH_BOTH = 0.1, 0.08, 0.75, 0.62

#: Correlation of neighbours from which no part of an image is flat. What is less may be haze over a background, whose
#: noise is measured as ever.
MUCH_TEXTURE = 0.15


def texture_share(tiles: np.ndarray, correlation: np.ndarray) -> float:
    """Return how much neighbouring pixels of the flattest tiles share, if that is structure under white noise.

    Parameters
    ----------
    tiles : (T, S, S) float64
        Without what is smooth in them.
    correlation : (2L+1, 2L+1) float64
        Mean autocorrelation of the tiles.

    Returns
    -------
    float
        Correlation of neighbours along the direction in which it is less; 0 where it may be noise.
    """
    centre, side = len(correlation) // 2, tiles.shape[-1]
    if centre < 1:
        return 0.0
    window = np.outer(*[np.hanning(side)] * 2)
    power = np.square(np.abs(np.fft.fft2(tiles * window))).mean(0)
    fine = np.abs(np.fft.fftfreq(side)) > _FINEST
    white = float(power[np.ix_(fine, fine)].mean() / power.mean())
    less, more = sorted([correlation[centre, centre + 1], correlation[centre + 1, centre]])
    smooth = more > _SMOOTH * (1 - white) and less > max(_LEAST_SHARED, _SMOOTH_BOTH * (1 - white))
    return float(less) if white > _LEAST_WHITE and smooth else 0.0
