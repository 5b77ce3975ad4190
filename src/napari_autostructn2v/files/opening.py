"""Open an image file of any kind; read it and write it in one call."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .image_file import ImageFile
from .reading import plain_read_errors, read_start

__all__ = ["SUFFIXES", "is_zarr", "open_image", "read_image", "write_image"]

#: Names of files that a folder is searched for.
SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".png", ".zarr")

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_PNG_START = b"\x89PNG\r\n\x1a\n"


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
        from .zarr import open_zarr

        with plain_read_errors(path):
            return open_zarr(path)
    start = read_start(path)
    with plain_read_errors(path):
        if start.startswith(_PNG_START):
            from .png import open_png

            return open_png(path)
        if start.startswith(_TIFF_STARTS):
            from .tiff import open_tiff

            return open_tiff(path)
    raise InputError(f"{path} is neither a TIFF nor a PNG image, nor a zarr; save the image as TIFF first.")


def is_zarr(path: Path) -> bool:
    """Return True for a folder that is a zarr array or group."""
    return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


def read_image(path: str | Path) -> np.ndarray:
    """Read the first image of a file.

    Parameters
    ----------
    path : str or Path
        TIFF, OME-TIFF, ImageJ hyperstack, PNG, zarr or OME-Zarr.

    Returns
    -------
    ndarray
        With the shape and dtype that the file has; see :func:`~.images.check_image` for what can be denoised.

    Raises
    ------
    InputError
        If there is no such file, or it is no image, in colour, or damaged.
    """
    pass

    with open_image(path) as image:
        if "S" in image.axes and image.kind != "png":
            raise InputError(f"{path} is a colour image (RGB); convert it to grey or save one channel.")
        return image.read()


def write_image(path: str | Path, image: ArrayLike, *, like: str | Path | None = None, axes: str | None = None) -> None:
    """Write an image as TIFF; the file is whole or absent.

    Parameters
    ----------
    path : str or Path
        Its folder is made if it is missing; an existing file is replaced.
    image : (..., Y, X) array-like
    like : str or Path, optional
        A TIFF file of an image of the same shape, whose pixel size and dimensions are carried over.
    axes : str, optional
        One letter for each axis, such as "TYX", to be read back from the file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from .tiff import write_tiff

    pass

    array = np.ascontiguousarray(image)
    source = None
    if like is not None:
        # A result is worth more than the pixel size of a file whose tags are odd.
        with suppress(Exception), open_image(like) as source:
            if source.array.shape != array.shape or source.kind not in ("tiff", "imagej", "ome-tiff"):
                source = None
    write_tiff(path, array, like=source, axes=axes)
