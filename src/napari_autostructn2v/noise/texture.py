"""Structure all over an image, told from noise that neighbours share by its finest detail and its unevenness."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["MUCH_TEXTURE", "Texture", "find_texture"]

#: Frequencies, in cycles a pixel along rows and along columns, at which an objective leaves nothing of a specimen.
_FINEST = 0.35

#: Least share of the variance that is white, least correlation of neighbours along rows and along columns, and the
#: least that these are of what is not white, in either and in both directions: structure is smooth, and noise that a
#: camera or resampling shares is less so (docs/decisions.md).
_LEAST_WHITE, _LEAST_SHARED, _SMOOTH, _SMOOTH_BOTH = 0.1, 0.08, 0.75, 0.62

#: Where no part is flat and less than this share is white, texture of a pixel or two makes up part of that.
_FAINT = 0.2

#: Times that the variances of blocks of a tile, of so many pixels on a side, may differ more than those of noise.
_UNEVEN, _BLOCK = 1.19, 8

#: Times that a line is fitted to variances against brightness, by relative errors, and the least that it says.
_FITS, _LEAST_ON_LINE = 3, 0.2

#: Correlation of neighbours from which no part of an image is flat. What is less may be haze over a background, whose
#: noise is measured as ever.
MUCH_TEXTURE = 0.15


class Texture(NamedTuple):
    """What neighbouring pixels of the flattest tiles share, as far as it looks like structure.

    Parameters
    ----------
    share : float
        Correlation of neighbours along the direction in which it is less; 0 where it may be noise.
    is_smooth : bool
        Whether it is as smooth as structure.
    white : float
        Share of the variance that is white.
    """

    share: float
    is_smooth: bool
    white: float

    def may_pass_for_noise(self, flat: bool) -> bool:
        """Return whether structure may have been measured as noise, in an image with or without flat parts."""
        return self.is_smooth and not self.share if flat else self.white < _FAINT


def find_texture(tiles: np.ndarray, flat: np.ndarray, correlation: np.ndarray) -> Texture:
    """Tell structure all over an image from noise that neighbours share.

    Parameters
    ----------
    tiles, flat : (T, S, S) float64
        The flattest, as they are and without what is smooth in them.
    correlation : (2L+1, 2L+1) float64
        Mean autocorrelation of the flat tiles.

    Returns
    -------
    Texture
    """
    centre, side = len(correlation) // 2, flat.shape[-1]
    if centre < 1:
        return Texture(0.0, False, 1.0)
    window = np.outer(*[np.hanning(side)] * 2)
    power = np.square(np.abs(np.fft.fft2(flat * window))).mean(0)
    fine = np.abs(np.fft.fftfreq(side)) > _FINEST
    white = float(power[np.ix_(fine, fine)].mean() / power.mean())
    less, more = sorted([correlation[centre, centre + 1], correlation[centre + 1, centre]])
    if more <= _SMOOTH * (1 - white) or less <= max(_LEAST_SHARED, _SMOOTH_BOTH * (1 - white)):
        return Texture(0.0, False, white)
    if white > _LEAST_WHITE or unevenness(tiles, flat, correlation) > _UNEVEN:
        return Texture(float(less), True, white)
    return Texture(0.0, True, white)


def unevenness(tiles: np.ndarray, flat: np.ndarray, correlation: np.ndarray) -> float:
    """Return how many times more the variances of blocks of a tile differ than those of noise do.

    Noise is as strong everywhere in a flat tile but for what light adds to it, structure is strong here and weak there.

    Parameters
    ----------
    tiles, flat : (T, S, S) float64
        As they are, and without what is smooth in them.
    correlation : (2L+1, 2L+1) float64
        Mean autocorrelation of the flat tiles.

    Returns
    -------
    float
        Standard deviation of the variances over that of normal noise with this autocorrelation; about 1 for noise, and
        1 where there is too little to tell.

    Notes
    -----
    The variance of n pixels with covariance S is a quadratic form of their values: with the matrix C that takes out
    their mean, its mean is tr(CS) / n and its variance 2 tr(CSCS) / n^2 (Searle, *Linear Models*, 1971, ch. 2).
    """
    centre = len(correlation) // 2
    if tiles.shape[-1] < 2 * _BLOCK or centre < _BLOCK - 1:
        return 1.0  # less is known than a block needs
    variances = _blocks(flat).var(-1)
    variances /= max(variances.mean(), np.finfo(float).tiny)
    variances /= _with_light(_blocks(tiles).mean(-1), variances)
    found = variances.std(1) / np.maximum(variances.mean(1), np.finfo(float).tiny)
    places = np.indices((_BLOCK, _BLOCK)).reshape(2, -1).T
    apart = places[:, None] - places
    covariance = correlation[tuple(np.moveaxis(centre + apart, -1, 0))]
    covariance = covariance - covariance.mean(0)
    expected = np.sqrt(2 * np.vdot(covariance.T, covariance)) / np.trace(covariance)
    return float(found.mean() / expected)


def _blocks(tiles: np.ndarray) -> np.ndarray:
    """(T, S, S) tiles as (T, blocks, pixels of a block); what does not fill a block is left out."""
    count, along = len(tiles), tiles.shape[-1] // _BLOCK
    whole = tiles[:, : along * _BLOCK, : along * _BLOCK].reshape(count, along, _BLOCK, along, _BLOCK)
    return whole.swapaxes(2, 3).reshape(count, along**2, _BLOCK**2)


def _with_light(brightness: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return the variances, of mean 1, that a line through all gives each brightness; 1 where it does not rise."""
    line = np.ones_like(variances)
    for _ in range(_FITS):
        slope, level = np.polyfit(brightness.ravel(), variances.ravel(), 1, w=1 / line.ravel())
        line = np.maximum(level + slope * brightness, _LEAST_ON_LINE)
    return line if slope > 0 else np.ones_like(variances)
