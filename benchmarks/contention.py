"""A run beside other busy programs: seconds alone, and how many times as long beside one and beside two of them.

    python benchmarks/contention.py [--runs 3] [--policies passive active] [--threads 0 2 1]

A 256 x 256 image with preset `fast` from the command line: everything is in it. The policy is what the threads of
OpenMP do while they wait; `passive` is what the program sets by itself. Ratios are to the first number of threads,
alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

COMMAND = "from napari_autostructn2v.cli import main; import sys; sys.exit(main(sys.argv[1:]))"


def seconds_of(folder: Path, policy: str, threads: int, beside: int) -> float:
    """Time one run while so many busy programs run."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(beside)]
    environment = os.environ | {"OMP_WAIT_POLICY": policy}
    environment.pop("OMP_NUM_THREADS", None)
    if threads:
        environment["OMP_NUM_THREADS"] = str(threads)
    # A folder of its own: an image that has been denoised already is not denoised again.
    out = tempfile.mkdtemp(dir=folder)
    call = ["denoise", "image.tif", "-o", out, "--preset", "fast", "--quiet"]
    try:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", COMMAND, *call], check=True, cwd=folder, env=environment)
        return time.perf_counter() - begun
    finally:
        for program in busy:
            program.kill()
            program.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--policies", nargs="+", default=["passive", "active"])
    parser.add_argument("--threads", type=int, nargs="+", default=[0], help="0: as the program chooses")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        import tifffile

        tifffile.imwrite(Path(name) / "image.tif", np.random.default_rng(0).poisson(100, (256, 256)).astype(np.uint16))
        print("policy   threads   beside   seconds   ratio")
        for policy in given.policies:
            alone = 0.0
            for threads in given.threads:
                for beside in (0, 1, 2):
                    runs = (seconds_of(Path(name), policy, threads, beside) for _ in range(given.runs))
                    taken = statistics.median(runs)
                    alone = alone or taken
                    print(f"{policy:8} {threads:7} {beside:8} {taken:9.1f} {taken / alone:7.2f}", flush=True)


if __name__ == "__main__":
    main()
