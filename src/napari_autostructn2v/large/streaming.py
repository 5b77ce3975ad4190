"""An image of any size, denoised block by block, here or by the workers of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..files import ImageFile, open_image
from ..images import FixedPattern, Layout, line_strips
from .blocks import Block
from .margins import with_margin
from .model import PackedModel

__all__ = ["Recipe", "denoise_block", "done_blocks"]


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


def _length(within: slice) -> int:
    return int(within.stop - within.start)


def _lengths(parts: tuple[slice, ...]) -> tuple[int, ...]:
    return tuple(_length(part) for part in parts)


def _plane_number(leading: list[slice], at: tuple[int, ...]) -> tuple[int, ...]:
    """Return which plane of the image is at a place of a part of it."""
    return tuple(along.start + index for along, index in zip(leading, at, strict=True))
