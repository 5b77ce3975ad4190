"""CZI files of Zeiss, read by Zeiss's own pylibCZIrw."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from .scene import LazyPlanes, Scene, closed_on_error, pick

__all__ = ["open_czi"]

_DTYPES = {"Gray8": "u1", "Gray16": "u2", "Gray32Float": "f4", "Bgr24": "u1", "Bgr48": "u2", "Bgr96Float": "f4"}


def open_czi(path: Path, wanted: str) -> Scene:
    """Open a scene of a CZI file; the tiles of a mosaic are put together."""
    from pylibCZIrw import czi

    with closed_on_error(czi.CziReader(str(path))) as document:
        return _opened(path, document, wanted)


def _opened(path: Path, document: Any, wanted: str) -> Scene:
    rectangles = dict(sorted(document.scenes_bounding_rectangle.items()))
    scenes = tuple(f"scene{number + 1}" for number in rectangles) or ("",)
    chosen = pick(path, scenes, wanted)
    scene = list(rectangles)[chosen] if rectangles else None
    area = rectangles[scene] if scene is not None else document.total_bounding_rectangle
    bounds = document.total_bounding_box
    leading = [axis for axis in ("T", "Z", "C") if axis in bounds and bounds[axis][1] - bounds[axis][0] > 1]
    first = {axis: start for axis, (start, _) in bounds.items() if axis not in "XY"}
    types = set(document.pixel_types.values())
    colour = any(kind.startswith("Bgr") for kind in types)
    dtype = np.result_type(*(_DTYPES[kind] for kind in types))

    def plane(at: tuple[int, ...]) -> np.ndarray:
        numbers = first | {axis: first[axis] + number for axis, number in zip(leading, at, strict=True)}
        pixels = document.read(roi=tuple(area), plane=numbers, scene=scene)
        return pixels[..., ::-1] if colour else pixels[..., 0]  # colours are stored from blue to red

    shape = [bounds[axis][1] - bounds[axis][0] for axis in leading] + [area.h, area.w] + [3] * colour
    axes = "".join(leading) + "YX" + "S" * colour
    root = ElementTree.fromstring(document.raw_metadata)
    return Scene(
        LazyPlanes(shape, dtype, len(leading), plane), axes, scenes, _channels(root), _spacing(root), document.close
    )


def _channels(root: Any) -> tuple[str, ...]:
    found = root.findall(".//Information/Image/Dimensions/Channels/Channel")
    named = {item.get("Id"): item.get("Name") for item in root.findall(".//DisplaySetting/Channels/Channel")}
    return tuple(item.get("Name") or named.get(item.get("Id")) or "" for item in found)


def _spacing(root: Any) -> dict[str, float]:
    found = {}
    for item in root.findall(".//Scaling/Items/Distance"):
        if item.get("Id") in ("X", "Y", "Z") and float(item.findtext("Value") or 0) > 0:
            found[item.get("Id")] = float(item.findtext("Value")) * 1e6  # metres
    seconds = float(root.findtext(".//Information/Image/Dimensions/T/Positions/Interval/Increment") or 0)
    return found | ({"T": seconds} if seconds > 0 else {})
