"""No file of a command has two uses: what is read is never written, and no two of its outputs are one file."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import InputError
from .reading import as_path

__all__ = ["Places"]


class Places:
    """The files of a command, each with its use, found by whatever name or link leads to them."""

    def __init__(self) -> None:
        self._uses: dict[str | tuple[int, int], str] = {}
        self._folders: dict[str, str] = {}
        self._above: dict[str, str] = {}

    def add(self, path: Path, use: str, *, folder: bool = False) -> None:
        """Note what a file is used as.

        Parameters
        ----------
        path : Path
            Need not exist.
        use : str
            As in "which is an input": "an input", "the log".
        folder : bool
            All that lies in a folder has the same use, as in a zarr.
        """
        for key in _keys(path):
            self._uses.setdefault(key, use)
            if isinstance(key, str):
                if folder:
                    self._folders.setdefault(key, use)
                for above in map(str, Path(key).parents):
                    self._above.setdefault(above, use)

    def check(self, path: Path, use: str) -> None:
        """Raise if writing a file would write what the command uses as something else.

        Raises
        ------
        InputError
            If it is one of the noted files, or a folder around or inside one.
        """
        for key in _keys(path):
            other = self._uses.get(key)
            if other not in (None, use):
                raise InputError(
                    f"{use[0].upper()}{use[1:]} would replace {path}, which is {other} of the same command; choose "
                    "another name or folder for it."
                )
            if not isinstance(key, str):
                continue
            if key in self._above and os.path.isdir(path) and self._above[key] != use:
                raise InputError(
                    f"{use[0].upper()}{use[1:]} would replace the folder {path}, in which {self._above[key]} of the "
                    "same command lies; choose another name or folder for it."
                )
            around = next(
                (self._folders[above] for above in map(str, Path(key).parents) if above in self._folders), use
            )
            if around != use:
                raise InputError(
                    f"{path} would lie inside {around} of the same command; choose another folder for {use}."
                )


def _keys(path: Path) -> list[str | tuple[int, int]]:
    """Return all that a file is known by: its own place, the place that links lead to, and its number on the disk."""
    path = Path(os.path.abspath(as_path(path)))
    keys: list[str | tuple[int, int]] = []
    # A link is a file of its own: replacing it leaves what it leads to, and takes the link away.
    for place in (os.path.join(os.path.realpath(path.parent), path.name), os.path.realpath(path)):
        if place not in keys:
            keys.append(place)
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return keys
    return [*keys, (status.st_dev, status.st_ino)] if status.st_ino else keys
