"""What tells whether a file still holds what it held: its bytes, or enough of them where it is huge."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["fingerprint"]

#: Up to so many bytes are read to the last; that takes less than a second from a fast disk.
_WHOLE_BYTES = 2**28

#: Of larger files and folders, so many samples of so many bytes are.
_SAMPLES, _SAMPLE_BYTES = 256, 2**18

#: Files of a folder, beyond which it counts as huge whatever their sizes.
_MANY_FILES = 20_000


def fingerprint(path: Path) -> str:
    """Return a digest of what a file, or all files of a folder, hold.

    Two files with the same bytes have the same one, whatever they are called. Of what is huge, sizes, times of change
    and samples are compared instead: a copy of it may differ, and a change goes unnoticed only where it was hidden.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        if os.path.isdir(path):
            _add_folder(digest, path)
        else:
            status = os.stat(path)
            _add_file(digest, path, status, status.st_size <= _WHOLE_BYTES, _SAMPLES)
    except OSError as error:  # opening the file will say more
        digest.update(f"not readable: {error.errno}".encode())
    return digest.hexdigest()


def _add_folder(digest: Any, folder: Path) -> None:
    files = sorted(_files(folder))
    whole = len(files) <= _MANY_FILES and sum(status.st_size for _, _, status in files) <= _WHOLE_BYTES
    step = max(1, len(files) // _SAMPLES)
    for number, (name, path, status) in enumerate(files):
        digest.update(f"{name}\0{status.st_size}\0".encode(errors="surrogateescape"))
        describes = name.endswith((".json", ".zarray", ".zgroup", ".zattrs"))
        if whole or number % step == 0 or describes:
            _add_file(digest, path, status, whole, 2)
        else:
            digest.update(f"{status.st_mtime_ns}\0".encode())


def _files(folder: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield the name below the folder, path and status of all files in it."""
    for here, _, names in os.walk(folder):
        for name in names:
            path = Path(here, name)
            yield path.relative_to(folder).as_posix(), path, os.stat(path)


def _add_file(digest: Any, path: Path, status: os.stat_result, whole: bool, samples: int) -> None:
    if not stat.S_ISREG(status.st_mode):  # neither waits for a pipe nor reads a device
        digest.update(b"no file\0")
        return
    with path.open("rb") as file:
        if whole:
            while block := file.read(2**20):
                digest.update(block)
            return
        digest.update(f"{status.st_size}\0{status.st_mtime_ns}\0".encode())
        last = max(0, status.st_size - _SAMPLE_BYTES)
        for number in range(samples):
            file.seek(last * number // (samples - 1))
            digest.update(file.read(_SAMPLE_BYTES))
