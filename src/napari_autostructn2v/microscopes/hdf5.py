"""Imaris files and other HDF5 files, read by h5py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .scene import OTHER_AXIS, LazyPlanes, Scene, closed_on_error, pick

__all__ = ["open_hdf5", "open_imaris"]

_LENGTHS = {"nm": 1e-3, "um": 1.0, "µm": 1.0, "μm": 1.0, "mm": 1e3, "m": 1e6}


def open_hdf5(path: Path, wanted: str) -> Scene:
    """Open a data set of an HDF5 file that has two axes or more."""
    import h5py

    with closed_on_error(h5py.File(path, "r")) as document:
        found: list[str] = []

        def note(name: str, node: Any) -> None:
            if isinstance(node, h5py.Dataset) and node.ndim > 1 and node.dtype.kind in "biufc":
                found.append(name)

        document.visititems(note)
        if not found:
            raise InputError(f"{path} holds no data set of two or more axes that could be an image.")
        dataset = _own_pixels(path, document[found[pick(path, found, wanted)]])
        spacing = {}
        sizes = np.ravel(dataset.attrs.get("element_size_um", ()))  # written by Fiji's and ilastik's exports
        for axis, size in zip("XYZ", sizes[::-1], strict=False):
            if np.isfinite(size) and size > 0:
                spacing[axis] = float(size)
        return Scene(dataset, _labels(dataset), tuple(found), (), spacing, document.close)


def _own_pixels(path: Path, dataset: Any) -> Any:
    """Return a data set whose pixels lie in the file itself, or refuse it: a file leads to no other one."""
    elsewhere = [name for name, *_ in dataset.external or ()]
    if not Path(dataset.file.filename).samefile(path):
        elsewhere.append(dataset.file.filename)  # by a link
    for source in dataset.virtual_sources() if dataset.is_virtual else ():
        if source.file_name != ".":
            elsewhere.append(source.file_name)
            continue
        part = dataset.file.get(source.dset_name)
        elsewhere += (
            [source.dset_name] if part is None or part.is_virtual else [name for name, *_ in part.external or ()]
        )
    if elsewhere:
        raise InputError(
            f"{path} takes its pixels from {elsewhere[0]!r}, which is not read, since it lies in another file; "
            "open that one, or copy the pixels into a data set of this file."
        )
    return dataset


def _labels(dataset: Any) -> str:
    """Return the axes that a data set names by HDF5's own labels; nothing is said where one is missing."""
    found = "".join(str(dimension.label).strip().upper() or OTHER_AXIS for dimension in dataset.dims)
    known = len(found) == dataset.ndim and set("YX") <= set(found) <= set("TZCYXS") and len(set(found)) == len(found)
    return found if known else OTHER_AXIS * dataset.ndim


def open_imaris(path: Path, wanted: str) -> Scene:
    """Open the full-size image of an Imaris file (version 5.5 and later)."""
    import h5py

    with closed_on_error(h5py.File(path, "r")) as document:
        return _opened(path, document, wanted)


def _opened(path: Path, document: Any, wanted: str) -> Scene:
    pick(path, ("",), wanted)
    about = document["DataSetInfo"]["Image"].attrs
    levels = document["DataSet"]["ResolutionLevel 0"]
    frames, channels = len(levels), len(levels["TimePoint 0"])
    sizes = [int(_text(about, axis)) for axis in "ZYX"]
    dtype = _own_pixels(path, levels["TimePoint 0"]["Channel 0"]["Data"]).dtype
    shape = {"T": frames, "Z": sizes[0], "C": channels, "Y": sizes[1], "X": sizes[2]}
    leading = [axis for axis in "TZC" if shape[axis] > 1]

    def plane(at: tuple[int, ...]) -> np.ndarray:
        number = dict(zip(leading, at, strict=True))
        data = _own_pixels(path, levels[f"TimePoint {number.get('T', 0)}"][f"Channel {number.get('C', 0)}"]["Data"])
        # What is stored is padded to whole blocks.
        return np.asarray(data[number.get("Z", 0), : sizes[1], : sizes[2]])

    spacing = {}
    factor = _LENGTHS.get(_text(about, "Unit"), 1.0)
    for number, axis in enumerate("XYZ"):
        try:
            extent = float(_text(about, f"ExtMax{number}")) - float(_text(about, f"ExtMin{number}"))
        except ValueError:
            continue
        if extent > 0:
            spacing[axis] = extent / shape[axis] * factor
    about_channels = [document["DataSetInfo"].get(f"Channel {number}") for number in range(channels)]
    names = tuple(_text(item.attrs, "Name") if item is not None else "" for item in about_channels)
    axes = [*leading, "Y", "X"]
    array = LazyPlanes([shape[axis] for axis in axes], dtype, len(leading), plane)
    return Scene(array, "".join(axes), channels=names, spacing=spacing, close=document.close)


def _text(attributes: Any, name: str) -> str:
    """Return an attribute of Imaris, which is stored letter by letter."""
    value = attributes.get(name, b"")
    return (b"".join(value) if isinstance(value, np.ndarray) else value).decode("utf-8", "replace").strip()
