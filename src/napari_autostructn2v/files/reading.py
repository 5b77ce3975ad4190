"""Reading that fails in plain words."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

__all__ = ["log_of", "plain_read_errors", "read_start", "reason"]


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
