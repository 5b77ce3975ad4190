"""A network with all that it was trained with and is used with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..settings import StageSettings
from .context import NO_CONTEXT, Context
from .unet import UNet

__all__ = ["TrainedNetwork"]


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network with all that it was trained with and is used with.

    Parameters
    ----------
    network : UNet
    stage : StageSettings
        That it was trained with.
    blind_mask : (H, W) bool
    context : Context
        What it is shown of other planes.
    length : int
        Planes of one stack.
    drift : (N, 2) float or None
        Of the planes, in pixels.
    """

    network: UNet
    stage: StageSettings
    blind_mask: np.ndarray
    context: Context = NO_CONTEXT
    length: int = 1
    drift: np.ndarray | None = None
