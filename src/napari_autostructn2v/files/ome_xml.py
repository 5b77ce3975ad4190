"""The OME-XML of a TIFF: which files and channels it names, and what of it a result takes over."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..disk import check_regular
from .reading import inner_path

__all__ = ["channel_names", "named_files", "of_first_image"]


def named_files(path: Path, ome: str) -> list[Path]:
    """Return the other files that OME-XML names and that are there; asked before any is opened."""
    names = {element.get("FileName") for element in ElementTree.fromstring(ome).iter()} - {None, path.name}
    found = [path.parent / inner_path(path, name) for name in sorted(map(str, names))]
    return [check_regular(other) for other in found if other.exists()]


def channel_names(text: str) -> tuple[str, ...]:
    """Return the names of the channels of the first image of OME-XML."""
    pixels = _first_image(ElementTree.fromstring(text))[1]
    found = pixels.findall(f"{_namespace(pixels)}Channel")
    return tuple(channel.get("Name") or "" for channel in found)


def of_first_image(text: str) -> bytes:
    """Return the OME-XML of a file for another one that holds the planes of its first image in the same order."""
    root = ElementTree.fromstring(text)
    space = _namespace(root)
    if space:
        ElementTree.register_namespace("", space[1:-1])
    first, pixels = _first_image(root)
    for image in root.findall(f"{space}Image"):
        if image is not first:
            root.remove(image)
    root.attrib.pop("UUID", None)  # each file has its own
    for name in ("TiffData", "BinData", "MetadataOnly"):
        for child in pixels.findall(f"{space}{name}"):
            pixels.remove(child)
    channels = pixels.findall(f"{space}Channel")
    data = ElementTree.Element(f"{space}TiffData", {"IFD": "0"})
    # The schema wants channels first, then where the pixels are, then what is known about each plane.
    pixels.insert(list(pixels).index(channels[-1]) + 1 if channels else 0, data)
    samples = [int(channel.get("SamplesPerPixel", "1")) for channel in channels] or [1]
    planes = int(pixels.get("SizeT", "1")) * int(pixels.get("SizeZ", "1"))
    data.set("PlaneCount", str(planes * (int(pixels.get("SizeC", "1")) // samples[0])))
    # Characters beyond ASCII are escaped, as old readers of TIFF want it.
    return ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)


def _first_image(root: Any) -> tuple[Any, Any]:
    space = _namespace(root)
    image = root.find(f"{space}Image")
    return image, image.find(f"{space}Pixels")


def _namespace(element: Any) -> str:
    """Return the namespace in braces as every name of the document has it."""
    return element.tag[: element.tag.index("}") + 1] if element.tag.startswith("{") else ""
