"""One file for a trained model: arrays and texts in the safetensors format, which cannot run code when it is opened."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..disk import atomic_path, read_start, reason
from ..errors import InputError

__all__ = ["FORMAT_VERSION", "MODEL_IN_PACKAGE", "is_model", "load_model", "save_model"]

#: Raised by one whenever an older program could no longer read what is written.
FORMAT_VERSION = 2

_FORMAT = "napari-autostructn2v model"

#: Where a bioimage.io package has the model as it was saved.
MODEL_IN_PACKAGE = "model.safetensors"

#: No model is larger; a zip file can claim any size.
_MOST_BYTES = 2**31


def save_model(path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Write arrays and texts to one safetensors file; the file is whole or absent.

    Parameters
    ----------
    path : str or Path
        An existing file is replaced.
    arrays : mapping of str to ndarray
        Weights, mask, noise model; any shape, dtype bool, integer or float.
    metadata : mapping of str to str
        Settings as TOML and whatever else is text. The names "format" and "format_version" are taken.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    # safetensors writes the memory as it lies there, whatever the strides and the byte order say.
    plain = {
        name: np.ascontiguousarray(array, dtype=np.asarray(array).dtype.newbyteorder("<")).reshape(np.shape(array))
        for name, array in arrays.items()
    }
    content = save(plain, dict(metadata) | {"format": _FORMAT, "format_version": str(FORMAT_VERSION)})
    with atomic_path(path) as part:
        part.write_bytes(content)


def is_model(path: str | Path) -> bool:
    """Return whether a file looks like a safetensors file or a package of one, by its name or by how it begins."""
    path = Path(path)
    if not path.is_file():  # a folder, a scene in a file, or a pipe, which nothing may wait for
        return False
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            return MODEL_IN_PACKAGE in package.namelist()
    # Eight bytes for the length of the header, then the header, which is JSON.
    return path.suffix.lower() == ".safetensors" or read_start(path, 9)[8:9] == b"{"


def load_model(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read what :func:`save_model` has written, or such a file in a bioimage.io package.

    Returns
    -------
    arrays : dict of str to ndarray
    metadata : dict of str to str

    Raises
    ------
    InputError
        If the file is missing, damaged, no model of this program, or one of a newer version.
    """
    from safetensors import SafetensorError, safe_open

    read_start(path)
    try:
        with _own_file(path) as own, safe_open(own, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_format(path, metadata)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, TypeError, ValueError, AttributeError) as error:  # NumPy lacks some types of numbers
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a model file, or it is truncated or damaged. Save the model again.") from error
    except OSError as error:
        raise InputError(f"{path} could not be read: {reason(error)}.") from error
    return arrays, {key: value for key, value in metadata.items() if key not in ("format", "format_version")}


@contextmanager
def _own_file(path: str | Path) -> Iterator[Path]:
    """Give the model itself, taken out of a package if it lies in one."""
    if not zipfile.is_zipfile(path):
        yield Path(path)
        return
    with TemporaryDirectory() as folder, zipfile.ZipFile(path) as package:
        if MODEL_IN_PACKAGE not in package.namelist():
            raise InputError(
                f"{path} holds no model of napari-autostructn2v; packages of other programs are opened by those."
            )
        if package.getinfo(MODEL_IN_PACKAGE).file_size > _MOST_BYTES:
            raise InputError(f"{path} holds a model of more than {_MOST_BYTES:,} bytes; none is that large.")
        own = Path(folder, MODEL_IN_PACKAGE)
        try:
            own.write_bytes(package.read(MODEL_IN_PACKAGE))
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise InputError(f"{path} is truncated or damaged ({reason(error)}). Export the model again.") from error
        yield own


def _check_format(path: str | Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != _FORMAT:
        raise InputError(f"{path} is a safetensors file, but not a model saved by napari-autostructn2v.")
    version = metadata.get("format_version", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise InputError(f"{path} does not say its format version; it is damaged. Save the model again.")
    if int(version) > FORMAT_VERSION:
        raise InputError(
            f"{path} was saved by a newer version of napari-autostructn2v (model format {version}; this one reads up "
            f"to {FORMAT_VERSION}). Update the plugin to use it."
        )
