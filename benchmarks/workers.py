"""Two dask workers beside one, each with one core: planes a second, and whether the pixels are the local ones.

python benchmarks/workers.py [--side 1024] [--planes 16]
"""

from __future__ import annotations

import argparse
import os
import time

# Before the workers are started, which inherit it: each has a core of its own.
os.environ["OMP_NUM_THREADS"] = "1"

import dask.array
import numpy as np
from distributed import Client, LocalCluster

from napari_autostructn2v import Settings, denoise


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--planes", type=int, default=16)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    movie = rng.normal(1000, 100, (arguments.planes, arguments.side, arguments.side)).astype(np.uint16)
    model = denoise(movie[0, :256, :256], Settings.from_preset("fast", stages="1", device="cpu")).denoiser
    local = model.predict(movie, device="cpu")
    print("| workers | planes a second | same pixels as without a cluster |\n|--:|--:|---|")
    for workers in (1, 2):
        with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
            image = dask.array.from_array(movie, (1, arguments.side, arguments.side))
            lazy = model.predict(image, device="cpu")
            lazy[: 2 * workers].compute()  # loads PyTorch and the model everywhere
            start = time.perf_counter()
            found = lazy.compute()
            rate = len(movie) / (time.perf_counter() - start)
        print(f"| {workers} | {rate:.2f} | {'yes' if np.array_equal(found, local) else 'NO'} |", flush=True)


if __name__ == "__main__":
    main()
