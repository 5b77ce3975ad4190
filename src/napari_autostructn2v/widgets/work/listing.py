"""Looks for images in files and folders."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...batch import ALL_SCENES, find_inputs
from ...errors import counted
from ...files import is_zarr
from ...progress import Progress
from ...stop import Stopped

if TYPE_CHECKING:
    from .worker import StopRequest, Task

__all__ = ["Listed", "list_task"]

#: Seconds between two words about how many there are.
_PAUSE = 0.2


@dataclass(frozen=True)
class Listed:
    """What was found.

    Parameters
    ----------
    images : tuple of Path
        Each scene of a microscope's file by itself.
    empty : tuple of Path
        Folders in which there is none.
    """

    images: tuple[Path, ...]
    empty: tuple[Path, ...]


def list_task(places: Sequence[str]) -> Task:
    """Return the task that finds images; its result is a `Listed`, None if it was stopped.

    Parameters
    ----------
    places : sequence of str
        Files and folders.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, Listed | None]:
        yield Progress("measuring", message="Looking for images…")
        told = time.monotonic()

        def on_found(count: int) -> None:
            nonlocal told
            if time.monotonic() - told > _PAUSE:
                told = time.monotonic()
                stop.tell(Progress("measuring", message=f"Looking for images… {counted(count, 'image')} so far"))

        try:
            found = find_inputs(places, scene=ALL_SCENES, stop=stop, on_found=on_found)
            empty = [path for path in found if path.is_dir() and not is_zarr(path)]
        except Stopped:
            return None
        return Listed(tuple(path for path in found if path not in set(empty)), tuple(empty))

    return task
