"""Two dask workers beside one, each with one core, zarr to zarr: planes a second, and whether they are the local ones.

python benchmarks/workers.py [--side 1024] [--planes 16]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

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
    parser.add_argument("--planes", type=int, default=24)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    movie = rng.normal(1000, 100, (arguments.planes, arguments.side, arguments.side)).astype(np.uint16)
    model = denoise(movie[0, :256, :256], Settings.from_preset("fast", stages="1", device="cpu")).denoiser
    local = model.predict(movie, device="cpu")
    print("| workers | planes a second | same pixels as without a cluster |\n|--:|--:|---|")
    for workers in (1, 2):
        with (
            tempfile.TemporaryDirectory() as folder,
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
            Client(cluster),
        ):
            source, target = (str(Path(folder) / f"{name}.zarr") for name in ("movie", f"denoised{workers}"))
            dask.array.from_array(movie, (1, arguments.side, arguments.side)).to_zarr(source, overwrite=True)
            lazy = model.predict(dask.array.from_zarr(source), device="cpu")
            lazy[: 2 * workers].compute()  # loads PyTorch and the model everywhere
            start = time.perf_counter()
            lazy.to_zarr(target)
            rate = len(movie) / (time.perf_counter() - start)
            found = np.asarray(dask.array.from_zarr(target))
        print(f"| {workers} | {rate:.2f} | {'yes' if np.array_equal(found, local) else 'NO'} |", flush=True)


if __name__ == "__main__":
    main()
