"""The blind mask: which neighbours stage 2 must not see, and why.

What is correlated in the background is taken for noise. Where structure leaks into the "background" that would be
wrong, so the mask is chosen among candidates by the error against the *clean* image that the best linear predictor
would make with it (see :func:`predicted_errors`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..images import check_image, evenly_spread
from ..settings import MaskSettings, checked
from .autocovariance import autocovariance
from .blind_mask import BlindMask
from .model import NoiseModel
from .wiener_hopf import visible_offsets, weights_of_neighbours

__all__ = ["choose_mask", "predicted_errors", "predicted_gain"]

#: A structured mask must promise this much over a single blind pixel, in dB.
LEAST_GAIN_DB = 0.4

#: Where noise is known to be shared along lines alone, so that it is no structure, a network gains some 5 dB more than
#: the linear prediction says: all that is correlated by this share of the strongest is hidden, unless that promises a
#: larger loss than this, in dB.
_SHARE_ALONG_LINES, _MOST_LOSS_ALONG_LINES_DB = 0.15, 3.0

_LOOKS_ALIKE = "Neighbouring pixels look alike, but that is more likely structure than noise, so stage 2 is not needed."

#: No more than this is promised: beyond it noise and image contradict each other.
MOST_GAIN_DB = 15.0

#: Among masks whose predicted errors differ by less than this many dB the largest measured one wins: a network suffers
#: more from noise that it can predict than from a neighbour that it must do without.
NEAR_EQUAL_DB = 0.15

#: Noise that is as good as constant along a line (an offset per row) is told by its correlation at the largest lag, in
#: units of that between neighbours. Then the mask must reach as far as the network sees.
_LONG_SHARE, _LONG_REACH = 0.5, 26

#: Share of its variance that each visible pixel is held back by.
_RIDGE = 1e-4
#: Side in pixels and number of the tiles that stand for the image when masks are compared.
_TILE, _MOST_TILES = 64, 400


def choose_mask(noise: NoiseModel, image: np.ndarray, settings: MaskSettings = MaskSettings()) -> BlindMask:
    """Choose the blind mask with the least predicted error, or a single pixel where the noise is white.

    Parameters
    ----------
    noise : NoiseModel
    image : (Y, X) or (N, Y, X) real array
        The noisy image, which decides how much every blind neighbour costs.
    settings : MaskSettings

    Returns
    -------
    BlindMask

    Raises
    ------
    InputError
        If the image cannot be used, or something else is not of its type.
    """
    checked(noise, NoiseModel, "noise")
    checked(settings, MaskSettings, "settings")
    image = check_image(image)
    image = image.reshape(-1, *image.shape[-2:])
    strength = np.where(noise.significant, np.abs(noise.correlation), 0.0)
    strength[noise.max_lag, noise.max_lag] = 0
    strongest = float(strength.max())
    single = np.ones((1, 1), bool)
    if not noise.from_flat_parts:
        return BlindMask(
            single,
            "No part of the image is flat enough to tell noise from structure, so the noise is taken for independent "
            "between pixels, and stage 2 is left out. If it is not, choose a mask by hand.",
        )
    if strongest < settings.min_correlation:
        return BlindMask(single, "The noise is independent between pixels, so stage 2 is not needed.")
    if noise.looks_smooth:
        return BlindMask(single, _LOOKS_ALIKE, spares_structure=True)
    if noise.along_lines:
        blind_mask = _cropped(strength >= max(settings.min_correlation, _SHARE_ALONG_LINES * strongest))
        alone, along = predicted_errors(noise, image, [single, blind_mask])
        if along < max(alone, 0.0) * 10 ** (_MOST_LOSS_ALONG_LINES_DB / 10):
            return BlindMask(blind_mask, f"The noise is {_describe(blind_mask)}; stage 2 removes it.")
    measured, simple = _candidates(noise, strength)
    candidates = measured + simple
    errors = predicted_errors(noise, image, [single, *candidates])
    if errors[0] <= 0:
        # The noise is too faint beside the structure for a prediction: rely on what was measured in the background.
        blind_mask = _cropped(strength >= max(settings.min_correlation, 0.1 * strongest))
        return BlindMask(blind_mask, f"The noise is {_describe(blind_mask)}.")
    gains = 10 * np.log10(errors[0] / np.maximum(errors[1:], errors[0] * 10 ** (-MOST_GAIN_DB / 10)))
    best = float(gains.max())
    if best < LEAST_GAIN_DB:
        return BlindMask(single, _LOOKS_ALIKE, spares_structure=True)
    chosen = int(gains.argmax())
    if best < MOST_GAIN_DB:
        near = [index for index in range(len(measured)) if gains[index] >= best - NEAR_EQUAL_DB]
        chosen = max(near, key=lambda index: int(candidates[index].sum()), default=chosen)
    blind_mask = _along_whole_lines(candidates[chosen], noise, min(np.shape(image)[-2:]))
    gain = predicted_gain(noise, image, blind_mask)
    if gain is None or gain < LEAST_GAIN_DB:
        return BlindMask(blind_mask, f"The noise is {_describe(blind_mask)}; stage 2 removes it.")
    return BlindMask(blind_mask, f"The noise is {_describe(blind_mask)}; stage 2 gains about {gain:.1f} dB.", gain)


def predicted_gain(noise: NoiseModel, image: np.ndarray, blind_mask: np.ndarray) -> float | None:
    """Predict what a mask gains over a single blind pixel, over the image as a whole.

    Parameters
    ----------
    noise : NoiseModel
    image : (Y, X) or (N, Y, X) real array
    blind_mask : (H, W) bool
        Odd sides.

    Returns
    -------
    float or None
        In dB of mean squared error; None where noise and image contradict each other, so that nothing can be said.
    """
    single, own = predicted_errors(noise, image, [np.ones((1, 1), bool), blind_mask], relative=False)
    if single <= 0 or own <= single * 10 ** (-MOST_GAIN_DB / 10):
        return None
    return float(10 * np.log10(single / own))


def predicted_errors(
    noise: NoiseModel, image: np.ndarray, blind_masks: Sequence[np.ndarray], *, relative: bool = True
) -> np.ndarray:
    """Mean squared error against the clean image of the best linear predictor under each mask.

    Parameters
    ----------
    noise : NoiseModel
    image : (Y, X) or (N, Y, X) real array
    blind_masks : sequence of (H, W) bool
        Odd sides.
    relative : bool
        Count every tile of the image in units of its own variance: otherwise a few bright objects, in which noise
        hardly matters, decide about the lines in all the rest.

    Returns
    -------
    (len(blind_masks),) float64
        In squared input units unless relative. Not positive where noise and image contradict each other.

    Notes
    -----
    With autocovariances Ry of the image, Rn of the noise and Rx = Ry - Rn, self-supervised training finds the weights w
    with Ry[N, N] w = Ry[N, 0] over the visible neighbours N (the Wiener-Hopf equations), and their error against the
    clean centre is Rx(0) - 2 w.Rx[N, 0] + w.Ry[N, N].w.
    """
    reach = max(max(blind_mask.shape) // 2 for blind_mask in blind_masks)
    radius = min(max(6, reach + 3), 14)
    image_covariance, noise_variance = _tile_autocovariance(noise, image, 2 * radius, relative)
    noise_covariance = np.zeros((2 * radius + 1,) * 2)
    lag = min(radius, noise.max_lag)
    noise_covariance[radius - lag : radius + lag + 1, radius - lag : radius + lag + 1] = noise.correlation[
        noise.max_lag - lag : noise.max_lag + lag + 1, noise.max_lag - lag : noise.max_lag + lag + 1
    ]
    noise_covariance *= noise_variance
    clean_covariance = image_covariance[radius : 3 * radius + 1, radius : 3 * radius + 1] - noise_covariance
    errors = np.empty(len(blind_masks))
    for index, blind_mask in enumerate(blind_masks):
        seen = visible_offsets(blind_mask, (radius, radius))
        weights = weights_of_neighbours(image_covariance, seen, _RIDGE)
        to_centre = image_covariance[tuple((seen + 2 * radius).T)]
        clean_to_centre = clean_covariance[tuple((seen + radius).T)]
        # The equations that were solved say what Ry[N, N] w is.
        predicted = to_centre - _RIDGE * image_covariance[2 * radius, 2 * radius] * weights
        errors[index] = clean_covariance[radius, radius] - 2 * weights @ clean_to_centre + weights @ predicted
    return errors


def _tile_autocovariance(
    noise: NoiseModel, image: np.ndarray, max_lag: int, relative: bool
) -> tuple[np.ndarray, float]:
    """Autocovariance of the image's tiles, averaged, and the variance of the noise in it."""
    image = np.asarray(image)
    planes = image[None] if image.ndim == 2 else image[evenly_spread(len(image), 4)]
    side = min(_TILE, *planes.shape[1:])
    step = max(1, side // 2)
    windows = sliding_window_view(planes, (side, side), axis=(1, 2))[:, ::step, ::step]
    flat = np.unravel_index(evenly_spread(int(np.prod(windows.shape[:3])), _MOST_TILES), windows.shape[:3])
    tiles = windows[flat].astype(np.float64)
    means = tiles.mean((1, 2))
    tiles -= means[:, None, None]
    noise_variances = noise.variance_at(means)
    weights = np.ones(len(tiles))
    if relative:
        weights /= np.maximum(np.maximum((tiles**2).mean((1, 2)), noise_variances), np.finfo(float).tiny)
    padded = np.zeros((2 * max_lag + 1,) * 2)
    lag = min(max_lag, side - 1)
    inner = slice(max_lag - lag, max_lag + lag + 1)
    padded[inner, inner] = np.tensordot(weights, autocovariance(tiles, lag, unbiased=False), 1) / len(tiles)
    return padded, float((noise_variances * weights).mean())


def _candidates(noise: NoiseModel, strength: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Masks worth comparing: what exceeds a correlation, and rows, columns and squares up to the measured reach."""
    measured = [
        _cropped(strength >= level) for level in (0.5, 0.3, 0.2, 0.1, 0.07, 0.05, 0.03) if strength.max() >= level
    ]
    simple = []
    centre = noise.max_lag
    along_row, along_column = strength[centre] > 0.03, strength[:, centre] > 0.03
    for reach in range(1, noise.max_lag + 1):
        side = 2 * reach + 1
        if along_row[centre + reach]:
            simple.append(np.ones((1, side), bool))
        if along_column[centre + reach]:
            simple.append(np.ones((side, 1), bool))
        if along_row[centre + reach] and along_column[centre + reach]:
            simple.append(np.ones((side, side), bool))
    return measured, simple


def _along_whole_lines(blind_mask: np.ndarray, noise: NoiseModel, side: int) -> np.ndarray:
    """Extend a mask along a row or column in which the noise does not change."""
    centre = noise.max_lag
    reach = min(_LONG_REACH, side // 2 - 1)
    if blind_mask.size != 2 * centre + 1 or min(blind_mask.shape) > 1 or reach <= centre:
        return blind_mask
    line = noise.correlation[centre] if blind_mask.shape[0] == 1 else noise.correlation[:, centre]
    if line[-1] < _LONG_SHARE * line[centre + 1]:
        return blind_mask
    return np.ones((1, 2 * reach + 1) if blind_mask.shape[0] == 1 else (2 * reach + 1, 1), bool)


def _cropped(blind_mask: np.ndarray) -> np.ndarray:
    """Cut a centred blind_mask to the smallest centred rectangle, its centre set."""
    blind_mask = blind_mask.copy()
    centre = np.array(blind_mask.shape) // 2
    blind_mask[tuple(centre)] = True
    reach = np.abs(np.argwhere(blind_mask) - centre).max(0)
    return blind_mask[centre[0] - reach[0] : centre[0] + reach[0] + 1, centre[1] - reach[1] : centre[1] + reach[1] + 1]


def _describe(blind_mask: np.ndarray) -> str:
    """Say in words along which direction and how far the noise is correlated."""
    offsets = np.argwhere(blind_mask) - np.array(blind_mask.shape) // 2
    down, across = map(int, np.abs(offsets).max(0))
    if max(down, across) >= _LONG_REACH and min(down, across) == 0:
        return f"the same along whole {'rows' if down == 0 else 'columns'}"
    if down == 0:
        return f"correlated along rows over {across} pixel{'s' * (across > 1)}"
    if across == 0:
        return f"correlated along columns over {down} pixel{'s' * (down > 1)}"
    if (offsets[:, 0] == offsets[:, 1]).all() or (offsets[:, 0] == -offsets[:, 1]).all():
        return f"correlated along a diagonal over {max(down, across)} pixel{'s' * (max(down, across) > 1)}"
    return f"correlated in two dimensions over {down} x {across} pixels"
