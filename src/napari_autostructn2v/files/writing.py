"""Write an image as what the end of the file's name says."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..disk import as_path
from ..errors import InputError, counted
from .image_file import ImageFile
from .opening import open_image
from .png import check_png_holds, write_png
from .tiff import write_tiff

__all__ = ["check_can_hold", "write_as", "write_image"]

_TIFF_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")


def check_can_hold(path: str | Path, shape: tuple[int, ...], dtype: Any) -> None:
    """Raise now, and not after a long run, if a file of this name cannot hold an image.

    Raises
    ------
    InputError
        If the name ends like that of no kind of image that is written, or of one that holds no such pixels.
    """
    path = as_path(path)
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder; give the name of a file to write.")
    suffix = path.suffix.lower()
    if suffix == ".png":
        check_png_holds(path, shape, dtype)
    elif suffix not in _TIFF_SUFFIXES:
        raise InputError(
            f"{path} does not say what to write: TIFF, named {', '.join(_TIFF_SUFFIXES)}, and PNG, named .png, can be."
        )


def write_as(
    path: str | Path, array: Any, *, like: ImageFile | None = None, axes: str | None = None, software: str = ""
) -> None:
    """Write an image as TIFF or PNG, whichever its name says; the file is whole or absent.

    Parameters
    ----------
    path : str or Path
    array : array
        Lazy ones are read page by page into a TIFF.
    like, axes, software
        As for :func:`~.files.write_tiff`.

    Raises
    ------
    InputError
        If the file cannot be written, or no file of this name holds such an image.
    """
    check_can_hold(path, tuple(array.shape), array.dtype)
    if as_path(path).suffix.lower() == ".png":
        write_png(path, np.asarray(array[...]), like=like, software=software)
    else:
        write_tiff(path, array, like=like, axes=axes, software=software)


def write_image(path: str | Path, image: ArrayLike, *, like: str | Path | None = None, axes: str | None = None) -> None:
    """Write an image as TIFF, or as PNG where the name ends in ``.png``; the file is whole or absent.

    Parameters
    ----------
    path : str or Path
        Its folder is made if it is missing; an existing file is replaced.
    image : (..., Y, X) array-like
    like : str or Path, optional
        A file with an image of the same shape, whose pixel size and dimensions are carried over. Where that cannot be
        done, the image is written all the same, and a warning says why.
    axes : str, optional
        One letter for each axis, such as "TYX", to be read back from the file.

    Raises
    ------
    InputError
        If `image` is no array of numbers, or has masked pixels; if the name does not say what to write, or the file
        cannot be written.
    """
    path = as_path(path)
    array = _writable_array(image, axes)
    check_can_hold(path, array.shape, array.dtype)
    if like is None:
        write_as(path, array, axes=axes)
        return
    source = None
    try:
        # A result is worth more than the pixel size of a file whose tags are odd.
        source = open_image(like)
        if source.array.shape != array.shape:
            raise InputError(f"{like} is {_size(source.array.shape)} pixels, not {_size(array.shape)}.")
        if source.kind not in ("tiff", "imagej", "ome-tiff", "png"):
            raise InputError(f"{like} is a zarr, but {path} is not.")
    except InputError as error:
        warnings.warn(f"{path} is written without the pixel size of another image: {error}", stacklevel=2)
        if source is not None:
            source.close()
        source = None
    try:
        write_as(path, array, like=source, axes=axes)
    finally:
        if source is not None:
            source.close()


def _writable_array(image: Any, axes: Any) -> np.ndarray:
    """Return an image as an array that a file can hold."""
    if np.ma.is_masked(image):
        raise InputError("The image has masked pixels, which a file cannot hold; fill them first: image.filled(value).")
    try:
        array = np.ascontiguousarray(image)
    except Exception as error:  # computing a lazy array can fail in any way
        raise InputError(f"The image could not be read as an array: {error}.") from error
    if array.dtype.kind not in "biufc":
        raise InputError(f"The image does not hold numbers but {array.dtype}, which is not written.")
    if np.ndim(image) < 2 or array.size == 0:
        raise InputError(f"The image is {_size(np.shape(image)) or 'a single number'}; two axes of pixels are needed.")
    if axes is not None and not (isinstance(axes, str) and axes.isalpha() and len(set(axes)) == len(axes)):
        raise InputError(f"axes is {axes!r}; it must be a text with a different letter for each axis, such as 'TYX'.")
    if axes is not None and len(axes) != array.ndim:
        raise InputError(
            f"axes is {axes!r}, which names {counted(len(axes), 'axis', 'axes')}; the image has {array.ndim}."
        )
    return array


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
