"""Writing after which a file is whole or absent."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

from ..errors import InputError
from .reading import as_path, reason, special

__all__ = ["atomic_path", "check_writable"]

#: Unfinished files are called ``.MACHINE-PROCESS-RANDOM.part``, so that those of a dead process are known as such.
_PART = re.compile(r"\.(?P<machine>[0-9a-f]{12})-(?P<process>[0-9]{1,10})-[0-9a-f]{16}\.part")

#: Seconds without a change after which an unfinished file is given up, whoever was writing it.
_GIVEN_UP = 24 * 3600


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of `path`, which becomes `path` once the block has ended well.

    The folder is made if it is missing. If the block raises or is interrupted, `path` stays as it was. What a killed
    process has left unfinished in the folder is removed on the way.

    Raises
    ------
    InputError
        If the folder or the file cannot be written.
    """
    path = as_path(path)
    with _plain_write_errors(path):
        part = _part(path)
        _remove_abandoned(part)
        try:
            yield part
            os.replace(part, path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def check_writable(path: str | Path) -> None:
    """Raise now, and not after a long run, the `InputError` that writing `path` would end in."""
    path = as_path(path)
    with _plain_write_errors(path):
        _part(path).unlink()


def _part(path: Path) -> Path:
    """Make an empty file beside `path`: only a rename within one folder is sure to be atomic."""
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder; give the name of a file to write.")
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is {special(path.stat().st_mode)}, not a file; it is not replaced.")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{_machine()}-{os.getpid()}-{uuid4().hex[:16]}.part")
    part.touch(exist_ok=False)
    return part


def _remove_abandoned(part: Path) -> None:
    """Remove the unfinished files of processes that are gone from the folder of a new one."""
    with suppress(OSError), os.scandir(part.parent) as entries:
        for entry in entries:
            match = _PART.fullmatch(entry.name)
            if match is None or entry.name == part.name:
                continue
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                # Both times are those of the disk, which may lie on another machine with another clock.
                age = part.stat().st_mtime - status.st_mtime
                gone = match["machine"] == _machine() and not _runs(int(match["process"]))
                if stat.S_ISREG(status.st_mode) and (gone or age > _GIVEN_UP):
                    os.unlink(entry.path)


@cache
def _machine() -> str:
    """Return what tells where the number of a process means something: the machine, since its start, and container."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:12]


def _runs(process: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(process))


@contextmanager
def _plain_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{path} cannot be written, because a part of its folder's name is a file.") from error
    except OSError as error:
        raise InputError(f"{path} could not be written: {reason(error)}. Choose another place for it.") from error
