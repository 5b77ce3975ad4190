"""Megapixels a second of prediction, on one core, on two, and on a GPU where there is one.

    python benchmarks/throughput.py [--side 1024] [--planes 4] [--repeats 3] [--peer PEER_PYTHON]

The best of some repeats on random noise, a Markdown table; each number of cores in a process of its own. PEER_PYTHON is
the interpreter of an environment with CAREamics, whose N2V with its default network predicts the same planes in tiles.
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

PEER = """
import sys, tempfile, time, logging, warnings
warnings.filterwarnings("ignore"); logging.disable(logging.WARNING)
import numpy as np, torch
from careamics import CAREamist
from careamics.config import create_n2v_config
threads, device, side, planes, repeats = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])
torch.set_num_threads(threads)
movie = np.random.default_rng(0).normal(100, 10, (planes, side, side)).astype(np.float32)
config = create_n2v_config(experiment_name="peer", data_type="array", axes="YX", patch_size=[64, 64], batch_size=16,
                           num_epochs=1)
peer = CAREamist(config, work_dir=tempfile.mkdtemp(), enable_progress_bar=False)
peer.train(train_data=movie[0, :256, :256])
best = float("inf")
for _ in range(repeats):
    start = time.perf_counter()
    for plane in movie:
        peer.predict(plane, tile_size=(256, 256))
    best = min(best, time.perf_counter() - start)
print(movie.size / 1e6 / best)
"""


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--planes", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peer", help="interpreter of an environment with CAREamics")
    arguments = parser.parse_args()
    import torch

    runs = [("one core", 1, "cpu"), ("two cores", 2, "cpu")]
    if torch.cuda.is_available():
        runs.append(("GPU", 2, "cuda"))
    size = [str(arguments.side), str(arguments.planes), str(arguments.repeats)]
    head = "| where | one pass, MP/s | averaged over turns and flips, MP/s |"
    print(head + " CAREamics, MP/s |\n|---|--:|--:|--:|" if arguments.peer else head + "\n|---|--:|--:|")
    for name, threads, device in runs:
        rates = [rate(sys.executable, CODE, threads, device, *size, flips) for flips in "01"]
        if arguments.peer:
            rates.append(rate(arguments.peer, PEER, threads, device, *size))
        print(f"| {name} | " + " | ".join(f"{found:.2f}" for found in rates) + " |", flush=True)


def rate(python: str, code: str, threads: int, device: str, *size: str) -> float:
    """Return megapixels a second, measured in a process of its own."""
    command = [python, "-c", code, str(threads), device, *size]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
