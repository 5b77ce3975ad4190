"""How an image of any size is cut into the blocks that are denoised at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..images import Layout
from .chunked import BLOCK_PIXELS, plane_chunks, plane_runs

__all__ = ["Block", "blocks_of", "chunks_for"]


@dataclass(frozen=True)
class Block:
    """A part of one channel that is read, denoised and written at once.

    Parameters
    ----------
    number : int
        Position in the sequence of all blocks of an image.
    channel : int
    leading : tuple of slice
        Along the axes that count the planes of the channel.
    rows, columns : slice
        Of the plane, as they are written.
    """

    number: int
    channel: int
    leading: tuple[slice, ...]
    rows: slice
    columns: slice


def blocks_of(layout: Layout, chunks: tuple[int, ...], margin: int, reach: int = 0) -> list[Block]:
    """Cut an image into blocks.

    Parameters
    ----------
    layout : Layout
    chunks : tuple of int
        Of the file: what it stores together is read together, unless that would be too much.
    margin : int
        See :attr:`~.denoiser.Denoiser.margin`.
    reach : int
        See :attr:`~.denoiser.Denoiser.reach`.
    """
    rows, columns = (_slices(sizes) for sizes in plane_chunks(layout.plane_shape, margin, reach))
    result: list[Block] = []
    for number, channel in enumerate(layout.channels):
        free = layout.free(channel)
        along = [_slices(sizes) for sizes in _leading_sizes(layout, free, chunks, margin, reach)]
        for leading in product(*along):
            result += [
                Block(len(result) + index, number, leading, *place)
                for index, place in enumerate(product(rows, columns))
            ]
    return result


def chunks_for(layout: Layout, chunks: tuple[int, ...], margin: int, reach: int = 0) -> tuple[int, ...]:
    """Return the chunks of the result: those of the file, but none shared by two blocks.

    A chunk is written whole. Were it shared, a run that is killed while it writes one block could spoil another.
    """
    pieces = dict(zip("YX", plane_chunks(layout.plane_shape, margin, reach), strict=True))
    free = layout.free(layout.channels[0])
    sizes = dict(zip(free, _leading_sizes(layout, free, chunks, margin, reach), strict=True))
    result = []
    for axis, size, chunk in zip(layout.axes, layout.shape, chunks, strict=True):
        if axis in pieces:
            corners = [*pieces[axis][:-1]]
            result.append(chunk if all(corner % chunk == 0 for corner in corners) else math.gcd(*corners, 2**9))
        else:
            result.append(min(size, math.gcd(chunk, *sizes[axis][:-1])) if axis in sizes else 1)
    return tuple(result)


def _leading_sizes(
    layout: Layout, free: str, chunks: tuple[int, ...], margin: int, reach: int
) -> list[tuple[int, ...]]:
    """Planes that the blocks take along each axis: those that the file stores together, if they are not too many.

    Where neighbours are read along the last axis, the blocks take more along it and no more along the others.
    """
    if reach and layout.stacked:
        rows, columns = plane_chunks(layout.plane_shape, margin, reach)
        runs = plane_runs(layout.size(free[-1]), (max(rows), max(columns)), reach)
        return [*((1,) * layout.size(axis) for axis in free[:-1]), runs]
    steps = [min(chunks[layout.axes.index(axis)], layout.size(axis)) for axis in free]
    if math.prod(steps) * math.prod(layout.plane_shape) > BLOCK_PIXELS:
        steps = [1] * len(free)
    return [_equal(layout.size(axis), step) for axis, step in zip(free, steps, strict=True)]


def _slices(sizes: tuple[int, ...]) -> list[slice]:
    ends = np.cumsum(sizes)
    return [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]


def _equal(length: int, step: int) -> tuple[int, ...]:
    return tuple(min(step, length - start) for start in range(0, length, step))
