"""TIFF, OME-TIFF and ImageJ hyperstacks in and out, page by page where they are large."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..disk import atomic_path
from ..errors import InputError
from .image_file import UNKNOWN, ImageFile, Kind
from .ome_xml import channel_names, named_files, of_first_image
from .reading import log_of
from .scale import pixel_sizes

__all__ = ["ome_companions", "open_tiff", "tiff_software", "write_tiff"]

_IMAGEJ_DTYPES = (np.uint8, np.uint16, np.float32)

#: ImageJ reads larger files only in one way, which is not worth a special case.
_IMAGEJ_MOST_BYTES = 4_000_000_000

#: What ImageJ's description says of the stack itself.
_IMAGEJ_STRUCTURE = ("ImageJ", "images", "channels", "slices", "frames", "hyperstack", "loop", "axes", "shape")

_OME_AXES = "TZCYXS"

#: TIFF's numbers of compressions that lose nothing, by tifffile's names.
_COMPRESSIONS = {5: "lzw", 8: "deflate", 32946: "deflate", 50000: "zstd", 34925: "lzma", 32773: "packbits"}

#: What tifffile logs about files that end early: planes, or the description of them (tag 270), lie beyond the end.
_CUT_SHORT = ("invalid page offset", "failed to reshape", "TiffTag 270 ")

#: Images up to this size are read at once: faster than page by page.
_SMALL_BYTES = 256_000_000


def open_tiff(path: Path) -> ImageFile:
    """Open the first image of a TIFF file."""
    import tifffile

    with log_of("tifffile") as complaints:
        tiff = tifffile.TiffFile(path)
        try:
            return _opened(path, tiff, complaints)
        except BaseException:
            tiff.close()
            raise


def _opened(path: Path, tiff: Any, complaints: list[str]) -> ImageFile:
    import zarr

    if tiff.is_ome:
        named_files(path, tiff.ome_metadata)
    series = tiff.series[0]
    _check_whole(path, tiff, series)
    small = series.nbytes <= _SMALL_BYTES
    store = None
    array: Any
    if small:
        array = np.asarray(series.asarray())
    else:
        store = series.aszarr(level=0)
        array = zarr.open(store, mode="r")
    # Of a movie cut short, tifffile reads the first plane and only logs that the others are missing.
    if any(words in text for text in complaints for words in _CUT_SHORT):
        raise InputError(f"{path} is truncated: planes that it should hold are missing. Copy or export it again.")
    axes = "".join(UNKNOWN if axis in "IQ" else axis for axis in series.axes)
    kind: Kind = "ome-tiff" if tiff.is_ome else "imagej" if tiff.is_imagej else "tiff"
    messages = []
    if len(tiff.series) > 1:
        messages.append(f"{path} holds {len(tiff.series)} images; this is about the first one.")
    details = _details(tiff, series)
    if kind == "ome-tiff" and "ome" not in details:
        messages.append(f"{path} has metadata (OME-XML) that could not be understood; the result has its axes only.")

    def close() -> None:
        if store is not None:
            store.close()
        tiff.close()

    names = channel_names(details["ome"]) if "ome" in details else ()
    return ImageFile(path, kind, array, axes, names, tuple(messages), details, close)


#: What OME calls units.
_OME_UNITS = {"nanometer": "nm", "micrometer": "µm", "millimeter": "mm", "millisecond": "ms", "second": "s"}


def write_tiff(
    path: str | Path, array: Any, *, like: ImageFile | None = None, axes: str | None = None, software: str = ""
) -> None:
    """Write an image as the kind of TIFF that its source is; the file is whole or absent.

    Parameters
    ----------
    path : str or Path
    array : array
        Lazy ones are read page by page.
    like : ImageFile, optional
        An image of the same shape, whose metadata are carried over.
    axes : str, optional
        One letter for each axis; those of `like` unless given.
    software : str
        What the file says made it.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    import tifffile

    known = axes or (like.axes if like is not None and UNKNOWN not in like.axes else None)
    options = _options(array, like, known)
    named_ome = Path(path).name.lower().endswith((".ome.tif", ".ome.tiff"))
    if named_ome and like is not None and "description" not in options and known and set(known) <= set(_OME_AXES):
        options = _as_ome(options, like, known)
    samples = 1 if known is None or "S" not in known else 1 + (known[-1] == "S")
    grey = "minisblack" if like is None else like.details.get("photometric", "minisblack")
    options["photometric"] = "rgb" if known and "S" in known else grey
    if known and "S" in known and known[-1] != "S":
        options["planarconfig"] = "separate"
        samples = 2
    if software:
        options["software"] = software
    data: Any = array
    if not isinstance(array, np.ndarray):
        page_axes = 1 + samples
        data = _pages(array, page_axes, options.get("tile"), known)
        options |= {"shape": array.shape, "dtype": array.dtype}
    with atomic_path(path) as part:
        tifffile.imwrite(part, data, **options)


def tiff_software(path: Path) -> str:
    """Return what made a TIFF file, as far as it says."""
    import tifffile

    with log_of("tifffile"), tifffile.TiffFile(path) as tiff:
        return str(tiff.pages.first.software)


