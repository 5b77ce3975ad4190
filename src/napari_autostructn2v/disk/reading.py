"""Reading of regular files only, as much of them as makes sense, with failures in plain words."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = ["as_path", "check_regular", "read_bytes", "read_start", "reason"]

_SPECIAL = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def reason(error: BaseException) -> str:
    """Return what an error says, without the error number and the path that `OSError` adds."""
    text = (error.strerror if isinstance(error, OSError) and error.strerror else str(error)) or type(error).__name__
    return text.strip().rstrip(".")


def as_path(value: Any) -> Path:
    """Return what a user gave as the name of a file or folder as a path.

    Raises
    ------
    InputError
        If it is neither a text nor a path, empty, or no name that a disk can hold.
    """
    if not isinstance(value, (str, os.PathLike)):
        raise InputError(f"The name of a file must be a text or a path; this is {_short(value)}.")
    text = os.fspath(value)
    if not isinstance(text, str):
        raise InputError(f"The name of a file must be a text or a path; this is {_short(value)}.")
    if not text.strip():
        raise InputError("The name of a file is needed; this one is empty.")
    if "\0" in text:
        raise InputError(f"{text!r} cannot be the name of a file, because it contains a null character.")
    return Path(text)


def check_regular(path: str | Path) -> Path:
    """Return the path of an existing regular file.

    A pipe would be waited for without end, and looking at a device can change what it does: neither is opened.

    Raises
    ------
    InputError
        If there is no such file, or it is a folder, a pipe, a device or a socket.
    """
    path = as_path(path)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} could not be read: {reason(error)}.") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder; give the name of a file.")
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is {special(mode)}, not a file; only files are read.")
    return path


def special(mode: int) -> str:
    """Return what something is that is neither a file nor a folder."""
    return next((name for is_it, name in _SPECIAL if is_it(mode)), "something else")


def read_start(path: str | Path, count: int = 8) -> bytes:
    """Return the first bytes of a file that must exist and hold something.

    Raises
    ------
    InputError
        If the file is missing, no regular file, empty or not readable.
    """
    path = check_regular(path)
    try:
        with path.open("rb") as file:
            start = file.read(count)
    except OSError as error:
        raise InputError(f"{path} could not be read: {reason(error)}.") from error
    if not start:
        raise InputError(f"{path} is an empty file.")
    return start


def read_bytes(path: str | Path, most: int, what: str) -> bytes:
    """Return the content of a file that has no reason to be large.

    Parameters
    ----------
    path : str or Path
    most : int
        Bytes.
    what : str
        What the file should be, for the sentence about one that is larger.

    Raises
    ------
    InputError
        If the file is missing, no regular file, larger or not readable.
    """
    path = check_regular(path)
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"{path} could not be read: {reason(error)}.") from error
    if len(content) > most:
        raise InputError(
            f"{path} is larger than {most:,} bytes; {what} is not that large, so this is another kind of file."
        )
    return content


def _short(value: Any) -> str:
    """Return a value as one would type it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
