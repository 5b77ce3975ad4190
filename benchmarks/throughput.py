"""Megapixels a second of prediction, on one core, on two, and on a GPU where there is one.

    python benchmarks/throughput.py [--side 1024] [--planes 4] [--stage 1] [--repeats 3]

The best of some repeats on random noise, a Markdown table; each number of cores in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

CODE = """
import sys, time
import numpy as np, torch
from dataclasses import replace
from napari_autostructn2v import Settings, denoise
threads, device, side, planes, repeats, flips = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:7])
torch.set_num_threads(threads)
movie = np.random.default_rng(0).normal(100, 10, (planes, side, side)).astype(np.float32)
settings = Settings.from_preset("fast", stages="1", device=device)
stage = replace(settings.stage1, num_epochs=1, patches_per_image=32, flips_at_prediction=bool(flips))
model = denoise(movie[:1, :256, :256], replace(settings, stage1=stage)).denoiser
model.predict(movie[:1], device=device)
best = float("inf")
for _ in range(repeats):
    start = time.perf_counter()
    model.predict(movie, device=device)
    best = min(best, time.perf_counter() - start)
print(movie.size / 1e6 / best)
"""


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--planes", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    import torch

    runs = [("one core", 1, "cpu"), ("two cores", 2, "cpu")]
    if torch.cuda.is_available():
        runs.append(("GPU", 2, "cuda"))
    size = [str(arguments.side), str(arguments.planes), str(arguments.repeats)]
    print("| where | one pass, MP/s | averaged over turns and flips, MP/s |\n|---|---|---|")
    for name, threads, device in runs:
        rates = []
        for flips in (0, 1):
            command = [sys.executable, "-c", CODE, str(threads), device, *size, str(flips)]
            rates.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
        print(f"| {name} | {rates[0]:.2f} | {rates[1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
