"""The noise variance against the intensity, from differences between pixels."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from scipy import ndimage

from ..images import evenly_spread
from .points import find_points, spread_between_points

__all__ = ["along_line", "variance_against_intensity"]

#: Second differences that keep less of the noise than this share of its variance say nothing of it. Those that keep
#: less than a share of what they would keep of independent noise are compared with differences between pixels farther
#: apart, which count where they find much less.
_LEAST_GAIN, _SHARED_GAIN, _STEPS, _MUCH_LESS = 0.15, 0.5, (2, 3, 4), 0.8

#: So do differences of this order that keep more than a share of what they would keep of independent noise.
_HIGH_ORDER, _FINE_GAIN = 6, 0.3

#: Planes that are looked at, and the side in pixels of the blocks that they are cut into.
_MOST_PLANES, _SIDE = 4, 16

#: Blocks of which a smaller share lies between points do not count, nor do those that vary so many times more than the
#: quarter that varies least, as long as this share of all blocks counts.
_LEAST_COUNTED, _CROWDED, _LEAST_BLOCKS = 0.2, 1.5, 0.1

#: Points are left out where more than this share of the squared differences at so many peaks at least is structure.
_OF_POINTS, _FEWEST_PEAKS = 0.35, 16

#: Structure can only add to the variance of a tile, so that of the noise is looked for among the lower ones.
_LOW_QUANTILE = 0.3

#: Rounds in which the variances of tiles are compared with those of their brightness, and the least of these, as a
#: share of the largest.
_ROUNDS, _LEAST_SHARE = 2, 1e-3

#: The variance is taken to grow with the intensity where its slope is more than so many standard errors.
_SURE_SLOPE = 3.0


def variance_against_intensity(planes: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Measure the noise variance in a dozen classes of intensity, and its mean over the image.

    Parameters
    ----------
    planes : (N, Y, X) real array
    correlation : (2L+1, 2L+1) ndarray
        Autocorrelation of the noise.

    Returns
    -------
    intensities, variances : (B,) float64
        Of classes of equally many pixels, from the darkest to the brightest.
    mean_variance : float

    Notes
    -----
    Second differences suppress structure (Immerkaer, Comput. Vis. Image Underst. 64, 1996); the gain of each filter for
    noise of this correlation turns their variance into the noise's. Where there are points and thin lines, it is
    measured between them. In each class a low quantile over the tiles is taken, because structure can only add.
    """
    few = planes[evenly_spread(len(planes), _MOST_PLANES)].astype(np.float64)
    filters = (*_filters(correlation), correlation)
    found = [_points(plane) for plane in few]
    if _coherence(few, found) > _OF_POINTS:
        left_out = [points | _crowded(plane) for plane, points in zip(few, found, strict=True)]
        if np.mean([np.isfinite(_means(points, ~points)) for points in left_out]) > _LEAST_BLOCKS:
            return _measured(few, left_out, *filters)
    return _measured(few, [np.zeros_like(points) for points in found], *filters)


