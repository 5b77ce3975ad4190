"""Background patches -> variance, autocorrelation and intensity dependence of the noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..errors import InputError
from ..images import check_image, evenly_spread
from ..settings import checked, shortened
from .autocovariance import autocovariance, detrended
from .intensity import variance_against_intensity
from .lines import noise_along_lines
from .model import SIGNIFICANCE, NoiseModel
from .points import find_points
from .texture import MUCH_TEXTURE, find_texture

if TYPE_CHECKING:
    from ..roi import PatchSelection

__all__ = ["estimate_noise"]

#: Tiles in which more pixels than this share sit at the lowest or highest value say little about the noise.
CLIPPED_SHARE = 0.5

#: Unless this share of the tiles has fewer, the background itself is cut off, and tiles count with up to this share.
_FEW_UNCLIPPED, _MOST_CLIPPED = 0.8, 0.9

_MOST_TILES = 1500

#: Noise of cameras, detectors and demosaicing that is correlated along rows and columns alike reaches over a few pixels
#: only. What is correlated by more than this at this distance both along rows and along columns is structure.
_WIDE_REACH, _WIDE_SHARE = 5, 0.15

#: Noise along lines has structure in it where across them it is correlated by more than this over two pixels, and not
#: much less than between neighbours, of which this share is left.
_LEAKED, _STILL = 0.1, 0.5

#: Times that what is smooth in a tile is fitted to what lies between its points.
_FITS = 4

#: Of fewer tiles than this, what is not flat is taken out by polynomials of this degree, as there are none flatter.
_FEW_TILES, _FEW_DEGREE = 20, 4


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
    Reinsel, *Time Series Analysis*, ch. 2). Points and thin lines are left out. Of the tiles offered, only the flattest
    are used, because dim structure hides among the others.
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
    residual, points = _without_points(tiles, _FEW_DEGREE if few else 1)
    variance = np.square(residual).sum((1, 2)) / np.maximum(1, (~points).sum((1, 2)))
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
    covariance = autocovariance(residual[flattest], max_lag, without=points[flattest])
    centre = max_lag
    correlations = covariance / covariance[:, centre, centre][:, None, None]
    correlation = correlations.mean(0)
    standard_error = _standard_error(correlations, side, planes.size if few else None)
    texture = find_texture(tiles[flattest], residual[flattest], correlation)
    wide = _is_wide(correlation, standard_error)
    flat = not wide and texture.share < MUCH_TEXTURE
    lines = None if flat and not _may_have_structure(correlation) else noise_along_lines(planes, max_lag)
    if flat and lines is not None and not _has_structure_across(lines[0], correlation):
        lines = None
    if lines is not None:
        correlation, standard_error = lines
    elif not flat:
        correlation = np.zeros_like(correlation)
        correlation[centre, centre] = 1.0
    intensities, variances, mean_variance = variance_against_intensity(planes, correlation)
    background = float(variance[flattest].mean()) if flat and lines is None else float(variances[0])
    return NoiseModel(
        correlation=correlation,
        standard_error=standard_error,
        variance=background,
        mean_variance=mean_variance,
        intensities=intensities,
        variances=variances,
        tiles=len(flattest),
        from_flat_parts=flat or lines is not None,
        along_lines=lines is not None,
        looks_smooth=texture.share > 0 and lines is None,
        # What is wide has nothing left in the differences between neighbours that the noise is measured in.
        may_be_structure=lines is None and not wide and texture.may_pass_for_noise(flat),
    )


def _without_points(tiles: np.ndarray, degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (T, S, S) tiles less what is smooth in them, 0 where points and thin lines are, and where these are."""
    residual = detrended(tiles, degree)
    points = find_points(residual)
    with_points = points.any((1, 2))
    for _ in range(_FITS if with_points.any() else 0):
        # What is smooth is fitted to the rest: points follow the fit until they have no part in it.
        smooth = tiles[with_points] - residual[with_points]
        filled = np.where(points[with_points], smooth, tiles[with_points])
        residual[with_points] = tiles[with_points] - (filled - detrended(filled, degree))
        points[with_points] = find_points(residual[with_points])
    residual[points] = 0
    return residual, points


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


def _may_have_structure(correlation: np.ndarray) -> bool:
    """Return whether there may be structure in what is correlated, which then is along rows and along columns."""
    centre = len(correlation) // 2
    return centre >= 2 and bool(min(correlation[centre, centre + 2], correlation[centre + 2, centre]) > _LEAKED)


def _has_structure_across(lines: np.ndarray, correlation: np.ndarray) -> bool:
    """Return whether what is correlated across lines, which noise along them is not, is wide as structure is."""
    centre = len(correlation) // 2
    across = correlation[centre] if lines[centre + 1 :, centre].any() else correlation[:, centre]
    return bool(across[centre + 2] > _STILL * across[centre + 1])


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
