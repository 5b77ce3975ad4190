"""Writing after which a file is whole or absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from ..errors import InputError
from .reading import reason

__all__ = ["atomic_path", "check_writable"]


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
