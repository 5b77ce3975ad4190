"""Peak memory of a run in bytes a pixel: what the docks' guard and ``--dry-run`` count with.

    python benchmarks/memory.py [--sides 1024 2048] [--planes 1 8]

Each case runs in a process of its own; the peak of a small image is taken off, so that what is left is what the pixels
cost.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

RUN = """
import resource, sys
import numpy as np
from dataclasses import replace
from napari_autostructn2v import Settings, denoise
planes, side = map(int, sys.argv[1:])
image = np.random.default_rng(0).poisson(50, (planes, side, side)).astype(np.uint16)
settings = Settings.from_preset("fast")
short = {name: replace(getattr(settings, name), num_epochs=2) for name in ("stage1", "stage2")}
denoise(image, replace(settings, stages="both", **short))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def peak(planes: int, side: int) -> int:
    """Peak resident memory of a run, in bytes."""
    command = [sys.executable, "-c", RUN, str(planes), str(side)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[1024, 2048])
    parser.add_argument("--planes", type=int, nargs="+", default=[1, 8])
    given = parser.parse_args()
    bare = peak(1, 512)
    print(f"A plane of 512 x 512: {bare / 1e6:.0f} MB")
    print()
    print("| planes | side | peak in MB | bytes a pixel more |")
    print("|--:|--:|--:|--:|")
    for planes in given.planes:
        for side in given.sides:
            found = peak(planes, side)
            a_pixel = (found - bare) / (planes * side**2 - 512**2)
            print(f"| {planes} | {side} | {found / 1e6:.0f} | {a_pixel:.1f} |", flush=True)


if __name__ == "__main__":
    main()
