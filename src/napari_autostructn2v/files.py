"""Files: reading that fails in plain words, and writing after which a file is whole or absent."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike

from .errors import InputError

__all__ = ["atomic_path", "check_writable", "log_of", "read_image", "read_start", "reason", "write_image"]


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
    from .image_file import open_image

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
    from .files_tiff import write_tiff
    from .image_file import open_image

    array = np.ascontiguousarray(image)
    source = None
    if like is not None:
        # A result is worth more than the pixel size of a file whose tags are odd.
        with suppress(Exception), open_image(like) as source:
            if source.array.shape != array.shape or source.kind not in ("tiff", "imagej", "ome-tiff"):
                source = None
    write_tiff(path, array, like=source, axes=axes)


def reason(error: BaseException) -> str:
    """Return what an error says, without the error number and the path that `OSError` adds."""
    text = (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(error).__name__
    return text.strip().rstrip(".")


def read_start(path: str | Path, count: int = 8) -> bytes:
    """Return the first bytes of a file that must exist and hold something.

    Raises
    ------
    InputError
        If the file is missing, a folder, empty or not readable.
    """
    try:
        with Path(path).open("rb") as file:
            start = file.read(count)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; give the name of a file.") from error
    except (OSError, ValueError) as error:
        # Opening a folder is a permission error on Windows.
        if os.path.isdir(path):
            raise InputError(f"{path} is a folder; give the name of a file.") from error
        raise InputError(f"{path} could not be read: {reason(error)}.") from error
    if not start:
        raise InputError(f"{path} is an empty file.")
    return start


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of `path`, which becomes `path` once the block has ended well.

    The folder is made if it is missing. If the block raises or is interrupted, `path` stays as it was.

    Raises
    ------
    InputError
        If the folder or the file cannot be written.
    """
    path = Path(path)
    with _plain_write_errors(path):
        part = _part(path)
        try:
            yield part
            os.replace(part, path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def check_writable(path: str | Path) -> None:
    """Raise now, and not after a long run, the `InputError` that writing `path` would end in."""
    path = Path(path)
    with _plain_write_errors(path):
        part = _part(path)
        part.touch()
        part.unlink()


def _part(path: Path) -> Path:
    """Return a new name beside `path`: only a rename within one folder is sure to be atomic."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file to write.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{uuid4().hex}.part")


@contextmanager
def _plain_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{path} cannot be written, because a part of its folder's name is a file.") from error
    except OSError as error:
        raise InputError(f"{path} could not be written: {reason(error)}. Choose another place for it.") from error


@contextmanager
def log_of(name: str) -> Iterator[list[str]]:
    """Collect what a library logs instead of letting it reach the terminal."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger(name)
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagated
