"""As many threads as there are cores that no other program keeps busy."""

from __future__ import annotations

import os
import time

import psutil
import torch

__all__ = ["GivingWay"]

#: Seconds between two looks at what else runs.
_INTERVAL = 0.5


class GivingWay:
    """Trains on fewer threads while other programs are busy.

    The threads of one step wait for the slowest of them. One that has to share its core holds up all others, so that
    two threads beside a busy program are slower than one. Where the user has set a number of threads it stays.

    A context for each step: between steps, and after an error, the number is what it was, for trainings take turns.

    Parameters
    ----------
    device : torch.device
        That is trained on.
    """

    def __init__(self, device: torch.device) -> None:
        self._most = self._threads = torch.get_num_threads()
        self._moves = self._most > 1 and device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ
        if self._moves:
            self._cores = psutil.cpu_count() or self._most
            self._process = psutil.Process()
            self._looked, self._others = time.monotonic(), self._busy_elsewhere()

    def __enter__(self) -> None:
        if self._moves:
            self._look()
            if self._threads < self._most:
                torch.set_num_threads(self._threads)

    def __exit__(self, *_: object) -> None:
        if self._threads < self._most:
            torch.set_num_threads(self._most)

    def _look(self) -> None:
        """See what other programs take, now and then."""
        now = time.monotonic()
        if now - self._looked < _INTERVAL:
            return
        others = self._busy_elsewhere()
        busy = (others - self._others) / (now - self._looked)
        self._looked, self._others = now, others
        self._threads = min(self._most, max(1, round(self._cores - busy)))

    def _busy_elsewhere(self) -> float:
        """Return the seconds of all cores that other programs have had since the computer was started."""
        cores, own = psutil.cpu_times(), self._process.cpu_times()
        idle = cores.idle + getattr(cores, "iowait", 0.0)
        # The time of guests is part of that of users.
        guests = getattr(cores, "guest", 0.0) + getattr(cores, "guest_nice", 0.0)
        return sum(cores) - guests - idle - own.user - own.system
