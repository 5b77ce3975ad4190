"""Lazily loaded images that are too large to be read whole: which parts of them a model is trained on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .chunked import is_lazy

__all__ = [
    "IN_MEMORY_PIXELS",
    "SAMPLE_PIXELS",
    "is_large",
    "memory_of_run",
    "on_disk_as_dask",
    "sample_places",
    "sample_planes",
]

#: Lazily loaded images of more pixels are not read whole.
IN_MEMORY_PIXELS = 2**25

#: Pixels, at most, that a model is trained on.
SAMPLE_PIXELS = 2**24

#: Side in pixels of the pieces sampled from planes that are larger than that.
_PIECE = 1024

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


def sample_places(planes: int, plane_shape: tuple[int, int], most: int = SAMPLE_PIXELS) -> list[Place]:
    """Return what is enough of an image to train on, evenly spread.

    Parameters
    ----------
    planes : int
    plane_shape : (int, int)
        Rows and columns of a plane.
    most : int
        Pixels.

    Returns
    -------
    list of (plane, rows, columns)
        Whole planes, or pieces of 1024 x 1024 pixels where a single plane is more than `most`.
    """
    height, width = plane_shape
    pieces = [(slice(0, height), slice(0, width))]
    if height * width > most:
        sides = min(_PIECE, height), min(_PIECE, width)
        pieces = [
            (slice(top, top + sides[0]), slice(left, left + sides[1]))
            for top in range(0, height - sides[0] + 1, sides[0])
            for left in range(0, width - sides[1] + 1, sides[1])
        ]
        height, width = sides
    places = planes * len(pieces)
    taken = min(places, max(1, most // (height * width)))
    # Each in the middle of its share.
    chosen = (divmod(int((index + 0.5) * places / taken), len(pieces)) for index in range(taken))
    return [(plane, *pieces[piece]) for plane, piece in chosen]


def sample_planes(image: Any, plane: int | None = None, most: int = SAMPLE_PIXELS) -> tuple[np.ndarray, int | None]:
    """Read what is enough of a large image to train on.

    Parameters
    ----------
    image : (..., Y, X) dask array
    plane : int, optional
        Index, over all leading axes flattened, of a plane that is taken in any case unless planes are cut.
    most : int
        Pixels.

    Returns
    -------
    sample : (N, Y, X) ndarray
    index : int or None
        Where `plane` is in the sample.
    """
    *leading, height, width = image.shape
    places = sample_places(math.prod(leading), (height, width), most)
    index = None
    if plane is not None and places[0][1:] == (slice(0, height), slice(0, width)):
        index = min(range(len(places)), key=lambda at: abs(places[at][0] - plane))
        places[index] = (plane, *places[index][1:])
    read = [
        np.asarray(image[(*np.unravel_index(number, leading), rows, columns) if leading else (rows, columns)])
        for number, rows, columns in places
    ]
    return np.stack(read), index
