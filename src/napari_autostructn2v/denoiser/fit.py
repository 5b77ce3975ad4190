"""Whether an image is on the scale that a model was trained on, and how to bring the model onto that of the image.

A network has learned one strength of the noise and one grey value of the background. An image that has both on another
scale, such as another bit depth, exposure or camera offset, gives a result that is several times worse, and nothing in
it shows that. One rule for all who apply a model: from the noise and the background of the image follows the line
``a * x + b`` on which both agree with the model; where the rest agrees then as well, the model is brought onto it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import ModelDoesNotFitError
from ..images import Planes, evenly_spread
from ..noise import NoiseModel, variance_against_intensity

__all__ = ["Line", "line_of", "standing_for"]

#: Noise that differs by less, relatively, and backgrounds that differ by less, in units of the noise, are the same one
#: measured twice; see docs/decisions.md.
_SAME_NOISE, _SAME_BACKGROUND = 1.08, 0.15

#: A darkest part that is brighter by more than this, in units of the noise, may be no background but a specimen.
_SPECIMEN = 2.0

#: In an image of fewer classes of intensity the darkest one need not be background, and the noise is known roughly.
_FEW_CLASSES, _ROUGHLY_SAME_NOISE = 4, 1.5

#: How far the background may be moved, in units of the larger spread of grey values: no camera offset is so large.
_FARTHEST_BACKGROUND = 5.0

#: How many times larger or smaller the spread of grey values may be than what the network has seen: where noise and
#: background are those that it knows, and where only a line brings them together.
_FARTHEST_CONTRAST, _FARTHEST_CONTRAST_ON_LINE = 20.0, 3.0

#: How far apart the middle of all pixels may lie on the way from the darkest to the brightest, from 0 to 1: an image
#: whose background is bright is not one whose background is dark.
_FARTHEST_MIDDLE = 0.6

#: Pixels, at most, that stand for the image.
_PIXELS = 2**22


@dataclass(frozen=True)
class Line:
    """From the grey values that a model knows to those of an image: ``gain * x + offset``."""

    gain: float = 1.0
    offset: float = 0.0


def standing_for(stack: np.ndarray) -> np.ndarray:
    """Return evenly spread planes of a (N, Y, X) stack that are enough to measure its grey values.

    Frames in which nothing was recorded say nothing about the others; where all are such, none is returned.
    """
    spread = stack[evenly_spread(len(stack), max(1, _PIXELS // max(1, stack[0].size)))]
    return spread[[plane.min() != plane.max() for plane in spread]]


def line_of(planes: Planes, noise: NoiseModel, offset: float, scale: float) -> Line:
    """Find the line that leads from the grey values that a model knows to those of an image.

    Parameters
    ----------
    planes : Planes
        Of the image, without hot pixels and, where the model takes them out, without the offsets of lines.
    noise : NoiseModel
        Of the image that the model was trained on, in grey values.
    offset, scale : float
        Its mean and its spread.

    Returns
    -------
    Line
        The one that changes nothing where both images are on one scale as far as can be measured.

    Raises
    ------
    ModelDoesNotFitError
        If noise, background and contrast do not lie on one line.
    """
    levels, variances, _ = variance_against_intensity(planes.values, noise.correlation)
    levels, variances = levels * planes.scale + planes.offset, variances * planes.scale**2
    shares = (np.arange(len(levels)) + 0.5) / len(levels)
    known_levels, known_variances = _at(shares, noise.intensities), _at(shares, noise.variances)
    dark = slice(0, max(1, len(levels) // 2))
    gain = _ratio(variances[dark], known_variances[dark])
    strength = math.sqrt(max(float(np.median(known_variances[dark])), np.finfo(float).tiny))
    background = float(levels[0] - known_levels[0]) / strength
    about = (
        f"it was trained on grey values around {offset:.4g} that spread by {scale:.3g}, and those of the image are "
        f"around {planes.offset:.4g} and spread by {planes.scale:.3g}"
    )

    few = len(levels) < _FEW_CLASSES
    same_noise = _near(gain, _ROUGHLY_SAME_NOISE if few else _SAME_NOISE)
    beyond = scale if few else strength
    known = noise.intensities[0] - beyond < levels[0] < noise.intensities[-1] + beyond
    same_background = abs(background) < _SAME_BACKGROUND
    # A part of the specimen, darker or brighter than the whole, with the noise that belongs to its light.
    at_same_light = _near(_ratio(variances, noise.variance_at(levels)), _SAME_NOISE)
    is_part = known and at_same_light and not same_noise and (same_background or background > _SPECIMEN)
    if is_part or (same_noise and (same_background or (few and known))):
        if not _near(planes.scale / scale, _FARTHEST_CONTRAST):
            raise _refusal(about)
        return Line()

    line = Line(gain, float(levels[0] - gain * known_levels[0]))
    contrast = planes.scale / (gain * scale) if gain > 0 else math.inf
    if not _near(contrast, _FARTHEST_CONTRAST_ON_LINE):
        more = "stronger" if contrast < 1 else "weaker"
        raise _refusal(
            f"relative to the contrast, its noise is far {more} than the noise that it was trained on ({about})"
        )
    is_far = abs(line.offset) > _FARTHEST_BACKGROUND * max(planes.scale, scale)
    if is_far or abs(_middle(levels) - _middle(noise.intensities)) > _FARTHEST_MIDDLE:
        raise _refusal(about)
    return line


def _refusal(why: str) -> ModelDoesNotFitError:
    return ModelDoesNotFitError(
        f"This model does not fit the image: {why}. Train on this image, or bring it to the units of the training "
        "image. Where you know better, predict(image, anyway=True) and autostructn2v predict --anyway apply the model "
        "to the grey values as they are."
    )


def _near(ratio: float, most: float) -> bool:
    return 1 / most < ratio < most


def _middle(levels: np.ndarray) -> float:
    """Return where the median lies on the way from the darkest to the brightest level."""
    span = float(levels[-1] - levels[0])
    return float(np.median(levels) - levels[0]) / span if span > 0 else 0.5


def _at(shares: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Interpolate values of equally large classes, from the darkest to the brightest, at shares of all pixels."""
    return np.interp(shares, (np.arange(len(values)) + 0.5) / len(values), values)


def _ratio(variances: np.ndarray, others: np.ndarray) -> float:
    """Return how many times stronger noise is, as a standard deviation."""
    usable = others > 0
    if not usable.any():
        return math.inf
    return math.sqrt(max(0.0, float(np.median(variances[usable] / others[usable]))))
