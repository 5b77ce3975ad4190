"""Open images that are no files, on which one model for all is trained as well."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..large import on_disk_as_dask, sample_planes

__all__ = ["OpenImage"]

#: Pixels of each channel by which an image is told from others.
_TOLD_BY = 2**20


@dataclass(frozen=True, eq=False)
class OpenImage:
    """An image that a program has open.

    Parameters
    ----------
    name : str
    channels : tuple of (..., Y, X) array-like
        May be lazy; read only when a model is trained.
    names : tuple of str
        Of the channels.
    """

    name: str
    channels: tuple[Any, ...]
    names: tuple[str, ...]

    def sample(self, channel: int, most: int, *, with_neighbours: bool) -> np.ndarray:
        """Read planes of a channel, or runs of them, of at most so many pixels."""
        return sample_planes(on_disk_as_dask(self.channels[channel]), most=most, with_neighbours=with_neighbours)[0]

    @cached_property
    def digest(self) -> str:
        """What tells it from images of other pixels."""
        told = hashlib.sha256()
        for number, channel in enumerate(self.channels):
            read = self.sample(number, _TOLD_BY, with_neighbours=False)
            told.update(f"{channel.shape} {read.dtype}".encode())
            told.update(np.ascontiguousarray(read).tobytes())
        return told.hexdigest()[:16]
