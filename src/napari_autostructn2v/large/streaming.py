"""An image of any size, block by block: what a model is trained on, and what is denoised at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ..files import ImageFile, open_image
from ..images import Channel, FixedPattern, Layout, find_in_frames, line_strips
from .chunked import BLOCK_PIXELS, plane_chunks, plane_runs
from .margins import with_margin
from .model import PackedModel
from .parts import SAMPLE_PIXELS, sample_places

__all__ = [
    "Block",
    "Recipe",
    "blocks_of",
    "chunks_for",
    "denoise_block",
    "done_blocks",
    "fixed_pattern_of",
    "read_sample",
]


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


@dataclass(frozen=True, eq=False)
class Recipe:
    """How the blocks of an image become those of the result; it travels to every worker.

    Parameters
    ----------
    source : str
        The image.
    target : str
        The zarr array of the result.
    layout : Layout
    models : tuple of PackedModel or None
        One for each channel; None leaves a channel as it is.
    patterns : tuple of FixedPattern
        One for each channel, taken out before anything else.
    margin : int
        Pixels that are read around a piece of a plane.
    reach : int
        Planes that are read on either side, along :attr:`~.images.Layout.stacked`.
    device : str
    """

    source: str
    target: str
    layout: Layout
    models: tuple[PackedModel | None, ...]
    patterns: tuple[FixedPattern, ...]
    margin: int
    reach: int
    device: str


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


def denoise_block(recipe: Recipe, block: Block, image: ImageFile | None = None) -> int:
    """Read a block, denoise it and write it; returns its number.

    Parameters
    ----------
    recipe : Recipe
    block : Block
    image : ImageFile, optional
        The opened source; a worker of a cluster opens it itself.

    Raises
    ------
    InputError
        If the file is damaged there.
    """
    import zarr

    if image is None:
        with open_image(recipe.source) as image:
            return denoise_block(recipe, block, image)
    layout, channel = recipe.layout, recipe.layout.channels[block.channel]
    model, pattern = recipe.models[block.channel], recipe.patterns[block.channel]
    rows, kept_rows = with_margin(block.rows, layout.size("Y"), recipe.margin)
    columns, kept_columns = with_margin(block.columns, layout.size("X"), recipe.margin)
    leading, chosen = list(block.leading), slice(None)
    free = layout.free(channel)
    beside = 0 if model is None or not layout.stacked else model.open().reach
    if beside:
        leading[-1], chosen = with_margin(leading[-1], layout.size(free[-1]), beside)
    index = layout.slices(channel, leading, rows, columns)
    part = layout.to_planes(image.read(index), layout.kept(index))
    dtype = part.dtype
    if pattern:
        part = pattern.removed(part, rows, columns)
    if model is not None:
        denoiser = model.open()
        cut = (_length(block.rows), _length(block.columns)) != layout.plane_shape
        if cut and denoiser.flattened:
            part = np.stack(
                [
                    _line_offsets(recipe, block.channel, _plane_number(leading, plane)).removed(
                        part[plane], rows, columns
                    )
                    for plane in np.ndindex(*part.shape[:-2])
                ]
            ).reshape(part.shape)
        result = np.empty((*part.shape[:-3], *_lengths(block.leading[-1:]), *part.shape[-2:]), dtype)
        # Where planes are denoised alone, one by one: what is stored together may be hundreds of small planes.
        for number in np.ndindex(*part.shape[: -3 if beside else -2]):
            result[number] = denoiser.predict_part(
                part[number], device=recipe.device, dtype=dtype, lines_are_flat=cut, chosen=chosen
            )
        part = result
    part = part[..., kept_rows, kept_columns]
    written = layout.slices(channel, block.leading, block.rows, block.columns)
    target: Any = zarr.open_array(recipe.target, mode="r+")
    target[written] = layout.from_planes(part, layout.kept(written))
    return block.number


@lru_cache(maxsize=64)
def _line_offsets(recipe: Recipe, number: int, plane: tuple[int, ...]) -> FixedPattern:
    """Estimate the offsets of the lines of a whole plane, once for all its blocks."""
    layout, channel, model = recipe.layout, recipe.layout.channels[number], recipe.models[number]
    assert model is not None
    denoiser = model.open()
    found: dict[str, np.ndarray] = {}
    with open_image(recipe.source) as image:

        def read(rows: slice, columns: slice) -> np.ndarray:
            index = layout.slices(channel, list(plane), rows, columns)
            part = layout.to_planes(image.read(index), layout.kept(index))
            part = recipe.patterns[number].removed(part, rows, columns)
            if "rows" in found:
                part = part - found["rows"][rows, None]
            return part

        for name in denoiser.flattened:
            height, width = layout.plane_shape
            if name == "rows":
                strips = [read(slice(0, height), strip) for strip in line_strips((height, width))]
            else:
                strips = [read(strip, slice(0, width)).T for strip in line_strips((width, height))]
            found[name] = denoiser.line_offsets(np.concatenate(strips, axis=1))
    return FixedPattern(**found)


def done_blocks(path: Path) -> set[int]:
    """Return the numbers in a progress file; a number that was being written when the run ended does not count."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return set()
    return {int(line) for line in lines if line.isdigit()}


def _count(layout: Layout, channel: Channel) -> int:
    return math.prod(layout.size(axis) for axis in layout.free(channel))


def _read(image: ImageFile, layout: Layout, channel: Channel, number: int, rows: slice, columns: slice) -> np.ndarray:
    """Read a part of a plane, counted over all axes that the channel leaves free; (Y, X)."""
    sizes = [layout.size(axis) for axis in layout.free(channel)]
    index = layout.slices(channel, [int(at) for at in np.unravel_index(number, sizes)] if sizes else [], rows, columns)
    return layout.to_planes(image.read(index), layout.kept(index))


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


def _length(within: slice) -> int:
    return int(within.stop - within.start)


def _lengths(parts: tuple[slice, ...]) -> tuple[int, ...]:
    return tuple(_length(part) for part in parts)


def _plane_number(leading: list[slice], at: tuple[int, ...]) -> tuple[int, ...]:
    """Return which plane of the image is at a place of a part of it."""
    return tuple(along.start + index for along, index in zip(leading, at, strict=True))
