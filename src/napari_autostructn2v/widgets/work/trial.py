"""A trial of a few training steps in a program of its own, so that the window loads no PyTorch for it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING

from ...progress import Progress

if TYPE_CHECKING:
    from .worker import StopRequest, Task

__all__ = ["trial_task"]

_PROGRAM = "import sys; from {package}.network import seconds_of_a_step; print('took', seconds_of_a_step(sys.argv[1]))"

#: Seconds after which a computer is too busy to tell anything.
_LONGEST = 60.0


def trial_task(device: str) -> Task:
    """Return the task that measures how long a training step takes.

    Its result is in seconds; None if it was stopped, or where no such program can be run.

    Parameters
    ----------
    device : str
    """

    def task(stop: StopRequest) -> Generator[Progress, None, float | None]:
        yield Progress("measuring", message="Measuring how fast this computer trains")
        # -P: nothing is imported from the folder that napari happens to be in.
        command = [sys.executable, "-P", "-c", _PROGRAM.format(package=__name__.split(".")[0]), device]
        hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        with (
            suppress(OSError, ValueError),
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                creationflags=hidden,
            ) as process,
        ):
            end = time.monotonic() + _LONGEST
            try:
                while process.poll() is None and not stop.is_set() and time.monotonic() < end:
                    time.sleep(0.05)
                if process.returncode == 0 and process.stdout is not None:
                    return float(process.stdout.read().split()[-1])
            finally:
                process.kill()
        return None

    return task
