"""Image files: reading that fails in plain words, and writing after which a file is whole or absent."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike

from .errors import InputError

__all__ = ["atomic_path", "check_writable", "read_image", "read_start", "reason", "write_image"]

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_START = b"\x89PNG\r\n\x1a\n"
_IMAGEJ_DTYPES = (np.uint8, np.uint16, np.float32)
_IMAGEJ_KEYS = ("unit", "spacing", "finterval", "fps")


def read_image(path: str | Path) -> np.ndarray:
    """Read the first image of a TIFF or PNG file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray
        With the shape and dtype that the file has; see :func:`~.images.check_image` for what can be denoised.

    Raises
    ------
    InputError
        If there is no such file, or it is neither TIFF nor PNG, in colour, or damaged.
    """
    start = read_start(path)
    if not start.startswith((*_TIFF_STARTS, _PNG_START)):
        raise InputError(f"{path} is neither a TIFF nor a PNG image; save the image as TIFF first.")
    try:
        return _read_png(path) if start.startswith(_PNG_START) else _read_tiff(path)
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


def write_image(path: str | Path, image: ArrayLike, *, like: str | Path | None = None) -> None:
    """Write an image as TIFF; the file is whole or absent.

    Parameters
    ----------
    path : str or Path
        Its folder is made if it is missing; an existing file is replaced.
    image : (..., Y, X) array-like
    like : str or Path, optional
        A TIFF file of an image of the same shape, whose pixel size and ImageJ dimensions are carried over.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    import tifffile

    array = np.ascontiguousarray(image)
    options: dict[str, Any] = {}
    if like is not None:
        # A result is worth more than the pixel size of a file whose tags are odd.
        with suppress(Exception):
            options = _tiff_options(like, array)
    with atomic_path(path) as part:
        # Without a photometric, three planes of 8 bits are taken for RGB.
        tifffile.imwrite(part, array, photometric="minisblack", **options)


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


def _read_tiff(path: str | Path) -> np.ndarray:
    import tifffile

    with _log_of("tifffile") as complaints, tifffile.TiffFile(path) as tiff:
        series = tiff.series[0]
        if "S" in series.axes:
            raise InputError(f"{path} is a colour image (RGB); convert it to grey or save one channel.")
        array = np.asarray(series.asarray())
    # Of a movie cut short, tifffile reads the first plane and only logs that the others are missing.
    if any("invalid page offset" in text or "failed to reshape" in text for text in complaints):
        raise InputError(f"{path} is truncated: planes that it should hold are missing. Copy or export it again.")
    return array


@contextmanager
def _log_of(name: str) -> Iterator[list[str]]:
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


def _read_png(path: str | Path) -> np.ndarray:
    import imageio.v3 as imageio

    return np.asarray(imageio.imread(path))


def _tiff_options(source: str | Path, array: np.ndarray) -> dict[str, Any]:
    """Return what `tifffile.imwrite` needs to carry over the pixel size and ImageJ dimensions of a TIFF file."""
    import tifffile

    if not read_start(source).startswith(_TIFF_STARTS):
        return {}
    with _log_of("tifffile"), tifffile.TiffFile(source) as tiff:
        series = tiff.series[0]
        tags = series.keyframe.tags
        if series.shape != array.shape:
            return {}
        options: dict[str, Any] = {}
        resolution = [tags[name].value for name in ("XResolution", "YResolution") if name in tags]
        if len(resolution) == 2 and min(min(fraction) for fraction in resolution) > 0:
            options = {"resolution": tuple(resolution), "resolutionunit": series.keyframe.resolutionunit}
        # ImageJ knows these axes in this order, these types and files up to 4 GB.
        in_order = series.axes == "".join(axis for axis in "TZCYX" if axis in series.axes)
        if tiff.is_imagej and in_order and array.dtype in _IMAGEJ_DTYPES and array.nbytes < 4_000_000_000:
            kept = {key: value for key, value in (tiff.imagej_metadata or {}).items() if key in _IMAGEJ_KEYS}
            options |= {"imagej": True, "metadata": kept | {"axes": series.axes}}
        return options
