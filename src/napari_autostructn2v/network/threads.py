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

    Parameters
    ----------
    device : torch.device
        That is trained on.
    """

    def __init__(self, device: torch.device) -> None:
        self._most = torch.get_num_threads()
        self._moves = self._most > 1 and device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ
        if self._moves:
            self._cores = psutil.cpu_count() or self._most
            self._process = psutil.Process()
            self._looked, self._others = time.monotonic(), self._busy_elsewhere()

    def look(self) -> None:
        """Take another number of threads if other programs have become more or less busy."""
        if not self._moves or (now := time.monotonic()) - self._looked < _INTERVAL:
            return
        others = self._busy_elsewhere()
        busy = (others - self._others) / (now - self._looked)
        self._looked, self._others = now, others
        threads = min(self._most, max(1, round(self._cores - busy)))
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)

    def end(self) -> None:
        """Go back to the number of threads that there were at the beginning."""
        if self._moves:
            torch.set_num_threads(self._most)

    def _busy_elsewhere(self) -> float:
        """Return the seconds of all cores that other programs have had since the computer was started."""
        cores, own = psutil.cpu_times(), self._process.cpu_times()
        idle = cores.idle + getattr(cores, "iowait", 0.0)
        # The time of guests is part of that of users.
        guests = getattr(cores, "guest", 0.0) + getattr(cores, "guest_nice", 0.0)
        return sum(cores) - guests - idle - own.user - own.system
