"""The brightness of a result: held against that of the noisy image in a few windows of it, and set right by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..images import evenly_spread
from ..noise import Brightness, NoiseModel, compare_brightness, contrast_lost
from ..stop import StopToken

if TYPE_CHECKING:
    from ..network import TrainedNetwork

__all__ = ["BlindPixels", "blind_pixels", "set_level"]

#: Side in pixels, and number, of the windows; times that other pixels are blind in each.
_WINDOW, _MOST_WINDOWS, _TIMES = 512, 4, 3

#: Share of the planes, at least, that tells the level of a network.
_LEAST_KEPT = 0.5


@dataclass(frozen=True, eq=False)
class BlindPixels:
    """What a network predicts of some pixels that it is not shown.

    Parameters
    ----------
    where : (P, 3) int
        Planes, rows and columns.
    predicted : (P,) float32
    """

    where: np.ndarray
    predicted: np.ndarray

    def of(self, planes: np.ndarray) -> np.ndarray:
        """Return the (P,) values of these pixels in (N, Y, X) planes."""
        values: np.ndarray = planes[tuple(self.where.T)]
        return values

    def among(self, places: np.ndarray) -> BlindPixels:
        """Return those of the pixels that are True in a (N, Y, X) bool array."""
        there = self.of(places)
        return BlindPixels(self.where[there], self.predicted[there])

    def brightness(self, planes: np.ndarray, denoised: np.ndarray) -> Brightness | None:
        """Tell whether a result keeps the brightness of (N, Y, X) planes; None where there are too few pixels."""
        return compare_brightness(self.predicted, self.of(planes), self.of(denoised))


def blind_pixels(
    trained: TrainedNetwork, planes: np.ndarray, *, seed: int = 0, stop: StopToken | None = None
) -> BlindPixels:
    """Predict some pixels from their surroundings alone.

    Parameters
    ----------
    trained : TrainedNetwork
    planes : (N, Y, X) float32
        On the scale of the network.
    seed : int
    stop : StopToken or None

    Returns
    -------
    BlindPixels

    Raises
    ------
    Stopped
        If the stop token was set before the end.
    """
    from ..network import neighbours, predict_blind

    network = trained.network
    height, width = (min(side, _WINDOW) // network.multiple * network.multiple for side in planes.shape[1:])
    found: list[np.ndarray] = []
    places: list[np.ndarray] = []
    indices = evenly_spread(len(planes), _MOST_WINDOWS)
    for number, index in enumerate(indices):
        # From corner to corner, so that a single window is in the middle.
        share = (number + 0.5) / len(indices)
        top, left = (int(share * (side - own)) for side, own in zip(planes.shape[1:], (height, width), strict=True))
        beside = neighbours(planes, int(index), trained.context, trained.length, trained.drift)
        shown = np.concatenate([planes[index][None], beside])[:, top : top + height, left : left + width]
        for time in range(_TIMES):
            where, blind = predict_blind(
                network,
                shown,
                trained.blind_mask,
                trained.stage.mask_percentage,
                seed=seed + _TIMES * number + time,
                stop=stop,
            )
            places.append(np.insert(where + np.array([top, left]), 0, index, axis=1))
            found.append(blind)
    return BlindPixels(np.concatenate(places), np.concatenate(found))


def set_level(
    trained: TrainedNetwork, planes: np.ndarray, denoised: np.ndarray, noise: NoiseModel, pixels: BlindPixels
) -> None:
    """Give a result, and all further ones of its network, the mean and the contrast of the planes.

    A network that has trained for a while is off by a percent or so; its blind predictions tell by how much.

    Parameters
    ----------
    trained : TrainedNetwork
        Its network is changed.
    planes : (N, Y, X) float32
        The noisy planes.
    denoised : (N, Y, X) float32
        The result; changed.
    noise : NoiseModel
        Of these planes.
    pixels : BlindPixels
        Of these planes.
    """
    from ..network import share_to_give_back

    # Where structure was removed the image itself is put back, and says little of the level of the rest.
    kept = 1 - np.stack([share_to_give_back(*pair, noise) for pair in zip(planes, denoised, strict=True)])
    if kept.mean() < _LEAST_KEPT:
        return
    judged = pixels.among(kept == 1)
    slope = contrast_lost(judged.predicted, judged.of(planes), judged.of(denoised))
    # Noise has no mean: what the means of planes and result differ by is a mistake of the network.
    offset = float(
        np.sum(kept * (planes - np.float32(slope) * denoised), dtype=np.float64) / kept.sum(dtype=np.float64)
    )
    trained.network.stretch(slope, offset)
    denoised *= np.float32(slope)
    denoised += np.float32(offset)
