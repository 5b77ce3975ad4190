"""``autostructn2v watch``: denoise what an acquisition writes into a folder, as it arrives.

The folder is listed again and again. A notification by the system would bring nothing forward, since a file has to be
left alone for a while before it counts as whole, and folders on other computers send none.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from ..errors import InputError
from .predict import prepared
from .report import remark
from .run_batch import INTERRUPTED, run_batch

#: What tells whether a file or a zarr folder is still being written: number of files, bytes, newest change.
State = tuple[int, int, int]


def watch(arguments: argparse.Namespace) -> int:
    """Denoise every image that appears in a folder until Ctrl+C, and return the exit code."""
    folder: Path = arguments.folder
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; name the one that the images are written into.")
    arguments.inputs = [str(folder)]
    batch, work = prepared(arguments)
    arrivals = Arrivals(folder, arguments.pattern, arguments.settle)
    made: set[Path] = set()
    failed: set[Path] = set()
    last = monotonic()
    remark(f"Watching {folder}. Press Ctrl+C to stop.")
    while True:
        for source in arrivals.settled():
            target = arrivals.target(source, arguments.output)
            # A result that was made here a while ago, of a file that has grown since, is made anew.
            one = replace(batch, inputs=[source], targets=[target], overwrite=batch.overwrite or source in made)
            code = run_batch(one, work)
            if code == INTERRUPTED:
                return code
            (failed.add if code else failed.discard)(source)
            if not code:
                made.add(source)
            last = monotonic()
        if arrivals.expected:
            last = monotonic()
        if arguments.until_idle is not None and monotonic() - last >= arguments.until_idle:
            return 1 if failed else 0
        sleep(min(1.0, max(0.05, arguments.settle / 4)))


class Arrivals:
    """The images of a folder that are new, or have changed, and are not being written any more.

    Parameters
    ----------
    folder : Path
    pattern : str or None
        Which files, as for :func:`~.batch.find_inputs`.
    settle : float
        Seconds for which a file must stay as it is to count as whole.
    clock : callable
        Returns seconds.
    """

    def __init__(
        self, folder: Path, pattern: str | None, settle: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._folder, self._pattern, self._settle, self._clock = folder, pattern, settle, clock
        self._seen: dict[Path, tuple[State, float]] = {}
        self._handed: dict[Path, State] = {}

    @property
    def expected(self) -> bool:
        """Whether images have been seen that have not settled yet."""
        return any(self._handed.get(path) != state for path, (state, _) in self._seen.items())

    def settled(self) -> list[Path]:
        """Return the images that have settled since they were returned last, in the order of their names."""
        from ..batch import find_inputs

        now = self._clock()
        seen: dict[Path, tuple[State, float]] = {}
        ready = []
        for path in find_inputs([str(self._folder)], self._pattern):
            state = None if path == self._folder else state_of(path)
            if state is None:  # nothing there yet, or gone in the meantime
                continue
            before, since = self._seen.get(path, (None, now))
            seen[path] = (state, since if before == state else now)
            if self._handed.get(path) != state and now - seen[path][1] >= self._settle:
                ready.append(path)
                self._handed[path] = state
        self._seen = seen
        return ready

    def target(self, source: Path, output: Path) -> Path:
        """Return where the result of an image belongs: in the same subfolder, whatever else is there."""
        from ..batch import targets_of

        return targets_of([source], output / source.parent.relative_to(self._folder))[0]


def state_of(path: Path) -> State | None:
    """Return what changes while a file, or the files of a folder, are written; None if it is gone."""
    try:
        files: list[Any] = [path]
        if path.is_dir():
            files = [Path(place, name) for place, _, names in os.walk(path) for name in names]
        statuses = [os.stat(file) for file in files]
    except OSError:
        return None
    return len(statuses), sum(s.st_size for s in statuses), max((s.st_mtime_ns for s in statuses), default=0)
