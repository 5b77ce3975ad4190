"""PNG in and out, with its pixel size."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .atomic import atomic_path
from .image_file import ImageFile

__all__ = ["open_png", "png_software", "write_png"]

_HEADER = 8 + 25  # signature and IHDR, which is always first


def open_png(path: Path) -> ImageFile:
    """Open a PNG file; it is small enough to be read at once."""
    from imagecodecs import png_decode

    content = path.read_bytes()
    array = png_decode(content)
    axes = "YX" if array.ndim == 2 else "YXS"
    scale = next((chunk for name, chunk in _chunks(content) if name == b"pHYs"), None)
    return ImageFile(path, "png", array, axes, details={} if scale is None else {"pHYs": scale})


def write_png(path: str | Path, image: np.ndarray, *, like: ImageFile | None = None, software: str = "") -> None:
    """Write 8- or 16-bit pixels as PNG; the file is whole or absent.

    Raises
    ------
    InputError
        If PNG cannot hold the image, or the file cannot be written.
    """
    from imagecodecs import png_encode

    if image.dtype not in (np.uint8, np.uint16):
        raise InputError(f"A PNG file cannot hold {image.dtype}; write the result as TIFF.")
    content = png_encode(np.ascontiguousarray(image))
    extra = b""
    details: dict[str, Any] = {} if like is None else like.details
    if "pHYs" in details:
        extra += _chunk(b"pHYs", details["pHYs"])
    if software:
        extra += _chunk(b"tEXt", b"Software\0" + software.encode("latin-1", "replace"))
    with atomic_path(path) as part:
        part.write_bytes(content[:_HEADER] + extra + content[_HEADER:])


def png_software(path: Path) -> str:
    """Return what made a PNG file, as far as it says."""
    for name, chunk in _chunks(path.read_bytes()):
        if name == b"tEXt" and chunk.startswith(b"Software\0"):
            return chunk.removeprefix(b"Software\0").decode("latin-1")
    return ""


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of every chunk."""
    position = 8
    while position + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        yield name, content[position + 8 : position + 8 + length]
        position += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
