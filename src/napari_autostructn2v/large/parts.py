"""Lazily loaded images that are too large to be read whole: which parts of them a model is trained on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..images import as_array, in_memory
from .chunked import is_lazy

__all__ = [
    "IN_MEMORY_PIXELS",
    "SAMPLE_PIXELS",
    "is_large",
    "memory_of_run",
    "on_disk_as_dask",
    "planes_beside",
    "sample_places",
    "sample_planes",
]

#: Lazily loaded images of more pixels are not read whole.
IN_MEMORY_PIXELS = 2**25

#: Pixels, at most, that a model is trained on.
SAMPLE_PIXELS = 2**24

#: Side in pixels of the pieces sampled from planes that are larger than that.
_PIECE = 1024

#: Planes of a run that lie one beside the other, the fewest of them that are worth it, the sides of the pieces of
#: which there should be so many runs at least.
_RUN, _SHORTEST_RUN, _RUN_SIDES, _FEWEST_RUNS = 25, 3, (512, 256), 4

#: Multiples of it spread evenly, whatever their number.
_GOLDEN = 0.618

#: What a run needs beside its pixels, and for each of them, in bytes; see benchmarks/memory.py.
_WORKING_BYTES, _BYTES_PER_PIXEL = 700e6, 40

Place = tuple[int, slice, slice]


def is_large(image: Any) -> bool:
    """Return True for a dask array that is not to be read whole."""
    return is_lazy(image) and image.ndim >= 2 and image.size > IN_MEMORY_PIXELS


def memory_of_run(pixels: int) -> float:
    """Return the bytes, at most, that a run on so many pixels in memory takes beyond the program itself."""
    return _WORKING_BYTES + _BYTES_PER_PIXEL * pixels


def on_disk_as_dask(image: Any) -> Any:
    """Return a large array that lies on disk (zarr, HDF5, memory-mapped) as a dask array; all else as it is."""
    on_disk = isinstance(image, np.memmap) or (hasattr(image, "chunks") and not is_lazy(image))
    if not on_disk or math.prod(image.shape) <= IN_MEMORY_PIXELS:
        return image
    import dask.array

    return dask.array.from_array(image, chunks=(*(1,) * (len(image.shape) - 2), *image.shape[-2:]))


def sample_places(
    planes: int, plane_shape: tuple[int, int], most: int = SAMPLE_PIXELS, *, length: int = 1
) -> tuple[list[Place], int]:
    """Return what is enough of an image to train on, evenly spread.

    Parameters
    ----------
    planes : int
    plane_shape : (int, int)
        Rows and columns of a plane.
    most : int
        Pixels.
    length : int
        Planes of one stack, if planes that lie one beside the other are wanted; 1 if not.

    Returns
    -------
    places : list of (plane, rows, columns)
        Whole planes, or pieces of them: of 1024 x 1024 pixels where a single plane is more than `most`, smaller ones
        where planes beside each other are wanted. The plane is the first one of a run.
    run : int
        Planes of a run; 1 where there would be too few runs.
    """
    height, width = plane_shape
    run, side = 1, _PIECE if height * width > most else max(plane_shape)
    if length >= _SHORTEST_RUN:
        wanted = min(length, _RUN)
        for shorter in _RUN_SIDES:
            if _FEWEST_RUNS * wanted * min(shorter, height) * min(shorter, width) <= most:
                run, side = wanted, shorter
                break
    height, width = min(side, height), min(side, width)
    pieces = [
        (slice(top, top + height), slice(left, left + width))
        for top in range(0, plane_shape[0] - height + 1, height)
        for left in range(0, plane_shape[1] - width + 1, width)
    ]
    in_stack = length // run if run > 1 else 1
    runs = planes // length * in_stack if run > 1 else planes
    places = runs * len(pieces)
    taken = min(places, max(1, most // (run * height * width)))
    # Each in the middle of its share; other pieces of other runs.
    chosen = []
    for index in range(taken):
        number, piece = divmod(int((index + 0.5) * places / taken), len(pieces))
        stack, at = divmod(number, in_stack)
        first = stack * length + at * run if run > 1 else number
        chosen.append((first, *pieces[(piece + int(number * _GOLDEN * len(pieces))) % len(pieces)]))
    return chosen, run


def sample_planes(
    image: Any, plane: int | None = None, most: int = SAMPLE_PIXELS, *, with_neighbours: bool = False
) -> tuple[np.ndarray, int | None]:
    """Read what is enough of a large image to train on.

    Parameters
    ----------
    image : (..., Y, X) dask array
    plane : int, optional
        Index, over all leading axes flattened, of a plane that is taken in any case unless planes are cut.
    most : int
        Pixels.
    with_neighbours : bool
        Read runs of planes that lie one beside the other along the last axis before Y and X, if there is room.

    Returns
    -------
    sample : (N, Y, X) or (runs, planes, Y, X) ndarray
    index : int or None
        Where `plane` is in the sample.
    """
    *leading, height, width = image.shape
    length = leading[-1] if leading and with_neighbours else 1
    places, run = sample_places(math.prod(leading), (height, width), most, length=length)
    index = None
    if run == 1 and plane is not None and places[0][1:] == (slice(0, height), slice(0, width)):
        index = min(range(len(places)), key=lambda at: abs(places[at][0] - plane))
        places[index] = (plane, *places[index][1:])
    read = []
    for first, rows, columns in places:
        numbers = tuple(map(int, np.unravel_index(first, leading))) if leading else ()
        along = (slice(numbers[-1], numbers[-1] + run),) if run > 1 else numbers[-1:]
        read.append(in_memory(image[(*numbers[:-1], *along, rows, columns)]))
    # Filled all together, as a plane that is masked all over takes its values from others.
    return as_array(np.ma.stack(read)) if any(map(np.ma.is_masked, read)) else np.stack(read), index


def planes_beside(image: Any, plane: int, reach: int) -> tuple[np.ndarray, int]:
    """Read a plane with those beside it along the last axis before Y and X.

    Parameters
    ----------
    image : (..., Y, X) dask array
    plane : int
        Index over all leading axes flattened.
    reach : int

    Returns
    -------
    planes : (N, Y, X) ndarray
    index : int
        Of the plane among them.
    """
    *leading, _, _ = image.shape
    if not leading:
        return as_array(image)[None], 0
    *others, at = map(int, np.unravel_index(plane, leading))
    first = max(0, at - reach)
    return as_array(image[(*others, slice(first, at + reach + 1))]), at - first
