"""LIF files of Leica, read by liffile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .scene import LazyPlanes, Scene, closed_on_error, letters, pick, steps

__all__ = ["open_lif"]


def open_lif(path: Path, wanted: str) -> Scene:
    """Open an image of a LIF file."""
    import liffile

    with closed_on_error(liffile.LifFile(path)) as document:
        return _opened(path, document, wanted)


def _opened(path: Path, document: Any, wanted: str) -> Scene:
    images = list(document.images)
    scenes = tuple(str(image.path) for image in images)
    image = images[pick(path, scenes, wanted)]
    sizes = dict(image.sizes)
    inner = list(image.frames.frame_sizes)
    leading = [axis for axis in sizes if axis not in inner]
    array: Any
    if list(sizes)[len(leading) :] == inner:
        frames = image.frames

        def plane(at: tuple[int, ...]) -> np.ndarray:
            return np.asarray(frames[at] if at else image.asarray())

        array = LazyPlanes(tuple(sizes.values()), image.dtype, len(leading), plane)
    else:  # axes in another order than they are stored in
        array = image.asarray()
    coordinates = image.coords
    spacing = {axis: steps(coordinates.get(axis), 1e6) for axis in "XYZ"}  # metres
    spacing["T"] = steps(coordinates.get("T"))
    axes = letters(list(sizes))
    known = {letter: step for axis, letter in zip(sizes, axes, strict=True) if (step := spacing.get(axis))}
    return Scene(array, axes, scenes, _channels(image), known, document.close)


def _channels(image: Any) -> tuple[str, ...]:
    """Return what colours the channels are shown in: LIF files have no other names for them."""
    found = image.xml_element.findall("./Data/Image/ImageDescription/Channels/ChannelDescription")
    return tuple(channel.get("LUTName") or "" for channel in found)
