"""Reading of images that fails in plain words."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from ..disk import reason
from ..errors import InputError

__all__ = ["check_memory", "inner_path", "log_of", "plain_read_errors"]


def inner_path(path: str | Path, name: Any) -> str:
    """Return a name that the metadata of an image give, if it leads to something below the image's own folder.

    Raises
    ------
    InputError
        If it is no name, or leads anywhere else.
    """
    # A file that was written on Windows is read on Linux, and the other way round.
    kinds = [kind(name) for kind in (PurePosixPath, PureWindowsPath)] if isinstance(name, str) and name else []
    if not kinds or any(kind.anchor or ".." in kind.parts for kind in kinds) or not kinds[0].parts:
        raise InputError(f"{path} refers to {name!r}, which is not inside its own folder, so it is not read.")
    return str(PurePosixPath(name))


def check_memory(path: str | Path, shape: tuple[int, ...], dtype: Any) -> None:
    """Raise an InputError if so many pixels fit into no memory of this machine.

    The system would give the memory all the same and take the whole program down once it is used.
    """
    import psutil

    needed = math.prod(shape) * np.dtype(dtype).itemsize
    if needed > psutil.virtual_memory().total:
        raise InputError(
            f"{path} does not fit into memory: its shape is {' x '.join(map(str, shape))}, which takes "
            f"{needed / 1e9:,.0f} GB."
        )


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
