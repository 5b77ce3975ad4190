"""ND2 files of Nikon, read by nd2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .scene import LazyPlanes, Scene, closed_on_error, letters, pick

__all__ = ["open_nd2"]


def open_nd2(path: Path, wanted: str) -> Scene:
    """Open an ND2 file; each of its positions is a scene."""
    import nd2

    with closed_on_error(nd2.ND2File(path)) as document:
        return _opened(path, document, wanted)


def _opened(path: Path, document: Any, wanted: str) -> Scene:
    sizes = dict(document.sizes)
    positions = sizes.get("P", 1)
    scenes = tuple(f"position{number + 1}" for number in range(positions)) if positions > 1 else ("",)
    chosen = pick(path, scenes, wanted)
    inner = [axis for axis in sizes if axis in ("C", "Y", "X", "S")]
    leading = [axis for axis in sizes if axis not in inner and axis != "P"]
    numbers = {
        tuple(at.get(axis, 0) for axis in leading): number
        for number, at in enumerate(document.loop_indices)
        if at.get("P", 0) == chosen
    } or {(): 0}

    def plane(at: tuple[int, ...]) -> np.ndarray:
        return np.asarray(document.read_frame(numbers[at])).reshape([sizes[axis] for axis in inner])

    voxel = document.voxel_size()
    spacing = {axis: float(size) for axis, size in zip("XYZ", voxel, strict=True) if size and size > 0}
    period = next((_seconds(loop) for loop in document.experiment if loop.type in ("TimeLoop", "NETimeLoop")), 0.0)
    channels = tuple(str(channel.channel.name) for channel in getattr(document.metadata, "channels", None) or ())
    return Scene(
        LazyPlanes([sizes[axis] for axis in leading + inner], document.dtype, len(leading), plane),
        letters(leading + inner),
        scenes,
        channels,
        spacing | ({"T": period} if period > 0 else {}),
        document.close,
    )


def _seconds(loop: Any) -> float:
    """Return the time between two frames: what was measured, or what was asked for."""
    measured = getattr(getattr(loop.parameters, "periodDiff", None), "avg", 0)
    return float(measured or getattr(loop.parameters, "periodMs", 0) or 0) / 1000
