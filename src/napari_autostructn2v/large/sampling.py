"""What is read of an image of any size before it is denoised: what a model is trained on, and its fixed pattern."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..files import ImageFile
from ..images import Channel, FixedPattern, Layout, find_in_frames
from .parts import SAMPLE_PIXELS, sample_places

__all__ = ["fixed_pattern_of", "read_sample"]


def read_sample(
    image: ImageFile,
    layout: Layout,
    channel: Channel,
    most: int | None = None,
    pattern: FixedPattern = FixedPattern(),  # noqa: B008  (frozen)
    *,
    with_neighbours: bool = False,
) -> np.ndarray:
    """Read what a model of one channel is trained on: all its planes, or as many as are enough, evenly spread.

    Parameters
    ----------
    image : ImageFile
    layout : Layout
    channel : Channel
    most : int, optional
        Pixels; 2**24 unless given.
    pattern : FixedPattern
        Taken out.
    with_neighbours : bool
        Read runs of planes that lie one beside the other along :attr:`~.images.Layout.stacked`, if there is room.

    Returns
    -------
    (N, Y, X) or (runs, planes, Y, X) ndarray
        Pieces of 1024 x 1024 pixels where a single plane is more than that; smaller ones with neighbours.
    """
    length = layout.size(layout.stacked) if layout.stacked and with_neighbours else 1
    places, run = sample_places(_count(layout, channel), layout.plane_shape, most or SAMPLE_PIXELS, length=length)
    planes = []
    for first, rows, columns in places:
        for plane in range(first, first + run):
            part = _read(image, layout, channel, plane, rows, columns)
            planes.append(pattern.removed(part, rows, columns) if pattern else part)
    sample = np.stack(planes)
    return sample.reshape(-1, run, *sample.shape[1:]) if run > 1 else sample


def fixed_pattern_of(image: ImageFile, layout: Layout, channel: Channel) -> FixedPattern:
    """Find the fixed pattern of a channel of any size, from strips across frames that are spread over all of it.

    Parameters
    ----------
    image : ImageFile
    layout : Layout
    channel : Channel
    """
    stored = dict(zip(layout.axes, image.chunks, strict=True))

    @lru_cache(maxsize=1)
    def whole(number: int) -> np.ndarray:
        return _read(image, layout, channel, number, slice(None), slice(None))

    def read(number: int, rows: slice, columns: slice) -> np.ndarray:
        if (stored["Y"], stored["X"]) == layout.plane_shape:
            return whole(number)[rows, columns]  # each strip would be read as a whole plane
        return _read(image, layout, channel, number, rows, columns)

    return find_in_frames(read, _count(layout, channel), layout.plane_shape)


def _count(layout: Layout, channel: Channel) -> int:
    return math.prod(layout.size(axis) for axis in layout.free(channel))


def _read(image: ImageFile, layout: Layout, channel: Channel, number: int, rows: slice, columns: slice) -> np.ndarray:
    """Read a part of a plane, counted over all axes that the channel leaves free; (Y, X)."""
    sizes = [layout.size(axis) for axis in layout.free(channel)]
    index = layout.slices(channel, [int(at) for at in np.unravel_index(number, sizes)] if sizes else [], rows, columns)
    return layout.to_planes(image.read(index), layout.kept(index))
