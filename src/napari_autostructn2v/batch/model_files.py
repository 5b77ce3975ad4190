"""Trained models: one file a channel."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files import check_writable, read_start

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["check_models", "load_models", "model_paths", "save_models"]


def model_paths(path: Path, channels: int) -> list[Path]:
    """Return where the models of so many channels are: ``cells-c1.safetensors``, ... unless there is only one."""
    if channels == 1:
        return [path]
    return [path.with_name(f"{path.stem}-c{number}{path.suffix}") for number in range(1, channels + 1)]


def check_models(path: Path, overwrite: bool) -> None:
    """Raise before the training if its model could not be kept."""
    for candidate in (path, *model_paths(path, 2)):
        if os.path.exists(candidate) and not overwrite:
            raise InputError(f"{candidate} exists already; add --overwrite to replace it.")
    check_writable(path)


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
    found = [path for given in paths for path in _existing(given)]
    for path in found:
        read_start(path)  # says at once, before torch is loaded, that there is no such file
    from ..denoiser import Denoiser

    return tuple(Denoiser.load(path) for path in found), found


def _existing(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    found: list[Path] = []
    while (following := path.with_name(f"{path.stem}-c{len(found) + 1}{path.suffix}")).exists():
        found.append(following)
    return found or [path]
