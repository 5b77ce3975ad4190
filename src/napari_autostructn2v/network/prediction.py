"""Denoise planes tile by tile: memory is bounded by the tile, and no seam shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional

from ..settings import StageSettings
from ..stop import Stopped, StopToken
from .blind_spots import symmetries
from .unet import UNet

__all__ = ["AS_IT_IS", "predict_planes", "prediction_symmetries"]

#: Side of a tile in pixels.
TILE = 512

#: Pixels over which neighbouring tiles are blended. For networks of up to three layers nothing beyond half of it
#: reaches into the kept part of a tile, so that blending only has to hide rounding.
OVERLAP = 128

#: The symmetry that changes nothing.
AS_IT_IS = (False, False, False)


def predict_planes(
    network: UNet,
    values: np.ndarray,
    *,
    tile: int = TILE,
    symmetries: Sequence[tuple[bool, bool, bool]] = (AS_IT_IS,),
    stop: StopToken | None = None,
    on_tile: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Denoise planes of any size.

    Parameters
    ----------
    network : UNet
    values : (N, Y, X) float32
        On the scale that the network was trained with.
    tile : int
        Side of a tile in pixels: a multiple of 16, at least twice `OVERLAP`.
    symmetries : sequence of (transpose, flip rows, flip columns)
        The result is averaged over the planes turned so; see :func:`~.masking.symmetries`.
    stop : StopToken or None
        Polled before every tile.
    on_tile : callable or None
        Called with the tiles done and their total.

    Returns
    -------
    (N, Y, X) float32

    Raises
    ------
    Stopped
        If the stop token was set.
    """
    height, width = values.shape[1:]
    rows, columns = list(_spans(height, tile)), list(_spans(width, tile))
    total = len(values) * len(rows) * len(columns)
    result = np.zeros(values.shape, np.float32)
    done = 0
    for plane, denoised in zip(values, result, strict=True):
        for top, bottom in rows:
            for left, right in columns:
                weights = np.outer(_ramp(top, bottom, height), _ramp(left, right, width))
                piece = plane[top:bottom, left:right]
                denoised[top:bottom, left:right] += weights * _predict(network, piece, symmetries, stop)
                done += 1
                if on_tile is not None:
                    on_tile(done, total)
    return result


def prediction_symmetries(stage: StageSettings, pattern: np.ndarray) -> list[tuple[bool, bool, bool]]:
    """Return the turns and flips that the results of a stage are averaged over."""
    return symmetries(pattern) if stage.flips_at_prediction else [AS_IT_IS]


@torch.inference_mode()
def _predict(
    network: UNet, tile: np.ndarray, symmetries: Sequence[tuple[bool, bool, bool]], stop: StopToken | None
) -> np.ndarray:
    """Denoise one tile, padded to the multiple that the network needs."""
    height, width = tile.shape
    device = next(network.parameters()).device
    image = torch.as_tensor(np.ascontiguousarray(tile), device=device)[None, None]
    padding = (0, -width % network.multiple, 0, -height % network.multiple)
    image = functional.pad(image, padding, mode="reflect")
    total = torch.zeros_like(image)
    for transpose, flip_rows, flip_columns in symmetries:
        if stop is not None and stop.is_set():
            raise Stopped
        axes = [axis for axis, flipped in ((2, flip_rows), (3, flip_columns)) if flipped]
        turned = image.mT if transpose else image
        denoised = network(turned.flip(axes).contiguous(memory_format=torch.channels_last)).flip(axes)
        total += denoised.mT if transpose else denoised
    return (total / len(symmetries))[0, 0, :height, :width].float().cpu().numpy()


def _spans(length: int, tile: int) -> Iterator[tuple[int, int]]:
    """First and last pixel of tiles that overlap by `OVERLAP`, the last flush with the border.

    Tiles start at multiples of 16, so that pooling sees the same blocks of pixels as in the whole plane.
    """
    if length <= tile:
        yield 0, length
        return
    step = tile - OVERLAP
    start = 0
    while start + tile < length:
        yield start, start + tile
        start += step
    yield start, length


def _ramp(start: int, stop: int, length: int) -> np.ndarray:
    """Weights of a tile along an axis; those of all tiles add up to one everywhere.

    The outer quarter of an overlap counts for nothing, since there the tile lacks its surroundings.
    """
    weights = np.ones(stop - start, np.float32)
    rise = np.clip((np.arange(OVERLAP, dtype=np.float32) + 0.5 - OVERLAP / 4) / (OVERLAP / 2), 0, 1)
    if start > 0:
        weights[:OVERLAP] = rise
    if stop < length:
        weights[-OVERLAP:] *= 1 - rise
    return weights
