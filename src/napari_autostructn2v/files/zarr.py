"""Zarr arrays (versions 2 and 3) and OME-Zarr images (0.4 and 0.5), as they are read."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InputError, counted
from .image_file import UNKNOWN, ImageFile
from .reading import inner_path

__all__ = ["absent_chunks", "open_zarr", "stored_chunks"]

#: Of so many chunks or more, at least one in as many must be stored.
_MANY_CHUNKS = 10_000

_LETTERS = {
    "t": "T", "time": "T", "frame": "T", "z": "Z", "depth": "Z", "c": "C", "ch": "C", "channel": "C", "channels": "C",
    "y": "Y", "row": "Y", "rows": "Y", "x": "X", "column": "X", "columns": "X", "s": "S", "rgb": "S", "rgba": "S",
}  # fmt: skip


def open_zarr(path: Path) -> ImageFile:
    """Open a zarr array, or the full-size image of an OME-Zarr group."""
    import zarr

    from .plain_store import PlainStore

    node: Any = zarr.open(store=PlainStore(path, read_only=True), mode="r")
    if isinstance(node, zarr.Array):
        _check_array(path, node)
        return ImageFile(path, "zarr", node, _array_axes(node), details={"array": node})
    attributes: dict[str, Any] = dict(node.attrs)
    ome = attributes.get("ome", attributes)
    multiscales = ome.get("multiscales")
    if not multiscales:
        raise InputError(_what_else(path, node, ome))
    image = multiscales[0]
    levels, missing = _levels(path, node, [level["path"] for level in image["datasets"]])
    array = node[levels[0]]
    _check_array(path, array)
    axes = _letters([axis["name"] if isinstance(axis, dict) else str(axis) for axis in image.get("axes", "tczyx")])
    if len(axes) != array.ndim:
        raise InputError(
            f"{path} is damaged: it names {counted(len(axes), 'axis', 'axes')}, and its array has {array.ndim}."
        )
    channels = (ome.get("omero") or {}).get("channels") or []
    names = tuple(str(channel.get("label") or "") for channel in channels)
    messages = (f"{path} holds {len(multiscales)} images; this is about the first one.",) * (len(multiscales) > 1)
    if missing:
        messages += (f"{path} names smaller copies that are not there or do not fit; left out: {', '.join(missing)}.",)
    details = {"array": array, "group": node, "levels": levels}
    return ImageFile(path, "ome-zarr", array, axes, names, messages, details)


def absent_chunks(source: ImageFile) -> tuple[str, ...]:
    """Return a sentence where some chunks of a zarr are stored and others are not; none for anything else.

    A chunk may be left out because all its pixels have the fill value, or because a copy was not finished: the file
    does not tell.
    """
    array = source.details.get("array")
    if array is None:
        return ()
    folder = source.path / source.details.get("levels", [""])[0]
    sizes = _stored_together(array)
    wanted = math.prod(-(-length // size) for length, size in zip(array.shape, sizes, strict=True))
    stored = sum(1 for _ in stored_chunks(folder))
    if not 0 < stored < wanted:
        return ()
    return (
        f"{source.path}: {wanted - stored} of {wanted} chunks are not stored; their pixels were taken as "
        f"the fill value ({array.fill_value}). If the file was copied or is still being written, it may be incomplete.",
    )


def _levels(path: Path, group: Any, named: list[Any]) -> tuple[list[str], list[str]]:
    """Return the names of an image and its smaller copies, and of those that are left out.

    No array may lie inside another one, or be named twice: a result is written to arrays of the same names.
    """
    import zarr

    names = [inner_path(path, name) for name in named]
    if not names or not isinstance(group.get(names[0]), zarr.Array):
        raise InputError(f"{path} is damaged: it has no array {names[0] if names else 'of the full size'}.")
    levels, left_out = names[:1], []
    for name in names[1:]:
        finer, level = group[levels[-1]], group.get(name)
        apart = not any(f"{name}/".startswith(f"{known}/") or f"{known}/".startswith(f"{name}/") for known in levels)
        if (
            apart
            and isinstance(level, zarr.Array)
            and level.ndim == finer.ndim
            and all(0 < small <= large for small, large in zip(level.shape, finer.shape, strict=True))
            and min(level.chunks) > 0
        ):
            levels.append(name)
        else:
            left_out.append(name)
    return levels, left_out


def _check_array(path: Path, array: Any) -> None:
    if array.dtype.kind not in "biufc":
        raise InputError(f"{path} does not hold numbers but {array.dtype}.")
    if array.ndim and min(array.chunks) < 1:
        raise InputError(f"{path} is damaged: its chunks are {' x '.join(map(str, array.chunks))} pixels.")
    sizes = _stored_together(array)
    wanted = math.prod(-(-length // size) for length, size in zip(array.shape, sizes, strict=True))
    if wanted < _MANY_CHUNKS:
        return
    # What is claimed is bounded by what is there: a description of a few bytes must not cost hours.
    enough = wanted // _MANY_CHUNKS
    stored = sum(1 for _ in islice(stored_chunks(path / array.path), enough))
    if stored < enough:
        raise InputError(
            f"{path} is damaged or incomplete: it claims to hold {' x '.join(map(str, array.shape))} pixels, and of "
            f"{wanted:,} chunks only {stored:,} are stored."
        )


def _stored_together(array: Any) -> tuple[int, ...]:
    """Return the size of what one file of an array holds."""
    return tuple(getattr(array, "shards", None) or array.chunks)


def stored_chunks(folder: Path) -> Iterator[Path]:
    """Yield the files below the folder of an array that hold pixels."""
    for here, _, names in os.walk(folder):
        yield from (Path(here, name) for name in names if name != "zarr.json" and not name.startswith("."))


def _array_axes(array: Any) -> str:
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    if not names or len(names) != array.ndim:
        return UNKNOWN * array.ndim
    return _letters([str(name) if name else "" for name in names])


def _letters(names: list[str]) -> str:
    """Return one letter for each name; none at all where any of them is not understood, or two are the same."""
    axes = "".join(_LETTERS.get(name.strip().lower(), UNKNOWN) for name in names)
    named = axes.replace(UNKNOWN, "")
    return axes if len(set(named)) == len(named) and "Y" in named and "X" in named else UNKNOWN * len(axes)


def _what_else(path: Path, node: Any, ome: dict[str, Any]) -> str:
    """Say why a group is no image, and what to give instead."""
    import zarr

    if "plate" in ome:
        wells = [str(well.get("path")) for well in ome["plate"].get("wells", [])][:1] or ["A/1"]
        return f"{path} is a plate; give the images in it, for instance {path / wells[0] / '0'}."
    if "well" in ome:
        return f"{path} is a well; give the images in it, for instance {path / '0'}."
    members = sorted(name for name, _ in node.members())
    if not members:
        return f"{path} is an empty zarr group; there is no image in it."
    inside = f"{path / members[0]}"
    if any(isinstance(member, zarr.Array) for _, member in node.members()):
        return f"{path} is a zarr group without OME metadata; give one of its arrays, for instance {inside}."
    return f"{path} is a zarr group of groups; give one of them, for instance {inside}."
