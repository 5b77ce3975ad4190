"""One model for all frames of a movie beside a model for each frame: PSNR and seconds a frame.

    python benchmarks/movie.py [--preset balanced] [--single 3] [--seed 42]

The movies in the data folder (environment variable ASN2V_DATA) that have a reference. Frames are compared with it after
the best affine fit; ``--single`` frames, evenly spread, are also trained one by one.
"""

from __future__ import annotations

import argparse
import time
from statistics import mean

import numpy as np
import tifffile
from quality import psnr_fitted
from real_pairs import DATA

from napari_autostructn2v import Settings, denoise


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--single", type=int, default=3)
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    settings = Settings.from_preset(arguments.preset, random_seed=arguments.seed)
    print("| movie | frames | noisy | trained on all | seconds a frame | one by one | seconds a frame |")
    print("|---|--:|--:|--:|--:|--:|--:|", flush=True)
    for path in sorted((DATA / "dev").glob("*__frames*.tif")):
        movie = tifffile.imread(path)
        truth = tifffile.imread(path.with_name(f"{path.name.split('__')[0]}__gt.tif"))
        chosen = np.linspace(0, len(movie) - 1, min(arguments.single, len(movie))).round().astype(int)
        start = time.perf_counter()
        together = denoise(movie, settings).denoised
        seconds = (time.perf_counter() - start) / len(movie)
        start = time.perf_counter()
        single = [denoise(movie[frame], settings).denoised for frame in chosen]
        each = (time.perf_counter() - start) / len(chosen)
        print(
            f"| {path.name.split('__')[0]} | {len(movie)} | {mean(psnr_fitted(movie[f], truth) for f in chosen):.2f} | "
            f"{mean(psnr_fitted(together[f], truth) for f in chosen):.2f} | {seconds:.1f} | "
            f"{mean(psnr_fitted(image, truth) for image in single):.2f} | {each:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