def _coherence(planes: np.ndarray, points: list[np.ndarray]) -> float:
    """Return how much of the squared differences at the peaks of points is structure, 0 to 1.

    A peak of structure always stands above what its neighbours tell of it; light's noise does as often as it does not.
    Where the peaks are is told by the neighbours, in which the noise of the pixel itself has no part.
    """
    kernels = [_differences(2)[0], *_differences(_HIGH_ORDER)[1:]]
    kernels = [
        kernel / np.copysign(np.linalg.norm(kernel), kernel[tuple(np.array(kernel.shape) // 2)]) for kernel in kernels
    ]
    ring = np.ones((3, 3)) / 8
    ring[1, 1] = 0
    heights = []
    for plane, found in zip(planes, points, strict=True):
        if not found.any():
            continue
        height, width = found.shape
        around = ndimage.convolve(plane, ring)[:height, :width]
        peaks = (around >= ndimage.maximum_filter(around, 3)) & (around > np.median(around[found]))
        each = np.stack([ndimage.convolve(plane, kernel)[:height, :width][peaks] for kernel in kernels])
        heights.append(np.take_along_axis(each, np.abs(each).argmax(0)[None], 0)[0])
    above = np.concatenate(heights) if heights else np.zeros(0)
    if len(above) < _FEWEST_PEAKS:
        return 0.0
    # A chance peak of the neighbours leaves the pixel below them.
    return float(max(0.0, above.mean()) ** 2 / max(np.square(above).mean(), np.finfo(float).tiny))


def _filters(correlation: np.ndarray) -> tuple[list[np.ndarray], int]:
    """Return filters of differences in which enough is left of noise, and how many of them are of nearest pixels."""
    near = _differences(2)
    gains = [_filter_gain(kernel, correlation) for kernel in near]
    filters = [kernel for kernel, gain in zip(near, gains, strict=True) if gain > _LEAST_GAIN]
    if not filters:
        filters = [near[int(np.argmax(gains))]]
    nearest = len(filters)
    if any(gain < _SHARED_GAIN * np.square(kernel).sum() for kernel, gain in zip(near, gains, strict=True)):
        # Between pixels that share noise there is little left of it; where light adds noise that they do not share, a
        # gain so low makes that look many times as large. Between pixels farther apart it does not.
        steps = [step for step in _STEPS if 2 * step <= len(correlation) // 2]
        filters += [kernel for step in steps for kernel in _differences(2, step)[1:]]
    if len(correlation) // 2 >= _HIGH_ORDER:
        # What an objective has made is smooth beside them, but second differences of points are large.
        fine = _differences(_HIGH_ORDER)
        filters += [
            kernel for kernel in fine if _filter_gain(kernel, correlation) > _FINE_GAIN * np.square(kernel).sum()
        ]
    return filters, nearest


def _measured(
    planes: np.ndarray, points: list[np.ndarray], filters: list[np.ndarray], nearest: int, correlation: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return what :func:`variance_against_intensity` does, of planes without the pixels of (Y, X) bool `points`."""
    means, squares = [], []
    for plane, found in zip(planes, points, strict=True):
        height, width = found.shape
        means.append(_means(plane[:height, :width], ~found))
        squares.append(
            [
                _means(np.square(ndimage.convolve(plane, kernel)[:height, :width]), _apart(found, kernel))
                for kernel in filters
            ]
        )
    mean, by_filter = np.concatenate(means), np.concatenate(squares, axis=1)
    counted = np.isfinite(mean) & np.isfinite(by_filter).all(0)
    mean, by_filter = mean[counted], by_filter[:, counted]
    classes = min(12, max(1, len(mean) // 8))
    groups = np.array_split(np.argsort(mean, kind="stable"), classes)
    intensities = np.array([mean[group].mean() for group in groups])
    estimates = []
    for kernel, square in zip(filters, by_filter, strict=True):
        # A low quantile of chi-squared scatter lies below its mean by so much; correlated samples count for fewer.
        own = _overlaps(kernel)
        scatter = np.sqrt(2 * ((own / own.max()) ** 2).sum() / _SIDE**2)
        square = square / max(_filter_gain(kernel, correlation), 1e-3)
        unbiased = square / (1 + NormalDist().inv_cdf(_LOW_QUANTILE) * scatter)
        estimates.append((float(np.median(square)), _low_levels(mean, unbiased, groups, intensities)))
    levels = min(estimates[:nearest], key=lambda estimate: estimate[0])[1]
    for _, farther in estimates[nearest:]:
        levels = np.where(farther < _MUCH_LESS * levels, farther, levels)
    weights = np.array([len(group) for group in groups])
    return intensities, levels, float((levels * weights).sum() / weights.sum())


def along_line(intensity: np.ndarray, intensities: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Interpolate between (B,) classes; beyond the brightest along the straight line through all, where it rises."""
    variance = np.interp(intensity, intensities, variances)
    beyond = intensity > intensities[-1]
    apart = intensities - intensities.mean()
    spread = float(apart @ apart)
    if spread == 0 or not beyond.any():
        return variance
    slope = float(apart @ variances) / spread
    # Relative to the largest, since squares of variances may leave the range of 64-bit floating point.
    largest = max(float(variances.max()), np.finfo(float).tiny)
    off_line = (variances - variances.mean() - slope * apart) / largest
    error = np.sqrt(float(off_line @ off_line) / max(1, len(apart) - 2) / spread) * largest
    if slope <= max(0.0, _SURE_SLOPE * error):
        return variance
    return np.where(beyond, variances[-1] + slope * (intensity - intensities[-1]), variance)


def _low_levels(
    mean: np.ndarray, variances: np.ndarray, groups: list[np.ndarray], intensities: np.ndarray
) -> np.ndarray:
    """Return a low quantile of the (T,) variances of tiles in each of (B,) classes of their (T,) means.

    The brightest class reaches from the dim to the brightest tiles, and the noise of light differs as much: taken as
    it is, a low quantile is that of its dimmer tiles (a quarter too low where a twelfth of the tiles is bright). So
    variances count as shares of what the classes have on the whole.
    """
    levels = np.array([np.quantile(variances[group], _LOW_QUANTILE) for group in groups])
    least = max(_LEAST_SHARE * float(levels.max()), np.finfo(float).tiny)
    for _ in range(_ROUNDS):
        usual = np.maximum(along_line(mean, intensities, levels), least)
        shares = [np.quantile(variances[group] / usual[group], _LOW_QUANTILE) for group in groups]
        levels = np.array([share * usual[group].mean() for share, group in zip(shares, groups, strict=True)])
    return levels


def _points(plane: np.ndarray) -> np.ndarray:
    """Return which pixels of the whole blocks of a plane belong to points and thin lines: (Y, X) bool."""
    blocks = _blocks(plane)
    found = find_points(blocks.reshape(-1, _SIDE, _SIDE)).reshape(blocks.shape).swapaxes(1, 2)
    return found.reshape(len(blocks) * _SIDE, -1)


def _crowded(plane: np.ndarray) -> np.ndarray:
    """Return the pixels of whole blocks in which points lie so close that there is hardly noise alone: (Y, X) bool."""
    blocks = _blocks(plane)
    spread = spread_between_points(blocks.reshape(-1, _SIDE, _SIDE)).reshape(blocks.shape[:2])
    return np.kron(spread > _CROWDED * np.quantile(spread, 0.25), np.ones((_SIDE, _SIDE))).astype(bool)


def _blocks(plane: np.ndarray) -> np.ndarray:
    """Return the whole blocks of a plane: (rows, columns, side, side)."""
    rows, columns = (length // _SIDE for length in plane.shape)
    whole = plane[: rows * _SIDE, : columns * _SIDE]
    return whole.reshape(rows, _SIDE, columns, _SIDE).swapaxes(1, 2)


def _apart(points: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the pixels at which a filter sees no point."""
    return ~ndimage.binary_dilation(points, np.ones(kernel.shape)) if points.any() else ~points


def _means(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return the mean over each block of the pixels that count; NaN where hardly any do."""
    rows, columns = (length // _SIDE for length in values.shape)
    blocks = (rows, _SIDE, columns, _SIDE)
    count = counted.reshape(blocks).sum((1, 3))
    means = np.where(counted, values, 0).reshape(blocks).sum((1, 3)) / np.maximum(1, count)
    means[count < _LEAST_COUNTED * _SIDE**2] = np.nan
    return means.ravel()


def _differences(order: int, step: int = 1) -> list[np.ndarray]:
    """Filters of differences of an even order between pixels so far apart: both ways, along columns, along rows."""
    second = np.zeros(2 * step + 1)
    second[[0, step, -1]] = 1.0, -2.0, 1.0
    line = second
    for _ in range(order // 2 - 1):
        line = np.convolve(line, second)
    return [np.outer(line, line), line[:, None], line[None]]


def _filter_gain(kernel: np.ndarray, correlation: np.ndarray) -> float:
    """Variance of unit noise with this correlation after filtering with `kernel`."""
    own = _overlaps(kernel)
    lag = np.array(own.shape) // 2
    centre = len(correlation) // 2
    near = correlation[centre - lag[0] : centre + lag[0] + 1, centre - lag[1] : centre + lag[1] + 1]
    return float((own * near).sum())


def _overlaps(kernel: np.ndarray) -> np.ndarray:
    """Products of a kernel of odd sides with itself at every offset where both overlap, summed."""
    return ndimage.correlate(np.pad(kernel, [(side // 2,) * 2 for side in kernel.shape]), kernel, mode="constant")
