"""A zarr store that reads regular files below its own folder and nothing else."""

from __future__ import annotations

import os
import stat
from typing import Any

from zarr.storage import LocalStore

from ..errors import InputError
from .reading import inner_path

__all__ = ["PlainStore"]


class PlainStore(LocalStore):
    """Every file of a zarr is read through here, so that neither metadata nor names lead anywhere else."""

    async def get(self, key: str, *given: Any, **more: Any) -> Any:
        """Return what is stored under a key."""
        self._check(key)
        return await super().get(key, *given, **more)

    def get_sync(self, key: str, **more: Any) -> Any:
        """Return what is stored under a key."""
        self._check(key)
        return super().get_sync(key, **more)

    async def get_partial_values(self, prototype: Any, key_ranges: Any) -> Any:
        """Return parts of what is stored under some keys."""
        key_ranges = list(key_ranges)
        for key, _ in key_ranges:
            self._check(key)
        return await super().get_partial_values(prototype, key_ranges)

    def _check(self, key: str) -> None:
        path = self.root / inner_path(self.root, key)
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            return  # an absent chunk is the business of zarr
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise InputError(f"{path} is a pipe or a device, not a file; only files are read.")
