"""Run the test files in groups, two processes at a time, and end with how many groups failed.

A process for each group keeps what hundreds of windows leave behind small, and a process that dies or hangs costs a
group, not the run. Such a group runs once more, since the drawing of OpenGL in software (Mesa) is known to crash now
and then; a second death is a failure, and so is any test that fails.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

GROUPS = 12
AT_ONCE = 2
SECONDS = 900  # a group takes one to two minutes; only a process that hangs outside Python gets here
NOTHING_SELECTED = 5  # pytest's exit code


def run(files: list[Path]) -> tuple[int | None, str]:
    """Return a group's exit code, None if it hung and negative if it died, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", *map(str, files)]
    # A file and a session of its own: a pipe would stay open, and we wait, while a child of a dead process lives.
    with TemporaryFile() as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True)
        code: int | None
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        printed.seek(0)
        return code, printed.read().decode(errors="replace")


def passes(files: list[Path]) -> bool:
    """Run a group, a second time if its process died or hung, and print what it printed."""
    for attempt in (1, 2):
        code, text = run(files)
        print(text, flush=True)
        if code is not None and code >= 0:
            break
        how = "hung" if code is None else f"died of signal {-code}"
        print(f"!! attempt {attempt} of this group {how}: {' '.join(str(file) for file in files)}", flush=True)
    return code in (0, NOTHING_SELECTED)


def main() -> int:
    """Return the number of groups that failed."""
    files = sorted(Path("tests").rglob("test_*.py"))
    groups = [files[first::GROUPS] for first in range(GROUPS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = list(pool.map(passes, groups)).count(False)
    print(f"{len(files)} test files in {len(groups)} groups: " + (f"{failed} failed" if failed else "all passed"))
    return failed


if __name__ == "__main__":
    sys.exit(main())
