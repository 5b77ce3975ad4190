"""An image in a file: its kind, its axes, and its pixels, which are read only where they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from .errors import InputError
from .files import read_start, reason

__all__ = ["SUFFIXES", "ImageFile", "Kind", "is_zarr", "open_image", "plain_read_errors"]

Kind = Literal["tiff", "imagej", "ome-tiff", "png", "zarr", "ome-zarr"]

#: Names of files that a folder is searched for.
SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".png", ".zarr")

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An opened image; use it in a ``with`` statement.

    Parameters
    ----------
    path : Path
    kind : {"tiff", "imagej", "ome-tiff", "png", "zarr", "ome-zarr"}
    array : array
        With ``shape``, ``dtype`` and ``chunks``; indexing reads.
    axes : str
        One letter for each axis; "?" where the file says nothing.
    names : tuple of str
        Of the channels, where the file tells them.
    messages : tuple of str
        What a user should know about the file.
    details : dict
        What a file of the same kind takes over.
    """

    path: Path
    kind: Kind
    array: Any
    axes: str
    names: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    on_close: Callable[[], None] | None = None

    def read(self, index: Any = ...) -> np.ndarray:
        """Read a part of the image, or all of it, in native byte order.

        Raises
        ------
        InputError
            If the file is damaged there, or the part does not fit into memory.
        """
        with plain_read_errors(self.path):
            part = np.asarray(self.array[index])
            return part.astype(part.dtype.newbyteorder("="), copy=False)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Size of the parts in which the file stores the image."""
        return tuple(getattr(self.array, "chunks", None) or self.array.shape)

    def close(self) -> None:
        """Close the file."""
        if self.on_close is not None:
            self.on_close()

    def __enter__(self) -> ImageFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_image(path: str | Path) -> ImageFile:
    """Open an image without reading its pixels.

    Parameters
    ----------
    path : str or Path
        TIFF, OME-TIFF, ImageJ hyperstack, PNG, zarr or OME-Zarr.

    Raises
    ------
    InputError
        If there is no such file, it is no image, or damaged.
    """
    path = Path(path)
    if is_zarr(path):
        from .files_zarr import open_zarr

        with plain_read_errors(path):
            return open_zarr(path)
    start = read_start(path)
    with plain_read_errors(path):
        if start.startswith(_PNG_START):
            from .files_png import open_png

            return open_png(path)
        if start.startswith(_TIFF_STARTS):
            from .files_tiff import open_tiff

            return open_tiff(path)
    raise InputError(f"{path} is neither a TIFF nor a PNG image, nor a zarr; save the image as TIFF first.")


def is_zarr(path: Path) -> bool:
    """Return True for a folder that is a zarr array or group."""
    return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


@contextmanager
def plain_read_errors(path: str | Path) -> Iterator[None]:
    """Turn whatever a reader stumbles over into an `InputError` that says so in words."""
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{path} does not fit into memory.") from error
    except Exception as error:  # the readers raise whatever a damaged file makes them stumble over
        if "imagecodecs" in str(error):
            raise InputError(
                f"{path} is compressed in a way that needs one more package: pip install imagecodecs. "
                "Or save the image without compression."
            ) from error
        raise InputError(f"{path} could not be read; it may be truncated or damaged ({reason(error)}).") from error
