"""An image in a file: its kind, its axes, and its pixels, which are read only where they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from .reading import check_memory, plain_read_errors

__all__ = ["UNKNOWN", "ImageFile", "Kind"]

#: Letter of an axis about which a file says nothing.
UNKNOWN = "?"

Kind = Literal["tiff", "imagej", "ome-tiff", "png", "zarr", "ome-zarr", "microscope"]


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An opened image; use it in a ``with`` statement.

    Parameters
    ----------
    path : Path
    kind : {"tiff", "imagej", "ome-tiff", "png", "zarr", "ome-zarr", "microscope"}
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
            if not isinstance(self.array, np.ndarray):
                # The same index into an array that takes no memory.
                outline = np.broadcast_to(np.empty((), self.array.dtype), self.array.shape)[index]
                check_memory(self.path, outline.shape, outline.dtype)
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
