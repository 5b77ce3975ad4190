"""Zarr arrays and OME-Zarr images that hold a result: made like their source, filled, sealed."""

from __future__ import annotations

import copy
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, counted
from .image_file import ImageFile
from .reading import inner_path
from .zarr import stored_chunks

__all__ = ["PROVENANCE", "add_levels", "check_sealed", "create_like", "seal", "zarr_software"]

#: Attribute that says what made an array, and once all pixels are there, how much is stored.
PROVENANCE = "napari-autostructn2v"


def create_like(path: Path, source: ImageFile, chunks: tuple[int, ...], axes: str, software: str) -> Any:
    """Make an empty zarr of the kind of an image, and return the array that its pixels go to.

    Parameters
    ----------
    path : Path
        A folder that is replaced if it exists.
    source : ImageFile
        Whose shape, dtype, metadata and, if it is a zarr, version and compression are taken over.
    chunks : tuple of int
    axes : str
        Names of the dimensions, one letter each.
    software : str
        What the attributes say made it.

    Returns
    -------
    zarr.Array
    """
    import zarr

    model = source.details.get("array")
    options: dict[str, Any] = {"shape": source.array.shape, "dtype": source.array.dtype, "chunks": chunks}
    attributes: dict[str, Any] = {}
    if model is not None:
        attributes = dict(model.attrs)
        options |= {"zarr_format": model.metadata.zarr_format, "compressors": model.compressors or None}
        options["chunk_key_encoding"] = _key_encoding(model)
        options["fill_value"] = model.fill_value
    if options.get("zarr_format", 3) == 3:
        options["dimension_names"] = getattr(model.metadata, "dimension_names", None) if model is not None else None
        options["dimension_names"] = options["dimension_names"] or [axis.lower() for axis in axes]
    elif source.kind == "zarr":
        attributes.setdefault("_ARRAY_DIMENSIONS", [axis.lower() for axis in axes])
    attributes[PROVENANCE] = software
    if source.kind != "ome-zarr":
        return zarr.create_array(str(path), overwrite=True, attributes=attributes, **options)
    group = source.details["group"]
    options.pop("zarr_format", None)
    made = zarr.create_group(
        str(path),
        overwrite=True,
        zarr_format=group.metadata.zarr_format,
        attributes=_group_attributes(dict(group.attrs), source.details["levels"]) | {PROVENANCE: software},
    )
    return made.create_array(source.details["levels"][0], attributes=attributes, **options)


def zarr_software(path: Path) -> str:
    """Return what made a zarr, as far as it says."""
    import zarr

    from .plain_store import PlainStore

    known: Any = zarr.open(store=PlainStore(path, read_only=True), mode="r").attrs.get(PROVENANCE, "")
    return str(known.get("software", "") if isinstance(known, dict) else known)


def seal(path: Path) -> None:
    """Let a zarr say how much is stored in it, once all of it is; :func:`check_sealed` compares."""
    import zarr

    node: Any = zarr.open(str(path), mode="r+")
    node.attrs[PROVENANCE] = {"software": node.attrs[PROVENANCE], "stored": _stored(path)}


def check_sealed(path: Path) -> None:
    """Raise an `InputError` unless as much is stored in a zarr as was when it was sealed."""
    import zarr

    from .plain_store import PlainStore

    known: Any = zarr.open(store=PlainStore(path, read_only=True), mode="r").attrs.get(PROVENANCE)
    said = known.get("stored") if isinstance(known, dict) else None
    if said != _stored(path):
        raise InputError(f"{path} is incomplete or was changed: it says that {said} are stored, not {_stored(path)}.")


def _stored(path: Path) -> str:
    """Return the number of chunks below a folder, and of their bytes."""
    files = list(stored_chunks(path))
    return f"{sum(file.stat().st_size for file in files)} bytes in {counted(len(files), 'chunk')}"


def _key_encoding(model: Any) -> Any:
    metadata = model.metadata
    if metadata.zarr_format == 2:
        return {"name": "v2", "separator": metadata.dimension_separator}
    return metadata.chunk_key_encoding


def _group_attributes(attributes: dict[str, Any], levels: list[str]) -> dict[str, Any]:
    """Return the attributes for a group that holds the first image of another one."""
    attributes = copy.deepcopy(attributes)
    ome = attributes.get("ome", attributes)
    image = ome["multiscales"][0]
    ome["multiscales"] = [image]
    described = {inner_path("", level["path"]): level for level in reversed(image["datasets"])}
    image["datasets"] = [described[name] for name in levels]
    return attributes


def add_levels(path: Path, source: ImageFile) -> None:
    """Give an OME-Zarr the smaller copies that its source has, each pixel the mean of those that it stands for.

    Parameters
    ----------
    path : Path
        Made by :func:`create_like`, with all pixels of the full size in place.
    source : ImageFile
    """
    import zarr

    if source.kind != "ome-zarr":
        return
    group: Any = zarr.open_group(str(path), mode="r+")
    previous: Any = group[source.details["levels"][0]]
    for name in source.details["levels"][1:]:
        model = source.details["group"][name]
        factors = [max(1, round(fine / coarse)) for fine, coarse in zip(previous.shape, model.shape, strict=True)]
        level = group.create_array(
            name,
            shape=model.shape,
            dtype=previous.dtype,
            chunks=model.chunks,
            compressors=model.compressors or None,
            fill_value=model.fill_value,
            chunk_key_encoding=_key_encoding(model),
            attributes=dict(model.attrs),
            dimension_names=getattr(model.metadata, "dimension_names", None),
            overwrite=True,
        )
        for corner in product(*(range(0, size, step) for size, step in zip(level.shape, level.chunks, strict=True))):
            ends = [min(at + step, size) for at, step, size in zip(corner, level.chunks, level.shape, strict=True)]
            within = tuple(slice(at, end) for at, end in zip(corner, ends, strict=True))
            finer = tuple(slice(at.start * by, at.stop * by) for at, by in zip(within, factors, strict=True))
            level[within] = _shrunk(previous[finer], factors, tuple(at.stop - at.start for at in within))
        previous = level


def _shrunk(block: np.ndarray, factors: list[int], shape: tuple[int, ...]) -> np.ndarray:
    """Return means over `factors` pixels along each axis; at the border over those that there are."""
    missing = [(0, size * by - length) for size, by, length in zip(shape, factors, block.shape, strict=True)]
    padded = np.pad(block, [(0, max(0, after)) for _, after in missing], mode="edge")
    padded = padded[tuple(slice(size * by) for size, by in zip(shape, factors, strict=True))]
    split = [number for pair in zip(shape, factors, strict=True) for number in pair]
    mean = padded.reshape(split).mean(tuple(range(1, 2 * len(shape), 2)), dtype=np.float64)
    return (np.rint(mean) if block.dtype.kind in "iu" else mean).astype(block.dtype)
