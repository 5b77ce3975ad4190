"""Rows or columns that are each a little too bright or too dark: found in a single plane, and flattened.

An offset per line is noise that is correlated along the whole line. A blind mask would have to hide the line as far as
the network sees, and with it most of what the network could learn from; but there is one number per line to know, and a
line has hundreds of pixels that tell it.
"""

from __future__ import annotations

import numpy as np
from scipy import fft as sp_fft
from scipy import linalg, ndimage

from .spread import evenly_spread

__all__ = ["find_line_offsets", "line_offsets", "line_strips", "without_line_offsets"]

#: Shorter lines, or fewer of them, say too little.
_MIN_SIDE = 64

#: Planes of a stack that are looked at.
_MOST_PLANES = 4

#: Standard errors by which the offsets must agree between two halves of the line. Of the rows and the columns of 20
#: images, those of two cameras (3 of 40) and of one simulation have more than 4, all others less than 2.1.
_LEAST_SIGMAS = 4.0

#: Larger offsets than this share of the noise stand out by far more; what does not is a smooth specimen: in 2 of 100
#: chance alone gives more than 4, and taking that out would ruin the image.
_LARGE_OFFSETS, _LEAST_SIGMAS_OF_LARGE = 0.5, 6.0

#: Lines are compared with those so many lines away.
_LAGS = (1, 2, 4, 8, 16)

#: Pixels over which a line counts as flat or not, and by how many times the noise its slope may exceed the flattest.
_FLAT_SIGMA, _FLAT_EXCESS = 4.0, 2.0

#: Tukey's biweight leaves out what is so many standard deviations away.
_OUTLIER = 4.0

_BIWEIGHT_STEPS = 4

#: Two lines that differ by so many times what offsets make them differ are on two sides of an edge of the specimen.
_EDGE = 6.0

#: Slow changes from line to line are the specimen, if they are so many times what independent offsets add up to.
_SLOW_SHARE, _SLOW_EXCESS = 1 / 8, 3.5

_BANDS = 8

#: In a plane with more pixels, so many lines, and so much of their length, tell whether there are offsets at all.
_LARGE_PLANE, _LINES, _ALONG = 2**22, 1024, 2048

#: Pixels of a plane that tell the offsets of its lines, and the strips that they come from in a larger one.
_WHOLE_PIXELS, _STRIPS = 2**24, 16


def find_line_offsets(planes: np.ndarray) -> tuple[str, ...]:
    """Say which lines of each plane have an offset of their own.

    Parameters
    ----------
    planes : (N, Y, X) float array

    Returns
    -------
    tuple of str
        Of "rows" and "columns"; empty where neighbouring lines differ no more than noise and specimen make them.

    Notes
    -----
    Offsets that are independent from line to line make consecutive differences of lines anticorrelated, by minus their
    variance; the specimen, blurred by the optics, makes them correlated. The covariance is taken between two halves of
    the line that share no pixel, so that pixel noise adds nothing to it.
    """
    if min(planes.shape[1:]) < _MIN_SIDE:
        return ()
    numbers = evenly_spread(len(planes), _MOST_PLANES)
    found = []
    for name in ("rows", "columns"):
        evidence = [_evidence(_some_lines(_as_rows(planes[number], name)))[:3] for number in numbers]
        covariance, error, noise = np.mean(evidence, axis=0)
        large = covariance > (_LARGE_OFFSETS * noise) ** 2
        least = _LEAST_SIGMAS_OF_LARGE if large else _LEAST_SIGMAS
        if covariance > least * error / np.sqrt(len(numbers)):
            found.append(name)
    return tuple(found)


def without_line_offsets(planes: np.ndarray, lines: tuple[str, ...], *, in_place: bool = False) -> np.ndarray:
    """Flatten the rows or columns of every plane.

    Parameters
    ----------
    planes : (N, Y, X) float array
        Whole planes: from a piece of one, other offsets would follow than from the piece beside it.
    lines : tuple of str
        Of "rows" and "columns".
    in_place : bool
        Flatten planes of at least 32 bits where they lie.

    Returns
    -------
    (N, Y, X) float array
        The mean of a plane stays as it is.
    """
    if not lines or min(planes.shape[1:]) < _MIN_SIDE:
        return planes
    flattened = planes.astype(np.result_type(planes.dtype, np.float32), copy=not in_place)
    for plane in flattened:
        for name in lines:
            rows = plane if name == "rows" else plane.T
            strips = line_strips((rows.shape[0], rows.shape[1]))
            seen = rows if len(strips) == 1 else np.concatenate([rows[:, strip] for strip in strips], axis=1)
            rows -= line_offsets(_as_rows(seen, "rows"))[:, None]
    return flattened


