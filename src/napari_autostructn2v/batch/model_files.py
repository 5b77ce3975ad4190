"""Trained models: one file a channel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files import check_writable, read_start

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["check_models", "found_models", "load_models", "model_paths", "save_models", "unfinished_model"]

#: In the first bytes of every model file.
_MARK = b"napari-autostructn2v model"


def model_paths(path: Path, channels: int) -> list[Path]:
    """Return where the models of so many channels are: ``cells-c1.safetensors``, ... unless there is only one."""
    if channels == 1:
        return [path]
    return [path.with_name(f"{path.stem}-c{number}{path.suffix}") for number in range(1, channels + 1)]


def unfinished_model(path: Path) -> Path:
    """Return where the model of a training that was stopped early goes."""
    return path.with_name(f"{path.stem}-unfinished{path.suffix}")


def check_models(path: Path, overwrite: bool) -> None:
    """Raise before the training if its model could not be kept, or would replace something that is no model."""
    check_writable(path)
    for candidate in _there(path):
        if not _is_model(candidate):
            raise InputError(
                f"{candidate} exists already and is not a model; choose another name for the trained model."
            )
        if not overwrite:
            raise InputError(f"{candidate} exists already; add --overwrite to replace it.")
    for candidate in _there(unfinished_model(path)):
        if not _is_model(candidate):
            raise InputError(
                f"{candidate} exists already and is not a model; choose another name for the trained model."
            )


def _there(path: Path) -> list[Path]:
    """Return what has one of the names that models are saved under."""
    names = re.compile(re.escape(path.stem) + r"(-c[1-9][0-9]*)?" + re.escape(path.suffix))
    try:
        return sorted(entry for entry in path.parent.iterdir() if names.fullmatch(entry.name))
    except OSError:
        return []


def _is_model(path: Path) -> bool:
    try:
        return _MARK in read_start(path, 2**16)
    except InputError:
        return False


def save_models(path: Path, models: Sequence[Denoiser]) -> list[str]:
    """Write the models of all channels, and return where they are."""
    paths = model_paths(path, len(models))
    for model, where in zip(models, paths, strict=True):
        model.save(where)
    return [str(where) for where in paths]


def load_models(paths: Sequence[Path]) -> tuple[tuple[Denoiser, ...], list[Path]]:
    """Read models that were given by name, or those of all channels by the name that they were saved under.

    Raises
    ------
    InputError
        If a file is missing or holds no model.
    """
    found = found_models(paths)
    for path in found:
        read_start(path)  # says at once, before torch is loaded, that there is no such file
    from ..denoiser import Denoiser

    return tuple(Denoiser.load(path) for path in found), found


def found_models(paths: Sequence[Path]) -> list[Path]:
    """Return the files of models that were given by name, or by the one name of those of all channels."""
    return [path for given in paths for path in _existing(given)]


def _existing(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    found: list[Path] = []
    while (following := path.with_name(f"{path.stem}-c{len(found) + 1}{path.suffix}")).exists():
        found.append(following)
    return found or [path]
