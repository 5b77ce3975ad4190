"""The result of an image that is larger than memory: each part is denoised once, when it is looked at or before."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ..stop import StopToken

__all__ = ["KeptPlanes"]

#: Share of the free disk space that may be taken.
_DISK_SHARE = 0.5


class KeptPlanes:
    """Blocks of a lazy image that are computed once and kept on disk while the program runs.

    Parameters
    ----------
    image : (..., Y, X) dask array
        Expensive to compute.

    Attributes
    ----------
    keeps : bool
        Whether there is room on the disk to keep anything.
    folder : Path
        Where.
    """

    def __init__(self, image: Any) -> None:
        import zarr

        self._image = image
        self._done: set[tuple[int, ...]] = set()
        self._locks = {block: threading.Lock() for block in product(*map(range, image.numblocks))}
        folder = tempfile.mkdtemp(prefix="autostructn2v-")
        self.folder = Path(folder)
        # Gone with this object, and at the latest with the program.
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.keeps = image.nbytes <= _DISK_SHARE * shutil.disk_usage(folder).free
        # zarr has equal chunks, dask need not: whole blocks are stored, each as an array of its own.
        self._store = zarr.open_group(folder, mode="w")

    @property
    def array(self) -> Any:
        """The same (..., Y, X) dask array, whose blocks are read from disk if they are there, or computed and kept.

        What is on disk stays there as long as such an array is in use.
        """
        import dask.array

        return dask.array.map_blocks(
            _block_of,
            name=f"kept-{id(self)}",
            chunks=self._image.chunks,
            dtype=self._image.dtype,
            meta=np.empty((0,) * self._image.ndim, self._image.dtype),
            kept=self,
        )

    def fill(self, first: tuple[int, ...], stop: StopToken, tell: Callable[[int, int], None]) -> None:
        """Compute all blocks, beginning with the one that holds a position, until stopped.

        Parameters
        ----------
        first : tuple of int
            Index of a pixel along all axes.
        stop : StopToken
        tell : callable
            Called with the blocks done and their total.
        """
        from ..stop import Stopped

        blocks = list(self._locks)
        ends = [np.cumsum(chunks) for chunks in self._image.chunks]
        begin = blocks.index(tuple(int(np.searchsorted(end, at, "right")) for end, at in zip(ends, first, strict=True)))
        for number, block in enumerate([*blocks[begin:], *blocks[:begin]]):
            if stop.is_set():
                return
            try:
                self.block(block)
            except Stopped:
                return
            tell(number + 1, len(blocks))
            if not self.keeps:
                return

    def block(self, block: tuple[int, ...]) -> np.ndarray:
        """Return the block with a number along each axis."""
        name = "-".join(map(str, block))
        with self._locks[block]:
            if block in self._done:
                stored: Any = self._store[name]
                return np.asarray(stored[...])
            # In this thread, whose use of the cores is settled.
            values = np.asarray(self._image.blocks[block].compute(scheduler="synchronous"))
            if self.keeps:
                try:
                    self._store.create_array(name, data=values, chunks=values.shape)
                    self._done.add(block)
                except OSError:  # the disk is full: then it is computed each time
                    self.keeps = False
            return values


def _block_of(kept: KeptPlanes, block_info: Any = None) -> np.ndarray:
    return kept.block(tuple(block_info[None]["chunk-location"]))
