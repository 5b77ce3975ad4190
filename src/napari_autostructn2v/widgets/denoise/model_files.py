"""The files of a model: one, or one for each channel, as in ``cells-c1.safetensors`` and ``cells-c2.safetensors``."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["files_to_read", "files_to_write"]


def files_to_write(path: str, channels: int) -> list[str]:
    """Return a file for each channel: ``cells-c1.safetensors``, ... unless there is only one."""
    if channels == 1:
        return [path]
    first = Path(path)
    return [str(first.with_name(f"{first.stem}-c{number}{first.suffix}")) for number in range(1, channels + 1)]


def files_to_read(path: str, channels: int) -> list[str]:
    """Return the files of all channels that belong to that of the first.

    Parameters
    ----------
    path : str
    channels : int
        Of the image that the model is for.

    Returns
    -------
    list of str
        Only the path itself unless it is that of a first channel, with a file for each further channel beside it and
        no more: the models of some channels alone would be taken for those of others.
    """
    first = Path(path)
    named = re.fullmatch(r"(.+)-c1", first.stem)
    if channels == 1 or named is None:
        return [path]
    *files, beyond = files_to_write(str(first.with_name(named[1] + first.suffix)), channels + 1)
    there = all(Path(file).is_file() for file in files)
    return files if there and not Path(beyond).exists() else [path]
