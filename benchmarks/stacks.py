"""Stacks and movies with known truth: plane by plane against with other planes.

    python benchmarks/stacks.py --seeds 42 43 44 [--only movie] [--contexts auto none] [--csv FILE]
    python benchmarks/stacks.py --rate

Scenes are those of `stacks.py` beside the evaluation data (environment variable ASN2V_BENCH), and, with the noise made
there, the stacks recorded (ASN2V_DATA). "fast blobs" and "shaken" are smooth scenes of 4 photons that other planes tell
little of. For every scene and context: median over seeds of the PSNR (no fit), of the flicker (error that changes from
plane to plane; 1 is independent), and of the seconds. "unmoved" is "far" without a look at drift.
With --rate: planes that a model denoises in a second of the processor, of a movie of 48 planes of 512 x 512: alone,
with other planes, and with other planes that are moved by the drift.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, os.environ.get("ASN2V_BENCH", str(ROOT.parent / "shared/bench")))
DATA = Path(os.environ.get("ASN2V_DATA", str(ROOT.parent / "shared/data"))) / "stacks"

Pair = tuple[np.ndarray, np.ndarray]


def scenes() -> dict[str, Callable[[], Pair]]:
    import tifffile
    from made_scenes import fast_blobs, shaken
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
        "movie drift2 4": lambda: noisy_stack(movie(seed=5, drift=2), 4),
        "movie unseen 4": lambda: noisy_stack(movie(seed=11), 4),
        "volume unseen 20": lambda: noisy_stack(volume(seed=12), 20),
        **{f"fast blobs {seed}": lambda seed=seed: noisy_stack(fast_blobs(seed=seed), 4) for seed in (1, 2, 3)},
        **{f"shaken {seed}": lambda seed=seed: noisy_stack(shaken(seed=seed), 4) for seed in (1, 2, 3)},
        "chromosomes": lambda: recorded("chromosomes_zstack", 20),
        "em": lambda: recorded("em_volume", 20),
        "mitosis": lambda: recorded("mitosis_movie", 20),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    choices = ("none", "auto", "near", "far", "unmoved")
    parser.add_argument("--contexts", nargs="+", default=["none", "auto"], choices=choices)
    parser.add_argument("--rate", action="store_true", help="measure how fast models denoise, and nothing else")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--csv", type=Path)
    given = parser.parse_args()
    if given.rate:
        rate()
        return

    from stacks import flicker, psnr_stack

    from napari_autostructn2v import Settings, denoise
    from napari_autostructn2v.images import find_drift
    from napari_autostructn2v.noise import measurement

    rows = []
    print(f"{'scene':18} {'context':8} {'dB':>6} {'flicker':>7} {'s':>6}  raw dB")
    for name, make in scenes().items():
        if given.only not in name:
            continue
        noisy, truth = make()
        for context in given.contexts:
            figures = []
            for seed in given.seeds:
                measurement.find_drift = (lambda *_: None) if context == "unmoved" else find_drift
                wanted = "far" if context == "unmoved" else context
                settings = Settings.from_preset(given.preset, random_seed=seed, context=wanted)
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


def rate() -> None:
    """Print planes a second of a model that denoises planes alone, with others, and with others that are moved."""
    from scipy.ndimage import gaussian_filter

    from napari_autostructn2v import Settings, denoise

    random = np.random.default_rng(0)
    scene = gaussian_filter(random.normal(size=(512, 560)), 2.5)
    steps = range(48)
    movie = np.stack([scene[:, step : step + 512] / scene.std() for step in steps])
    movie = (movie + random.normal(0, 1, movie.shape)).astype(np.float32)
    settings = Settings.from_preset("balanced", stages="1")
    short = replace(settings, stage1=replace(settings.stage1, num_epochs=1, patches_per_image=64))
    found = {}
    for name in ("none", "far", "far, moved"):
        model = denoise(movie[:30], replace(short, context=name.split(",")[0])).denoiser
        contexts = {"1": replace(model.context(), follows_drift="moved" in name)}
        model = replace(model, contexts=contexts)
        begun = time.process_time()  # of the processor, so that other work on the machine does not count
        model.predict(movie, anyway=True)
        found[name] = len(movie) / (time.process_time() - begun)
        print(f"{name:12} {found[name]:6.2f} planes a second, {found[name] / found['none']:.2f} of alone", flush=True)


if __name__ == "__main__":
    main()
