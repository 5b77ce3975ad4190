"""How large the pixels of an image are, as far as its file says it."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree

from .image_file import ImageFile

__all__ = ["PixelSize", "pixel_sizes"]

#: Of one axis: the size, and the unit, empty where there is none.
PixelSize = tuple[float, str]

_OME_NAMES = {"X": "PhysicalSizeX", "Y": "PhysicalSizeY", "Z": "PhysicalSizeZ", "T": "TimeIncrement"}

#: Names of units that files use, beside those that are understood as they are.
_UNITS = {
    "um": "micrometer", "µm": "micrometer", "μm": "micrometer", "\\u00b5m": "micrometer", "micron": "micrometer",
    "microns": "micrometer", "sec": "second", "seconds": "second", "s": "second", "ms": "millisecond",
    "nm": "nanometer", "mm": "millimeter", "cm": "centimeter", "å": "angstrom", "pixel": "", "pixels": "",
    "reference frame": "",
}  # fmt: skip

#: Micrometres of the units of plain TIFFs. Larger pixels than this were given a size for printing.
_TIFF_UNITS, _LARGEST = {2: 25400.0, 3: 10000.0}, 50.0


def pixel_sizes(image: ImageFile) -> dict[str, PixelSize]:
    """Return size and unit of the pixels along the axes of which the file says it.

    Parameters
    ----------
    image : ImageFile

    Returns
    -------
    dict of str to (float, str)
        By the letter of the axis, such as ``{"X": (0.1, "micrometer")}``; empty where the file says nothing, or nothing
        that makes sense.
    """
    found: dict[str, PixelSize] = {}
    with suppress(Exception):  # odd metadata are no reason not to show an image
        if "ome" in image.details:
            found = _of_ome(image.details["ome"])
        elif image.kind == "microscope":
            spacing = image.details["spacing"].items()
            found = {axis: (size, "second" if axis == "T" else "micrometer") for axis, size in spacing}
        elif image.kind == "ome-zarr":
            found = _of_zarr(image)
        elif "resolution" in image.details:
            found = _of_resolution(image.details)
    return {axis: (size, unit) for axis, (size, unit) in found.items() if math.isfinite(size) and size > 0}


def _of_ome(text: str) -> dict[str, PixelSize]:
    pixels = next(element for element in ElementTree.fromstring(text).iter() if element.tag.endswith("}Pixels"))
    found = {}
    for axis, name in _OME_NAMES.items():
        if name in pixels.attrib:
            unit = pixels.get(f"{name}Unit", "s" if axis == "T" else "µm")
            found[axis] = float(pixels.attrib[name]), _named(unit)
    return found


def _of_zarr(image: ImageFile) -> dict[str, PixelSize]:
    attributes: dict[str, Any] = dict(image.details["group"].attrs)
    described = attributes.get("ome", attributes)["multiscales"][0]
    finest = described["datasets"][0]
    steps = [
        *finest.get("coordinateTransformations", []),
        *described.get("coordinateTransformations", []),
    ]
    sizes = [1.0] * len(image.axes)
    for step in steps:
        if step.get("type") == "scale":
            sizes = [size * float(factor) for size, factor in zip(sizes, step["scale"], strict=True)]
    units = [axis.get("unit", "") if isinstance(axis, dict) else "" for axis in described["axes"]]
    return {
        letter: (size, _named(unit))
        for letter, size, unit in zip(image.axes, sizes, units, strict=True)
        if letter in _OME_NAMES
    }


def _of_resolution(details: dict[str, Any]) -> dict[str, PixelSize]:
    resolution = details["resolution"]
    (x_count, x_unit), (y_count, y_unit) = resolution["resolution"]
    sizes = {"X": x_unit / x_count, "Y": y_unit / y_count}
    imagej = details.get("imagej")
    if imagej is not None:
        unit = _named(str(imagej.get("unit", "")))
        found = {axis: (size, unit) for axis, size in sizes.items()} if unit else {}
        if unit and "spacing" in imagej:
            found["Z"] = float(imagej["spacing"]), unit
        if "finterval" in imagej:
            found["T"] = float(imagej["finterval"]), "second"
        return found
    micrometres = _TIFF_UNITS.get(int(resolution["resolutionunit"]), math.inf)
    found = {axis: (size * micrometres, "micrometer") for axis, size in sizes.items()}
    return found if all(size < _LARGEST for size, _ in found.values()) else {}


def _named(unit: str) -> str:
    return _UNITS.get(unit.strip().lower(), unit.strip())
