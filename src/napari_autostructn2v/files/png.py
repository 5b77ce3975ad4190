"""PNG in and out, with its pixel size."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..disk import atomic_path
from ..errors import InputError
from .image_file import ImageFile
from .reading import check_memory

__all__ = ["PNG_START", "check_png_end", "check_png_holds", "open_png", "png_software", "write_png"]

PNG_START = b"\x89PNG\r\n\x1a\n"

_HEADER = 8 + 25  # signature and IHDR, which is always first

#: Samples a pixel by PNG's number of a colour type: grey, RGB, palette, grey and RGB with opacity.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

#: More are decoded from no file: a few bytes can stand for gigabytes.
_MOST_PIXELS = 2**28

#: Deflate makes of a byte no more than this.
_MOST_DEFLATED = 1032

#: TIFF's names of units, in metres.
_METRES = {2: 0.0254, 3: 0.01}


def open_png(path: Path) -> ImageFile:
    """Open a PNG file; it is read at once, after a look at whether it can hold what its header says."""
    from imagecodecs import png_decode

    with path.open("rb") as file:
        _check_header(path, file.read(_HEADER), path.stat().st_size)
    content = path.read_bytes()
    array = png_decode(content)
    axes = "YX" if array.ndim == 2 else "YXS"
    scale = next((chunk for name, chunk in _chunks(content) if name == b"pHYs"), None)
    details = {} if scale is None else {"pHYs": scale} | _resolution(scale)
    return ImageFile(path, "png", array, axes, details=details)


def check_png_holds(path: Path, shape: tuple[int, ...], dtype: Any) -> None:
    """Raise an InputError if a PNG file cannot hold an image."""
    if np.dtype(dtype) not in (np.uint8, np.uint16):
        raise InputError(f"{path}: a PNG file cannot hold {np.dtype(dtype)}; write a TIFF, named .tif.")
    if len(shape) != 2 and not (len(shape) == 3 and shape[-1] in (2, 3, 4)):
        raise InputError(
            f"{path}: a PNG file holds one plane, and this image is {' x '.join(map(str, shape))}; write a TIFF, "
            "named .tif."
        )


def write_png(path: str | Path, image: np.ndarray, *, like: ImageFile | None = None, software: str = "") -> None:
    """Write 8- or 16-bit pixels as PNG; the file is whole or absent.

    Raises
    ------
    InputError
        If PNG cannot hold the image, or the file cannot be written.
    """
    from imagecodecs import png_encode

    check_png_holds(Path(path), image.shape, image.dtype)
    content = png_encode(np.ascontiguousarray(image, dtype=image.dtype.newbyteorder("=")))
    extra = b""
    scale = None if like is None else _scale(like.details)
    if scale is not None:
        extra += _chunk(b"pHYs", scale)
    if software:
        extra += _chunk(b"tEXt", b"Software\0" + software.encode("latin-1", "replace"))
    with atomic_path(path) as part:
        part.write_bytes(content[:_HEADER] + extra + content[_HEADER:])


def check_png_end(path: Path) -> None:
    """Raise an InputError unless a PNG file ends as it should, which its reader does not insist on."""
    if not path.read_bytes().endswith(_chunk(b"IEND", b"")):
        raise InputError(f"{path} is truncated. Copy or export it again.")


def png_software(path: Path) -> str:
    """Return what made a PNG file, as far as it says."""
    for name, chunk in _chunks(path.read_bytes()):
        if name == b"tEXt" and chunk.startswith(b"Software\0"):
            return chunk.removeprefix(b"Software\0").decode("latin-1")
    return ""


def _check_header(path: Path, header: bytes, size: int) -> None:
    """Raise an InputError if a header claims more pixels than the file, or the memory, can hold."""
    width, height, depth, color = struct.unpack_from(">IIBB", header, 16)
    if height * width > _MOST_PIXELS:
        raise InputError(
            f"{path} has {height:,} x {width:,} pixels; PNG images are read whole, and those of more than "
            f"{_MOST_PIXELS:,} are not. Save it as TIFF or zarr, which are read in parts."
        )
    samples = _SAMPLES.get(color, 4)
    check_memory(path, (height, width, samples), np.uint16 if depth == 16 else np.uint8)
    if height * width * samples * depth > 8 * size * _MOST_DEFLATED:
        raise InputError(
            f"{path} could not be read; it may be truncated or damaged (it claims {height:,} x {width:,} pixels in "
            f"{size:,} bytes)."
        )


def _resolution(scale: bytes) -> dict[str, Any]:
    """Return the pixel size of a PNG as TIFF has it."""
    across, down, unit = struct.unpack(">IIB", scale)
    if unit != 1 or not (across and down):
        return {}
    return {"resolution": {"resolution": ((across, 100), (down, 100)), "resolutionunit": 3}}


def _scale(details: dict[str, Any]) -> bytes | None:
    """Return the pixel size of an image as PNG has it, None where nothing is known about it."""
    if "pHYs" in details:
        return bytes(details["pHYs"])
    known = details.get("resolution")
    metres = None if known is None else _METRES.get(int(known["resolutionunit"]))
    if known is None or metres is None:
        return None
    across, down = (round(over / under / metres) for over, under in known["resolution"])
    return struct.pack(">IIB", across, down, 1) if min(across, down) > 0 and max(across, down) < 2**31 else None


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of every chunk."""
    position = 8
    while position + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        yield name, content[position + 8 : position + 8 + length]
        position += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
