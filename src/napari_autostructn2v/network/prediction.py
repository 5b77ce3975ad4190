"""Denoise planes tile by tile: memory is bounded by the tile, and a tile gives the very pixels of the whole plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from ..settings import StageSettings
from ..stop import Stopped, StopToken
from .blind_spots import symmetries
from .context import NO_CONTEXT, Context, neighbours
from .unet import UNet

__all__ = ["AS_IT_IS", "predict_plane", "predict_planes", "prediction_symmetries"]

#: Side of a tile in pixels.
TILE = 512

#: The symmetry that changes nothing.
AS_IT_IS = (False, False, False)


def predict_planes(
    network: UNet,
    planes: np.ndarray,
    *,
    context: Context = NO_CONTEXT,
    length: int = 1,
    drift: np.ndarray | None = None,
    chosen: slice = slice(None),
    tile: int = TILE,
    symmetries: Sequence[tuple[bool, bool, bool]] = (AS_IT_IS,),
    stop: StopToken | None = None,
    on_tile: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Denoise planes of any size.

    Parameters
    ----------
    network : UNet
    planes : (N, Y, X) float32
        On the scale that the network was trained with.
    context : Context
        What the network is shown of other planes.
    length : int
        Planes of one stack; `planes` holds one stack after the other.
    drift : (N, 2) float or None
        Of the planes, in pixels; see :func:`~..images.find_drift`.
    chosen : slice
        The planes to denoise; the others are only shown.
    tile : int
        Side of a tile in pixels, with the margin that the network needs around it. A tile is larger where the network
        sees so far that nothing would be left within its margins.
    symmetries : sequence of (transpose, flip rows, flip columns)
        The result is averaged over the planes turned so; see :func:`~.blind_spots.symmetries`.
    stop : StopToken or None
        Polled before every tile.
    on_tile : callable or None
        Called with the tiles done and their total.

    Returns
    -------
    (N, Y, X) float32
        Of the chosen planes.

    Raises
    ------
    Stopped
        If the stop token was set.
    """
    indices = range(len(planes))[chosen]
    result = np.empty((len(indices), *planes.shape[1:]), np.float32)
    for number, index in enumerate(indices):

        def tell(done: int, total: int, number: int = number) -> None:
            if on_tile is not None:
                on_tile(number * total + done, len(indices) * total)

        channels = planes[index][None]
        if context.channels:
            channels = np.concatenate([channels, neighbours(planes, index, context, length, drift)])
        result[number] = predict_plane(network, channels, tile=tile, symmetries=symmetries, stop=stop, on_tile=tell)
    return result


def predict_plane(
    network: UNet,
    channels: np.ndarray,
    *,
    tile: int = TILE,
    symmetries: Sequence[tuple[bool, bool, bool]] = (AS_IT_IS,),
    stop: StopToken | None = None,
    on_tile: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Denoise one plane with what is shown beside it.

    Parameters
    ----------
    network : UNet
    channels : (1 + C, Y, X) float32
        The plane first, then what :func:`~.context.neighbours` gathers.
    tile, symmetries, stop, on_tile
        As for :func:`predict_planes`.

    Returns
    -------
    (Y, X) float32
    """
    rows, columns = (list(_tiles(side, tile, network.reach, network.multiple)) for side in channels.shape[1:])
    result = np.empty(channels.shape[1:], np.float32)
    done = 0
    for seen_rows, kept_rows in rows:
        for seen_columns, kept_columns in columns:
            piece = _predict(network, channels[:, seen_rows, seen_columns], symmetries, stop)
            inner = _within(kept_rows, seen_rows), _within(kept_columns, seen_columns)
            result[kept_rows, kept_columns] = piece[inner]
            done += 1
            if on_tile is not None:
                on_tile(done, len(rows) * len(columns))
    return result


def prediction_symmetries(stage: StageSettings, blind_mask: np.ndarray) -> list[tuple[bool, bool, bool]]:
    """Return the turns and flips that the results of a stage are averaged over."""
    return symmetries(blind_mask) if stage.flips_at_prediction else [AS_IT_IS]


@torch.inference_mode()
def _predict(
    network: UNet, tile: np.ndarray, symmetries: Sequence[tuple[bool, bool, bool]], stop: StopToken | None
) -> np.ndarray:
    """Denoise one (1 + C, Y, X) tile, padded to the multiple that the network needs."""
    height, width = tile.shape[1:]
    device = next(network.parameters()).device
    beyond = (0, 0), (0, -height % network.multiple), (0, -width % network.multiple)
    image = torch.as_tensor(np.pad(tile, beyond, mode="reflect"), device=device)[None]
    total = torch.zeros_like(image[:, :1])
    for transpose, flip_rows, flip_columns in symmetries:
        if stop is not None and stop.is_set():
            raise Stopped
        axes = [axis for axis, flipped in ((2, flip_rows), (3, flip_columns)) if flipped]
        turned = image.mT if transpose else image
        denoised = network(turned.flip(axes).contiguous(memory_format=torch.channels_last)).flip(axes)
        total += denoised.mT if transpose else denoised
    return (total / len(symmetries))[0, 0, :height, :width].float().cpu().numpy()


def _tiles(length: int, tile: int, reach: int, multiple: int) -> Iterator[tuple[slice, slice]]:
    """What each tile sees of an axis, and what it keeps: nothing beyond its sight reaches into what it keeps.

    Tiles begin where pooling begins anew, so that it sees the same blocks of pixels as in the whole plane.
    """
    if length <= tile:
        yield slice(0, length), slice(0, length)
        return
    margin = -(-reach // multiple) * multiple
    step = max(multiple, (tile - 2 * margin) // multiple * multiple)
    for start in range(0, length, step):
        stop = min(start + step, length)
        yield slice(max(0, start - margin), min(length, stop + margin)), slice(start, stop)


def _within(kept: slice, seen: slice) -> slice:
    return slice(kept.start - seen.start, kept.stop - seen.start)
