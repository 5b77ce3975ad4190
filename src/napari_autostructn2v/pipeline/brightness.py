"""The brightness of a result: held against that of the noisy image in a few windows of it, and set right by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..images import evenly_spread
from ..noise import Brightness, NoiseModel, compare_brightness, contrast_lost
from ..stop import StopToken

if TYPE_CHECKING:
    from ..network import TrainedNetwork

__all__ = ["BlindPixels", "blind_pixels", "set_level", "windows_of"]

#: Side in pixels, and number, of the windows; times that other pixels are blind in each.
_WINDOW, _MOST_WINDOWS, _TIMES = 512, 4, 3

#: Share of the windows, at least, that tells the level of a network.
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
    from ..network import predict_blind

    found: list[np.ndarray] = []
    places: list[np.ndarray] = []
    for number, (index, rows, columns, shown) in enumerate(windows_of(trained, planes)):
        for time in range(_TIMES):
            where, blind = predict_blind(
                trained.network,
                shown,
                trained.blind_mask,
                trained.stage.mask_percentage,
                seed=seed + _TIMES * number + time,
                stop=stop,
            )
            places.append(np.insert(where + np.array([rows.start, columns.start]), 0, index, axis=1))
            found.append(blind[tuple(where.T)])
    return BlindPixels(np.concatenate(places), np.concatenate(found))


def set_level(
    trained: TrainedNetwork,
    planes: np.ndarray,
    noise: NoiseModel,
    pixels: BlindPixels,
    *,
    stop: StopToken | None = None,
) -> None:
    """Give all results of a network the mean and the contrast of the planes that it was trained on.

    A network that has trained for a while is off by a percent or so; its blind predictions tell by how much.

    Parameters
    ----------
    trained : TrainedNetwork
        Its network is changed.
    planes : (N, Y, X) float32
        The noisy planes.
    noise : NoiseModel
        Of these planes.
    pixels : BlindPixels
        Of these planes.
    stop : StopToken or None

    Raises
    ------
    Stopped
        If the stop token was set before the end; the network is as it was then.
    """
    from ..network import predict_plane, share_to_give_back

    windows: list[tuple[np.ndarray, ...]] = []
    judged: list[tuple[np.ndarray, ...]] = []
    for index, rows, columns, shown in windows_of(trained, planes):
        denoised = predict_plane(trained.network, shown, stop=stop)
        # Where structure was removed the image itself is put back, and says little of the level of the rest.
        kept = 1 - share_to_give_back(shown[0], denoised, noise)
        windows.append((shown[0], denoised, kept))
        here = pixels.where[:, 0] == index
        places = pixels.where[here, 1] - rows.start, pixels.where[here, 2] - columns.start
        whole = kept[places] == 1
        judged.append(tuple(values[whole] for values in (pixels.predicted[here], shown[0][places], denoised[places])))
    noisy, denoised, kept = (np.concatenate([each.ravel() for each in parts]) for parts in zip(*windows, strict=True))
    if kept.mean() < _LEAST_KEPT:
        return
    slope = contrast_lost(*(np.concatenate(parts) for parts in zip(*judged, strict=True)))
    # Noise has no mean: what the means of planes and result differ by is a mistake of the network.
    offset = np.average(noisy.astype(np.float64) - slope * denoised, weights=kept)
    trained.network.stretch(slope, float(offset))


def windows_of(trained: TrainedNetwork, planes: np.ndarray) -> Iterator[tuple[int, slice, slice, np.ndarray]]:
    """Yield windows of a few planes, one of each, with what a network is shown of them: (1 + C, Y, X)."""
    from ..network import neighbours

    multiple = trained.network.multiple
    height, width = (min(side, _WINDOW) // multiple * multiple for side in planes.shape[1:])
    indices = evenly_spread(len(planes), _MOST_WINDOWS)
    for number, index in enumerate(map(int, indices)):
        # From corner to corner, so that a single window is in the middle.
        share = (number + 0.5) / len(indices)
        top, left = (int(share * (side - own)) for side, own in zip(planes.shape[1:], (height, width), strict=True))
        rows, columns = slice(top, top + height), slice(left, left + width)
        beside = neighbours(planes, index, trained.context, trained.length, trained.drift)
        yield index, rows, columns, np.concatenate([planes[index][None], beside])[:, rows, columns]
