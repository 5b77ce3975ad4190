"""Whether a training came to anything: one that diverged ends in a sentence, never in a grey or black image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..settings import StageSettings

if TYPE_CHECKING:
    from ..network import UNet

__all__ = ["DivergedError", "check_denoised", "check_training"]

#: What is removed from the planes, in units of their variance: noise is a part of it, and a plain grey makes it 1.
_MOST_REMOVED = 4.0

#: How many times worse than at its best a network may be at the end. What is kept is the best one, but where training
#: went astray that is the one of its first steps.
_MOST_WORSE = 10.0


class DivergedError(InputError):
    """A training came to nothing; the text says what to set."""


def check_training(network: UNet, best: float, last: float, stage: StageSettings, phase: str) -> None:
    """Raise if weights are no numbers any more, or a network has ended far worse than it was.

    Parameters
    ----------
    network : UNet
    best, last : float
        Error on held-out pixels; infinite where none was taken.
    stage : StageSettings
    phase : str
        Of the stage, for the sentence.

    Raises
    ------
    DivergedError
    """
    if not network.is_finite or not last <= _MOST_WORSE * best:  # nor NaN
        raise _diverged(stage, phase)


def check_denoised(planes: np.ndarray, denoised: np.ndarray, stage: StageSettings, phase: str) -> None:
    """Raise if a network has made something of the planes that is farther from them than a plain grey.

    Parameters
    ----------
    planes, denoised : (N, Y, X) float32
        What the network was given and what it made of that.
    stage : StageSettings
    phase : str
        Of the stage, for the sentence.

    Raises
    ------
    DivergedError
    """
    mean = float(planes.mean(dtype=np.float64))
    removed = spread = 0.0
    for plane, result in zip(planes, denoised, strict=True):
        removed += float(np.square(plane - result, dtype=np.float64).sum())
        spread += float(np.square(plane - mean, dtype=np.float64).sum())
    if not removed <= _MOST_REMOVED * spread:  # nor NaN
        raise _diverged(stage, phase)


def _diverged(stage: StageSettings, phase: str) -> DivergedError:
    return DivergedError(
        f"The training of {phase} diverged: its network makes nothing of the image. Set learning_rate to a smaller "
        f"number than {stage.learning_rate:g} (0.015 is the default) and run again."
    )
