"""Stacks and movies with known truth: plane by plane against with other planes.

    python benchmarks/stacks.py --seeds 42 43 44 [--only movie] [--contexts auto none] [--csv FILE]

Scenes are those of `stacks.py` beside the evaluation data (environment variable ASN2V_BENCH), and, with the noise made
there, the stacks recorded (ASN2V_DATA). For every scene and context: median over seeds of the PSNR (no fit), of the
flicker (error that changes from plane to plane; 1 is independent), and of the seconds.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, os.environ.get("ASN2V_BENCH", str(ROOT.parent / "shared/bench")))
DATA = Path(os.environ.get("ASN2V_DATA", str(ROOT.parent / "shared/data"))) / "stacks"

Pair = tuple[np.ndarray, np.ndarray]


def scenes() -> dict[str, Callable[[], Pair]]:
    import tifffile
    from stacks import movie, noisy_stack, volume

    def recorded(name: str, photons: float) -> Pair:
        truth = tifffile.imread(DATA / f"{name}.tif").astype(np.float32)
        return noisy_stack(truth / np.percentile(truth, 99.8), photons)

    return {
        "movie 4": lambda: noisy_stack(movie(seed=0), 4),
        "movie 20": lambda: noisy_stack(movie(seed=0), 20),
        "movie lines": lambda: noisy_stack(movie(seed=3), 20, read=4, kernel="lines_h"),
        "volume 4": lambda: noisy_stack(volume(seed=0), 4),
        "volume 20": lambda: noisy_stack(volume(seed=0), 20),
        "movie drift 4": lambda: noisy_stack(movie(seed=5, drift=0.5), 4),
        "movie unseen 4": lambda: noisy_stack(movie(seed=11), 4),
        "volume unseen 20": lambda: noisy_stack(volume(seed=12), 20),
        "chromosomes": lambda: recorded("chromosomes_zstack", 20),
        "em": lambda: recorded("em_volume", 20),
        "mitosis": lambda: recorded("mitosis_movie", 20),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--contexts", nargs="+", default=["none", "auto"], choices=("none", "auto", "near", "far"))
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--csv", type=Path)
    given = parser.parse_args()

    from stacks import flicker, psnr_stack

    from napari_autostructn2v import Settings, denoise

    rows = []
    print(f"{'scene':18} {'context':8} {'dB':>6} {'flicker':>7} {'s':>6}  raw dB")
    for name, make in scenes().items():
        if given.only not in name:
            continue
        noisy, truth = make()
        for context in given.contexts:
            figures = []
            for seed in given.seeds:
                settings = Settings.from_preset(given.preset, random_seed=seed, context=context)
                begun = time.perf_counter()
                result = denoise(noisy, settings)
                seconds = time.perf_counter() - begun
                figures.append((psnr_stack(result.denoised, truth), flicker(result.denoised, truth), seconds))
            decibels, flickers, times = (statistics.median(values) for values in zip(*figures, strict=True))
            raw = psnr_stack(noisy, truth)
            print(f"{name:18} {context:8} {decibels:6.2f} {flickers:7.2f} {times:6.1f}  {raw:.2f}", flush=True)
            for sentence in result.report.messages:
                print(f"{'':18} {sentence}", flush=True)
            rows.append((name, context, decibels, flickers, times, raw))
    if given.csv:
        with given.csv.open("w", newline="") as file:
            csv.writer(file).writerows([("scene", "context", "psnr", "flicker", "seconds", "raw"), *rows])


if __name__ == "__main__":
    main()
