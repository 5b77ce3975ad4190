"""What napari opens microscopes' files with: a layer for each channel of each scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["napari_reader"]

#: Larger images stay in their files, and napari reads the planes that it shows.
_SMALL_BYTES = 256_000_000

#: A layer as napari's readers return it: pixels, keyword arguments, kind.
Layer = tuple[Any, dict[str, Any], str]


def napari_reader(path: str | Sequence[str]) -> Callable[[str | Sequence[str]], list[Layer]]:
    """Return the function that reads a file of one of the kinds that the manifest names."""
    return _read


def _read(path: str | Sequence[str]) -> list[Layer]:
    from pathlib import Path

    from .files import scenes_of

    paths = [path] if isinstance(path, str) else list(path)
    layers: list[Layer] = []
    for file in map(Path, paths):
        for number, scene in enumerate(scenes_of(file)):
            layers += _layers(scene, visible=number == 0)
    return layers


def _layers(path: Any, visible: bool) -> list[Layer]:
    import dask.array

    from .files import UNKNOWN, open_image, pixel_sizes
    from .microscopes import split_scene

    image = open_image(path)
    pixels: Any = image.array
    if np.prod(pixels.shape, dtype=np.int64) * pixels.dtype.itemsize <= _SMALL_BYTES:
        with image:
            pixels = image.read()
    else:
        pixels = dask.array.from_array(pixels, chunks=image.chunks)
    axes, sizes = image.axes, pixel_sizes(image)
    file, scene = split_scene(path)
    name = f"{file.stem} {scene}".strip()
    kept = [axis for axis in axes if axis not in "CS"]
    known = [sizes.get(axis, (1.0, "pixel")) for axis in kept]
    options: dict[str, Any] = {
        "scale": [size for size, _ in known],
        "units": [unit for _, unit in known],
        "axis_labels": [f"axis {number}" if axis == UNKNOWN else axis for number, axis in enumerate(kept)],
        "visible": visible,
        "name": name,
    }
    if axes.endswith("S"):
        options["rgb"] = True
    if "C" in axes:
        count = pixels.shape[axes.index("C")]
        options |= {
            "channel_axis": axes.index("C"),
            "name": [f"{name} {channel}" for channel in image.names or range(1, count + 1)],
        }
    return [(pixels, options, "image")]
