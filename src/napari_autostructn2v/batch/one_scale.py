"""Planes of several images on the scale of one of them, by the rule that brings a model onto that of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import InputError, ModelDoesNotFitError
from ..images import Planes, to_planes
from ..noise import NoiseModel, estimate_noise

__all__ = ["on_one_scale"]


class _Measured(NamedTuple):
    """Planes that stand for an image, and their noise in its units."""

    planes: Planes
    noise: NoiseModel


def on_one_scale(samples: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Bring images of one kind, taken with another bit depth, exposure or camera offset, onto one scale.

    Trained on as they are, those of large grey values would be all that a network sees.

    Parameters
    ----------
    samples : sequence of (..., Y, X) ndarray
        Of one channel; each of an image.

    Returns
    -------
    list of (..., Y, X) ndarray
        On the scale of the image whose noise is the middle one. What is on its scale already, as far as can be
        measured, and what is not on any line with it, stays as it is; a model that is applied finds the same.
    """
    from ..denoiser import line_of

    known = [_measured(sample) for sample in samples]
    order = sorted((one for one in known if one is not None), key=lambda one: one.noise.mean_variance)
    if len(order) < 2:
        return list(samples)
    middle = order[(len(order) - 1) // 2]
    moved = []
    for sample, one in zip(samples, known, strict=True):
        try:
            line = line_of(one.planes, middle.noise, middle.planes.offset, middle.planes.scale) if one else None
        except ModelDoesNotFitError:
            line = None
        if line is None or one is middle or (line.gain, line.offset) == (1.0, 0.0):
            moved.append(sample)
        else:
            moved.append(((sample - line.offset) / line.gain).astype(np.float32))
    return moved


def _measured(sample: np.ndarray) -> _Measured | None:
    """Return what is known of the grey values of an image; None where nothing can be measured."""
    from ..denoiser import standing_for

    some = standing_for(sample.reshape(-1, *sample.shape[-2:]))
    if not len(some):
        return None
    try:
        planes = to_planes(some).without_hot_pixels().without_line_offsets()
        noise = estimate_noise(planes.values)
    except InputError:  # too small to be measured
        return None
    return _Measured(planes, noise.rescaled(planes.scale, planes.offset))
