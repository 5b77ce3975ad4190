"""Open an image file of any kind; read it in one call."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..disk import as_path, read_start
from ..errors import InputError
from ..microscopes import MICROSCOPE_SUFFIXES, is_microscope_file, split_scene
from .image_file import ImageFile
from .png import PNG_START
from .reading import check_memory, plain_read_errors

__all__ = ["SUFFIXES", "check_end", "companions", "is_zarr", "open_image", "read_image"]

#: Names of files that a folder is searched for.
SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".png", ".zarr", *MICROSCOPE_SUFFIXES)

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def open_image(path: str | Path) -> ImageFile:
    """Open an image without reading its pixels.

    Parameters
    ----------
    path : str or Path
        TIFF, OME-TIFF, ImageJ hyperstack, PNG, zarr, OME-Zarr, or a microscope's file; a scene in such a file is given
        as if the file were a folder: ``cells.lif/Series003``.

    Raises
    ------
    InputError
        If there is no such file, it is no image, or damaged.
    """
    path = as_path(path)
    image = _opened(path)
    try:
        # What is stored together is read together.
        check_memory(path, image.chunks, image.array.dtype)
        if 0 in image.array.shape:
            raise InputError(f"{path} holds no pixels: its shape is {' x '.join(map(str, image.array.shape))}.")
    except InputError:
        image.close()
        raise
    return image


def _opened(path: Path) -> ImageFile:
    if is_zarr(path):
        from .zarr import open_zarr

        with plain_read_errors(path):
            return open_zarr(path)
    if is_microscope_file(path):
        from .microscope import open_microscope

        read_start(split_scene(path)[0])
        with plain_read_errors(path):
            return open_microscope(path)
    start = read_start(path)
    with plain_read_errors(path):
        if start.startswith(PNG_START):
            from .png import open_png

            return open_png(path)
        if start.startswith(_TIFF_STARTS):
            from .tiff import open_tiff

            return open_tiff(path)
    raise InputError(
        f"{path} is neither a TIFF nor a PNG image, nor a zarr, nor a microscope's file that can be read "
        f"({', '.join(MICROSCOPE_SUFFIXES)}); save the image as TIFF first."
    )


def is_zarr(path: Path) -> bool:
    """Return True for a folder that is a zarr array or group."""
    return any(os.path.isfile(path / name) for name in ("zarr.json", ".zarray", ".zgroup"))


def read_image(path: str | Path) -> np.ndarray:
    """Read the first image of a file.

    Parameters
    ----------
    path : str or Path
        TIFF, OME-TIFF, ImageJ hyperstack, PNG, zarr, OME-Zarr, or a microscope's file; a scene in such a file is given
        as if the file were a folder: ``cells.lif/Series003``.

    Returns
    -------
    ndarray
        With the shape and dtype that the file has; see :func:`~.images.check_image` for what can be denoised.

    Raises
    ------
    InputError
        If there is no such file, or it is no image, in colour, or damaged.
    """
    with open_image(path) as image:
        if "S" in image.axes and image.kind != "png":
            raise InputError(f"{path} is a colour image (RGB); convert it to grey or save one channel.")
        return image.read()


def check_end(path: str | Path) -> None:
    """Raise an `InputError` unless an image can be read to its end, as one can not that was cut short.

    A zarr written by this program is compared with what it says was stored in it.
    """
    path = as_path(path)
    with open_image(path) as image:
        if image.kind in ("zarr", "ome-zarr"):
            from .zarr_results import check_sealed

            check_sealed(path)
        if image.kind == "png":
            from .png import check_png_end

            check_png_end(path)
        image.read((-1,) * max(0, image.array.ndim - 2))


def companions(path: Path) -> list[Path]:
    """Return the other files that an OME-TIFF of several files is read from; none for anything else, or if damaged."""
    from .tiff import ome_companions

    try:
        return ome_companions(path) if read_start(path).startswith(_TIFF_STARTS) else []
    except Exception:  # whatever is wrong is said when the image is opened
        return []