def line_strips(shape: tuple[int, int]) -> list[slice]:
    """Return which pixels of each row tell its offset: all of them, or strips right across a very large plane.

    Parameters
    ----------
    shape : (int, int)
        Number of rows, and their length; for columns the other way round.

    Returns
    -------
    list of slice
        Along the rows.
    """
    count, length = shape
    if count * length <= _WHOLE_PIXELS:
        return [slice(0, length)]
    wanted = max(_MIN_SIDE, _WHOLE_PIXELS // count // _STRIPS)
    starts = [int((strip + 0.5) * length / _STRIPS - wanted / 2) for strip in range(_STRIPS)]
    return [slice(start, start + wanted) for start in starts]


def line_offsets(rows: np.ndarray) -> np.ndarray:
    """Estimate the offset of every row of a plane.

    Parameters
    ----------
    rows : (Y, X) float array

    Returns
    -------
    (Y,) float32
        Of zero mean, in the units of the plane.

    Notes
    -----
    Differences between rows up to 16 apart are Tukey biweight means (Beaton & Tukey, Technometrics 16, 1974) over the
    pixels around which neither row changes along itself, as offsets cannot make it change. The least-squares solution
    of all differences is the profile of the rows. What is slow in it, and larger than independent offsets add up to, is
    left to the specimen; and all is scaled by the share of its variance that offsets have.
    """
    variance, _, noise, weights = _evidence(rows)
    if variance <= 0:
        return np.zeros(len(rows), np.float32)
    height = len(rows)
    lags = [lag for lag in _LAGS if lag < height // 2]
    # The banded normal equations of profile[r + lag] - profile[r] = difference; a touch of "zero" makes them definite.
    banded, right = np.zeros((max(lags) + 1, height)), np.zeros(height)
    banded[0] = 0.1 / variance
    for lag in lags:
        difference, error = _differences(rows, weights, lag, noise)
        certainty = np.where(np.abs(difference) < _EDGE * np.sqrt(2 * variance), 1, 0) / error
        banded[0, :-lag] += certainty
        banded[0, lag:] += certainty
        banded[lag, :-lag] -= certainty
        right[lag:] += certainty * difference
        right[:-lag] -= certainty * difference
    waves = sp_fft.dct(linalg.solveh_banded(banded, right, lower=True), norm="ortho")
    usual = 1.4826 * np.median(np.abs(waves))
    slow = np.arange(height) < height * _SLOW_SHARE
    waves[slow & (np.abs(waves) > _SLOW_EXCESS * usual)] = 0
    waves[0] = 0
    offsets = sp_fft.idct(waves, norm="ortho")
    return (offsets * min(1.0, variance / max(offsets.var(), np.finfo(float).tiny))).astype(np.float32)


def _some_lines(rows: np.ndarray) -> np.ndarray:
    """Return what is enough of a large plane to see whether its lines have offsets: some lines in its middle."""
    count, length = rows.shape
    if count * length <= _LARGE_PLANE:
        return rows
    lines, along = min(count, _LINES), min(length, _ALONG)
    first, begin = (count - lines) // 2, (length - along) // 2
    return rows[first : first + lines, begin : begin + along]


def _as_rows(plane: np.ndarray, name: str) -> np.ndarray:
    """One plane with the lines along its second axis, float32, about zero so that nothing is lost to a large level."""
    return np.ascontiguousarray(plane - plane.mean() if name == "rows" else plane.T - plane.mean(), np.float32)


def _evidence(rows: np.ndarray) -> tuple[float, float, float, np.ndarray]:
    """Variance of the offsets and its standard error, deviation of the noise along rows, and weight of each pixel."""
    change = np.diff(rows, axis=1)
    noise = float(np.sqrt(np.mean(np.clip(change, *np.quantile(change, (0.02, 0.98))) ** 2) / 2))
    weights = _flatness(rows)
    if noise == 0:
        return 0.0, 1.0, noise, weights
    # Interleaved bands, so that a specimen in one half of the image does not stand against nothing in the other.
    band = np.arange(rows.shape[1]) * _BANDS // rows.shape[1] % 2 == 0
    one, two = (_differences(rows[:, half], weights[:, half], 1, noise)[0] for half in (band, ~band))
    one, two = (np.clip(half, *(6 * 1.4826 * np.median(np.abs(half)) * np.array([-1, 1]))) for half in (one, two))
    covariance = -(np.mean(one[:-1] * two[1:]) + np.mean(two[:-1] * one[1:])) / 2
    error = np.sqrt(np.mean(one**2) * np.mean(two**2) / len(one))
    return float(covariance), float(max(error, np.finfo(float).tiny)), noise, weights


def _flatness(rows: np.ndarray) -> np.ndarray:
    """(Y, X) weights, 1 where a row does not change along itself beyond its noise."""
    slope = ndimage.gaussian_filter1d(rows, _FLAT_SIGMA, axis=1, order=1)
    slope *= slope
    slope = ndimage.gaussian_filter(slope, _FLAT_SIGMA)
    flattest = max(float(np.quantile(slope, 0.05)), 1e-6 * float(slope.mean()), np.finfo(np.float32).tiny)
    excess = np.maximum(slope / flattest - 1, 0) / _FLAT_EXCESS
    weights: np.ndarray = 1 / (1 + excess) ** 2
    return weights


def _differences(rows: np.ndarray, weights: np.ndarray, lag: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Robust mean difference between each row and the one `lag` further, and its squared standard error; float64."""
    difference = rows[lag:] - rows[:-lag]
    both = weights[lag:] * weights[:-lag]
    # The weighted median of some pixels is where the biweight starts.
    step = max(1, difference.shape[1] // 256)
    some, their = difference[:, ::step], both[:, ::step]
    order = np.argsort(some, axis=1)
    summed = np.cumsum(np.take_along_axis(their, order, 1), axis=1)
    middle = (summed < summed[:, -1:] / 2).sum(1, keepdims=True).clip(0, some.shape[1] - 1)
    location = np.take_along_axis(some, np.take_along_axis(order, middle, 1), 1)
    tiny = np.finfo(np.float32).tiny
    for _ in range(_BIWEIGHT_STEPS):
        apart = (difference - location) / np.float32(_OUTLIER * noise)
        kept = np.clip(1 - apart * apart, 0, None)
        kept *= kept
        kept *= both
        total = np.maximum(kept.sum(1, keepdims=True), tiny)
        location = np.einsum("ij,ij->i", kept, difference)[:, None] / total
    kept *= difference - location
    squared = np.einsum("ij,ij->i", kept, kept, dtype=np.float64) / np.maximum(
        total[:, 0].astype(np.float64) ** 2, tiny
    )
    return location[:, 0].astype(np.float64), squared + 1e-6 * noise**2
