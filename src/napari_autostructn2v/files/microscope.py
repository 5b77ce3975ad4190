"""Microscopes' files in; their results are OME-TIFF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..microscopes import Scene, open_scene, split_scene
from .image_file import ImageFile
from .reading import plain_read_errors

__all__ = ["open_microscope", "scenes_of"]


def open_microscope(path: Path) -> ImageFile:
    """Open a microscope's file, or a scene in one."""
    scene = open_scene(path)
    messages: tuple[str, ...] = ()
    if len(scene.scenes) > 1 and not split_scene(path)[1]:
        messages = (
            f"{path} holds {len(scene.scenes)} images; this is about the first one. The others are "
            f"{', '.join(str(path / name) for name in scene.scenes[1:4])}{' ...' * (len(scene.scenes) > 4)}",
        )
    channels = scene.channels if len(scene.channels) == _length(scene, "C") else ()
    details = {
        "metadata": _metadata(scene, channels),
        "axes": scene.axes,
        "scenes": scene.scenes,
        "spacing": scene.spacing,
    }
    return ImageFile(path, "microscope", scene.array, scene.axes, channels, messages, details, scene.close)


def scenes_of(path: Path) -> list[Path]:
    """Return the paths of all scenes of a microscope's file; the file itself where it holds one image.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    with plain_read_errors(path), open_microscope(path) as image:
        names = image.details["scenes"]
    return [path / name for name in names] if len(names) > 1 else [path]


def _length(scene: Scene, axis: str) -> int:
    return int(scene.array.shape[scene.axes.index(axis)]) if axis in scene.axes else 1


def _metadata(scene: Scene, channels: tuple[str, ...]) -> dict[str, Any]:
    """Return what the OME-XML of a result says beside its axes."""
    metadata: dict[str, Any] = {}
    for axis in "XYZ":
        if axis in scene.spacing and axis in scene.axes:
            metadata |= {f"PhysicalSize{axis}": scene.spacing[axis], f"PhysicalSize{axis}Unit": "µm"}
    if "T" in scene.spacing and "T" in scene.axes:
        metadata |= {"TimeIncrement": scene.spacing["T"], "TimeIncrementUnit": "s"}
    if channels:
        metadata["Channel"] = {"Name": list(channels)}
    return metadata
