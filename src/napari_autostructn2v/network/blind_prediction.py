"""Predictions of pixels that the network was not shown: what they say of a pixel owes nothing to its own noise."""

from __future__ import annotations

import numpy as np
import torch

from ..stop import StopToken
from .blind_spots import BlindSpots
from .prediction import TILE, predict_plane
from .unet import UNet

__all__ = ["predict_blind"]


def predict_blind(
    network: UNet,
    channels: np.ndarray,
    blind_mask: np.ndarray,
    percentage: float,
    *,
    tile: int = TILE,
    seed: int = 0,
    stop: StopToken | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Predict some pixels of a plane from what is around their blind mask.

    Parameters
    ----------
    network : UNet
    channels : (1 + C, Y, X) float32
        The plane first, then what is shown of other planes.
    blind_mask : (H, W) bool
    percentage : float
        Of the pixels that are predicted; see :class:`~.blind_spots.BlindSpots`.
    tile, stop
        As for :func:`~.prediction.predict_planes`.
    seed : int

    Returns
    -------
    where : (P, 2) int64
        Rows and columns of the pixels.
    predicted : (Y, X) float32
        The whole plane; only these pixels owe nothing to their own noise.
    """
    random = torch.Generator().manual_seed(seed)
    spots = BlindSpots(blind_mask, percentage, "random", torch.device("cpu"))
    plane = torch.as_tensor(channels[:1])
    centres = spots.centres(torch.ones_like(plane, dtype=torch.bool), random)
    hidden = np.concatenate([spots.hide(plane, centres, random).numpy(), channels[1:]])
    return centres[:, 1:].numpy(), predict_plane(network, hidden, tile=tile, stop=stop)
