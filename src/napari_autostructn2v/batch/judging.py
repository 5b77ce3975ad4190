"""How good a result is likely to be: figures for a table of many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..settings import Settings
from ..stop import StopToken
from .report import plain

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["gain_db", "quality_values"]


def quality_values(
    planes: np.ndarray, denoised: np.ndarray, settings: Settings, stop: StopToken | None = None
) -> dict[str, float]:
    """Compare what a given model has removed from an image with the noise that is measured in it.

    Parameters
    ----------
    planes, denoised : (N, Y, X) ndarray
        In the units of the image.
    settings : Settings
        How noise is measured.
    stop : StopToken or None

    Returns
    -------
    dict
        The fields of a `Quality`.

    Raises
    ------
    InputError
        If the noise cannot be measured.
    Stopped
        If the stop token was set.
    """
    from ..noise import assess, measure

    # The model is there already: which mask it would take is not asked.
    measurement = measure(planes, replace(settings, stages="1"), stop=stop)
    values: dict[str, Any] = plain(assess(measurement.noisy(planes), denoised, measurement.noise_to_remove))
    return values


def gain_db(model: Denoiser, errors: np.ndarray) -> float:
    """Return a bound from above of how much smaller the error that is left is than the noise was, in dB.

    The error map knows little of structure that is missing in the result, and structure that is taken for noise counts
    as noise that was there: both make the true gain smaller, see ``benchmarks/batch_gain.py``.

    Parameters
    ----------
    model : Denoiser
        That made the result, on the scale of the image.
    errors : (N, Y, X) ndarray
        The error map of the result.
    """
    left = float(np.mean(np.square(errors, dtype=np.float64)))
    return float(10 * np.log10(max(model.noise.mean_variance, 1e-30) / max(left, 1e-30)))