def _check_whole(path: Path, tiff: Any, series: Any) -> None:
    """Raise if pixels that the file promises lie beyond its end."""
    pages = [series.keyframe] if series.dataoffset is not None else series.pages
    end = 0 if series.dataoffset is None else series.dataoffset + series.nbytes
    for page in pages:
        if page is None:
            raise InputError(f"{path} is truncated: planes that it should hold are missing. Copy or export it again.")
        if getattr(page, "parent", tiff) is not tiff:
            continue  # a page of another file of the same OME data set
        # A damaged width can ask for a billion tiles, of which the file knows none.
        if len(page.dataoffsets) < math.prod(series.keyframe.chunked):
            raise InputError(f"{path} is damaged: parts of the image that it should hold are missing. Export it again.")
        end = max([end, *(a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=False))])
    if end > tiff.filehandle.size:
        raise InputError(f"{path} is truncated: planes that it should hold are missing. Copy or export it again.")


def ome_companions(path: Path) -> list[Path]:
    """Return the other files that the OME-XML of a TIFF names and that are there.

    Raises
    ------
    InputError
        If one lies outside the image's own folder, or is no regular file.
    """
    import tifffile

    with log_of("tifffile"), tifffile.TiffFile(path) as tiff:
        return named_files(path, tiff.ome_metadata or "") if tiff.is_ome else []


def _details(tiff: Any, series: Any) -> dict[str, Any]:
    """Return what a file of the same kind takes over."""
    keyframe = series.keyframe
    details: dict[str, Any] = {"axes": series.axes}
    tags = keyframe.tags
    resolution = [tags[name].value for name in ("XResolution", "YResolution") if name in tags]
    if len(resolution) == 2 and min(min(fraction) for fraction in resolution) > 0:
        details["resolution"] = {"resolution": tuple(resolution), "resolutionunit": keyframe.resolutionunit}
    compression = _COMPRESSIONS.get(int(keyframe.compression))
    if compression is not None:
        details["compression"] = {"compression": compression, "predictor": int(keyframe.predictor) != 1}
    if int(keyframe.photometric) == 0:
        details["photometric"] = "miniswhite"
    if keyframe.is_tiled and keyframe.tilewidth % 16 == 0 and keyframe.tilelength % 16 == 0:
        details["tile"] = (int(keyframe.tilelength), int(keyframe.tilewidth))
    if tiff.is_ome:
        # Tried now: a result must not be lost to odd metadata once it is there.
        with suppress(Exception):
            of_first_image(tiff.ome_metadata)
            details["ome"] = tiff.ome_metadata
    elif tiff.is_imagej:
        details["imagej"] = dict(tiff.imagej_metadata or {})
    return details


def _options(array: Any, like: ImageFile | None, axes: str | None) -> dict[str, Any]:
    """Return the arguments of `tifffile.imwrite` that carry over what `like` is."""
    details = {} if like is None else like.details
    options: dict[str, Any] = dict(details.get("resolution", {})) | dict(details.get("compression", {}))
    if "tile" in details and (axes is None or axes[-2:] == "XS" or (axes[-2:] == "YX" and "S" not in axes)):
        options["tile"] = details["tile"]
    kind = "tiff" if like is None else like.kind
    nbytes = math.prod(array.shape) * array.dtype.itemsize
    if "ome" in details and axes == details["axes"]:
        return options | {"description": of_first_image(details["ome"]), "metadata": None}
    if kind == "imagej" and axes is not None:
        kept = {key: value for key, value in details["imagej"].items() if key not in _IMAGEJ_STRUCTURE}
        if _in_order(axes, "TZCYXS") and array.dtype in _IMAGEJ_DTYPES and nbytes < _IMAGEJ_MOST_BYTES:
            # ImageJ's own reader knows neither tiles nor most compressions.
            plain = dict(details.get("resolution", {}))
            return plain | {"imagej": True, "metadata": kept | {"axes": axes}}
    if kind in ("ome-tiff", "imagej", "microscope") and axes is not None and set(axes) <= set(_OME_AXES):
        return options | {"ome": True, "metadata": details.get("metadata", {}) | {"axes": axes}}
    return options | {"metadata": {} if axes is None else {"axes": axes}}


def _as_ome(options: dict[str, Any], like: ImageFile, axes: str) -> dict[str, Any]:
    """Return options for an OME-TIFF, with size of pixels and names of channels from whatever file there is."""
    metadata: dict[str, Any] = {}
    for axis, (size, unit) in pixel_sizes(like).items():
        if axis in axes and unit in _OME_UNITS:
            name = "TimeIncrement" if axis == "T" else f"PhysicalSize{axis}"
            metadata |= {name: size, f"{name}Unit": _OME_UNITS[unit]}
    if like.names and "C" in axes:
        metadata["Channel"] = {"Name": list(like.names)}
    kept = {name: value for name, value in options.items() if name not in ("imagej", "metadata")}
    return kept | {"ome": True, "metadata": metadata | like.details.get("metadata", {}) | {"axes": axes}}


def _in_order(axes: str, order: str) -> bool:
    return axes == "".join(axis for axis in order if axis in axes)


def _pages(array: Any, page_axes: int, tile: tuple[int, int] | None, axes: str | None) -> Iterator[np.ndarray]:
    """Yield pages, or their tiles, one after the other."""
    for index in np.ndindex(*array.shape[:-page_axes]):
        page = np.asarray(array[index])
        if tile is None:
            yield page
            continue
        for top in range(0, page.shape[0], tile[0]):
            for left in range(0, page.shape[1], tile[1]):
                part = page[top : top + tile[0], left : left + tile[1]]
                missing = [(0, tile[0] - part.shape[0]), (0, tile[1] - part.shape[1])]
                yield np.pad(part, missing + [(0, 0)] * (part.ndim - 2))
