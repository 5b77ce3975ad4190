"""Background patches -> variance, autocorrelation and intensity dependence of the noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from ..errors import InputError
from ..images import check_image, evenly_spread
from ..settings import Range, checked, shortened
from .autocovariance import autocovariance, detrended

if TYPE_CHECKING:
    from ..roi import PatchSelection

__all__ = ["NoiseModel", "estimate_noise", "variance_against_intensity"]

#: Correlations that differ from none by fewer standard errors than this are taken for chance.
SIGNIFICANCE = 5.0

#: Tiles in which more pixels than this share sit at the lowest or highest value say little about the noise.
CLIPPED_SHARE = 0.5

#: Unless this share of the tiles has fewer, the background itself is cut off, and tiles count with up to this share.
_FEW_UNCLIPPED, _MOST_CLIPPED = 0.8, 0.9

_MOST_TILES = 1500

#: Noise of cameras, detectors and demosaicing that is correlated along rows and columns alike reaches over a few pixels
#: only. What is correlated by more than this at this distance both along rows and along columns is structure.
_WIDE_REACH, _WIDE_SHARE = 5, 0.15

#: Of fewer tiles than this, what is not flat is taken out by polynomials of this degree, as there are none flatter.
_FEW_TILES, _FEW_DEGREE = 20, 4

#: By how much a model may be rescaled: beyond, a variance leaves the range of 64-bit floating point.
_SCALES = Range(1e-150, 1e150)

#: Second differences that keep less of the noise than this share of its variance say nothing of it. Those that keep
#: less than a share of what they would keep of independent noise are compared with differences between pixels farther
#: apart, which count where they find much less.
_LEAST_GAIN, _SHARED_GAIN, _STEPS, _MUCH_LESS = 0.15, 0.5, (2, 3, 4), 0.8

#: So do differences of this order that keep more than a share of what they would keep of independent noise.
_HIGH_ORDER, _FINE_GAIN = 6, 0.3

#: Structure can only add to the variance of a tile, so that of the noise is looked for among the lower ones.
_LOW_QUANTILE = 0.3

#: Rounds in which the variances of tiles are compared with those of their brightness, and the least of these, as a
#: share of the largest.
_ROUNDS, _LEAST_SHARE = 2, 1e-3


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """The noise of an image as measured in its flattest background tiles.

    Parameters
    ----------
    correlation : (2L+1, 2L+1) float64
        Autocorrelation at offsets -L to L along rows and columns; 1 at the centre.
    standard_error : (2L+1, 2L+1) float64
        Standard error of `correlation`, from its scatter between tiles.
    variance : float
        Noise variance in the background, in squared input units.
    mean_variance : float
        Noise variance averaged over the image: larger than `variance` where noise grows with the signal.
    intensities, variances : (B,) float64
        Noise variance against intensity, in input units.
    tiles : int
        How many tiles the measurement rests on.
    from_flat_parts : bool
        False where there was structure in all tiles: then the noise is taken for independent between pixels, and its
        variance is what the differences between neighbours say.
    """

    correlation: np.ndarray
    standard_error: np.ndarray
    variance: float
    mean_variance: float
    intensities: np.ndarray
    variances: np.ndarray
    tiles: int
    from_flat_parts: bool = True

    @property
    def max_lag(self) -> int:
        """Largest measured offset in pixels."""
        return len(self.correlation) // 2

    @property
    def significant(self) -> np.ndarray:
        """(2L+1, 2L+1) bool, offsets at which the correlation is not chance."""
        return np.abs(self.correlation) > SIGNIFICANCE * self.standard_error

    def variance_at(self, intensity: np.ndarray) -> np.ndarray:
        """Noise variance at given intensities, in squared input units; `intensity` in input units, of any shape.

        Interpolated between the classes that were measured. Beyond the brightest of them it goes on along a straight
        line through all, since the noise of light grows with the light; few pixels are brighter, but they are the ones
        that are looked at.
        """
        given, intensity = intensity, np.asarray(intensity)
        if intensity.dtype.kind not in "iuf":
            raise InputError(f"intensity is {shortened(given)}; it must be a number or an array of numbers.")
        return _along_line(intensity, self.intensities, self.variances)

    def rescaled(self, scale: float, offset: float) -> NoiseModel:
        """Return the model of the image times `scale` plus `offset`."""
        scale, offset = checked(scale, float, "scale", _SCALES), checked(offset, float, "offset")
        square = scale**2
        return replace(
            self,
            variance=self.variance * square,
            mean_variance=self.mean_variance * square,
            intensities=self.intensities * scale + offset,
            variances=self.variances * square,
        )


def estimate_noise(
    image: np.ndarray,
    patches: PatchSelection | Sequence[PatchSelection] | None = None,
    *,
    max_lag: int = 12,
) -> NoiseModel:
    """Measure variance and autocorrelation of the noise in the flattest background tiles.

    Parameters
    ----------
    image : (..., Y, X) real array
    patches : PatchSelection, sequence of them (one per plane) or None
        Background patches; None considers the whole image.
    max_lag : int
        Largest offset in pixels.

    Returns
    -------
    NoiseModel

    Raises
    ------
    InputError
        If the image cannot be used.

    Notes
    -----
    Each tile loses its mean and its slope, and where there are few tiles all that is smooth in it, before its
    autocovariance is taken with the number of pairs of each offset as divisor (the unbiased estimator; Box, Jenkins,
    Reinsel, *Time Series Analysis*, ch. 2). Of the tiles offered, only the flattest are used, because dim structure
    hides among the others.
    """
    checked(max_lag, int, "max_lag")
    image = check_image(image)
    for selection in patches if isinstance(patches, (list, tuple)) else [patches]:
        if patches is not None and not hasattr(selection, "coords"):
            raise InputError(f"patches is {shortened(patches)}; it must be what select_patches gives, one per plane.")
    planes = image.reshape(-1, *image.shape[-2:])
    tiles = _tiles(planes, patches)
    side = tiles.shape[-1]
    max_lag = min(max_lag, side - 4)
    clipped = ((tiles == planes.min()) | (tiles == planes.max())).mean((1, 2))
    few = len(tiles) < _FEW_TILES
    residual = detrended(tiles, _FEW_DEGREE if few else 1)
    variance = residual.var((1, 2))
    usable = (variance > 0) & (clipped <= CLIPPED_SHARE)
    if usable.mean() < _FEW_UNCLIPPED:
        # What is left are dim parts of the specimen, and correlation is seen in noise that is cut off as well.
        usable = (variance > 0) & (clipped <= _MOST_CLIPPED)
    if usable.sum() < 8:
        usable = variance > 0
    if not usable.any():
        raise InputError("The background patches hold no noise at all; raise the background threshold.")
    share = 0.1 if patches is None else 0.2
    order = np.flatnonzero(usable)[np.argsort(variance[usable], kind="stable")]
    flattest = order[: max(16, round(share * len(order)))]
    covariance = autocovariance(residual[flattest], max_lag)
    centre = max_lag
    correlations = covariance / covariance[:, centre, centre][:, None, None]
    correlation = correlations.mean(0)
    standard_error = _standard_error(correlations, side, planes.size if few else None)
    flat = not _is_wide(correlation, standard_error)
    if not flat:
        correlation = np.zeros_like(correlation)
        correlation[centre, centre] = 1.0
    intensities, variances, mean_variance = variance_against_intensity(planes, correlation)
    background = float(variance[flattest].mean()) if flat else float(variances[0])
    return NoiseModel(
        correlation=correlation,
        standard_error=standard_error,
        variance=background,
        mean_variance=mean_variance,
        intensities=intensities,
        variances=variances,
        tiles=len(flattest),
        from_flat_parts=flat,
    )


def _standard_error(correlations: np.ndarray, side: int, pixels: int | None) -> np.ndarray:
    """Return the (2L+1, 2L+1) standard error of the mean correlation of (T, 2L+1, 2L+1) tiles.

    Many tiles tell it by how they differ. A few that cover the same `pixels` of an image differ too little: there
    it is at least that of a correlation that is none, in an image of so many pixels (Bartlett, J. R. Stat. Soc. Suppl.
    8, 1946), and what a polynomial takes out of correlated noise is not taken for a correlation.
    """
    count, rows, columns = correlations.shape
    # Neighbouring tiles overlap, so they count for about half as many independent ones.
    scatter = correlations.std(0) / np.sqrt(max(1.0, count / 2))
    if pixels is None:
        return np.maximum(scatter, 1 / np.sqrt(count * side**2))
    pixels = min(count * side**2, pixels)
    # The squares of chance correlations are taken out of the sum.
    shared = float(np.square(correlations.mean(0)).sum()) * pixels / (pixels + rows * columns)
    terms = (_FEW_DEGREE + 1) * (_FEW_DEGREE + 2) / 2
    return np.maximum(scatter, np.sqrt(shared / pixels) + terms * shared / side**2 / SIGNIFICANCE)


def _is_wide(correlation: np.ndarray, standard_error: np.ndarray) -> bool:
    """Return whether what is correlated reaches so far along rows and columns that it is structure."""
    centre = len(correlation) // 2
    if centre < _WIDE_REACH:
        return False
    row, column = (centre, centre + _WIDE_REACH), (centre + _WIDE_REACH, centre)
    return all(
        correlation[place] > max(_WIDE_SHARE, SIGNIFICANCE * float(standard_error[place])) for place in (row, column)
    )


def _tiles(planes: np.ndarray, patches: PatchSelection | Sequence[PatchSelection] | None) -> np.ndarray:
    """(T, S, S) float64 tiles, at most `_MOST_TILES` of them, evenly spread over what is offered."""
    if patches is None:
        side = min(32, *planes.shape[1:])
        stride = max(1, side // 2)
        chosen = planes[evenly_spread(len(planes), 8)]
        windows = sliding_window_view(chosen, (side, side), axis=(1, 2))[:, ::stride, ::stride]
        flat = np.stack(
            np.unravel_index(evenly_spread(int(np.prod(windows.shape[:3])), _MOST_TILES), windows.shape[:3])
        )
        return windows[tuple(flat)].astype(np.float64)
    selections = [patches] if not isinstance(patches, Sequence) else list(patches)
    tiles = [
        sliding_window_view(plane, (selection.patch_size,) * 2)[tuple(selection.coords[kept].T)]
        for plane, selection in zip(planes, selections, strict=True)
        for kept in [evenly_spread(len(selection.coords), max(16, _MOST_TILES // len(selections)))]
    ]
    return np.concatenate(tiles).astype(np.float64)


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
    noise of this correlation turns their variance into the noise's. In each class a low quantile over the tiles is
    taken, because structure can only add.
    """
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
    side = 16
    means, squares = [], []
    for plane in planes[evenly_spread(len(planes), 4)].astype(np.float64):
        height, width = (length - length % side for length in plane.shape)
        blocks = (height // side, side, width // side, side)
        means.append(plane[:height, :width].reshape(blocks).mean((1, 3)).ravel())
        squares.append(
            [
                (ndimage.convolve(plane, kernel)[:height, :width] ** 2).reshape(blocks).mean((1, 3)).ravel()
                for kernel in filters
            ]
        )
    mean, by_filter = np.concatenate(means), np.concatenate(squares, axis=1)
    classes = min(12, max(1, len(mean) // 8))
    groups = np.array_split(np.argsort(mean, kind="stable"), classes)
    intensities = np.array([mean[group].mean() for group in groups])
    estimates = []
    for kernel, square in zip(filters, by_filter, strict=True):
        # A low quantile of chi-squared scatter lies below its mean by so much; correlated samples count for fewer.
        own = _overlaps(kernel)
        scatter = np.sqrt(2 * ((own / own.max()) ** 2).sum() / side**2)
        square = square / max(_filter_gain(kernel, correlation), 1e-3)
        unbiased = square / (1 + NormalDist().inv_cdf(_LOW_QUANTILE) * scatter)
        estimates.append((float(np.median(square)), _low_levels(mean, unbiased, groups, intensities)))
    levels = min(estimates[:nearest], key=lambda estimate: estimate[0])[1]
    for _, farther in estimates[nearest:]:
        levels = np.where(farther < _MUCH_LESS * levels, farther, levels)
    weights = np.array([len(group) for group in groups])
    return intensities, levels, float((levels * weights).sum() / weights.sum())


def _along_line(intensity: np.ndarray, intensities: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Interpolate between (B,) classes; beyond the brightest along the straight line through all, where it rises."""
    variance = np.interp(intensity, intensities, variances)
    beyond = intensity > intensities[-1]
    apart = intensities - intensities.mean()
    spread = float(apart @ apart)
    slope = max(0.0, float(apart @ variances) / spread) if spread > 0 else 0.0
    if slope > 0 and beyond.any():
        variance = np.where(beyond, variances[-1] + slope * (intensity - intensities[-1]), variance)
    return variance


def _low_levels(
    mean: np.ndarray, variances: np.ndarray, groups: list[np.ndarray], intensities: np.ndarray
) -> np.ndarray:
    """Return a low quantile of the (T,) variances of tiles in each of (B,) classes of their (T,) means.

    The brightest class reaches from the dim to the brightest tiles, and the noise of light differs as much: taken as
    it is, a low quantile is that of its dimmer tiles (a quarter too low where a twelfth of the tiles is bright). So
    variances count as shares of what the classes have on the whole.
    """
    levels = np.array([np.quantile(variances[group], _LOW_QUANTILE) for group in groups])
    for _ in range(_ROUNDS):
        usual = np.maximum(_along_line(mean, intensities, levels), _LEAST_SHARE * levels.max())
        shares = [np.quantile(variances[group] / usual[group], _LOW_QUANTILE) for group in groups]
        levels = np.array([share * usual[group].mean() for share, group in zip(shares, groups, strict=True)])
    return levels


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
