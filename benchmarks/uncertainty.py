"""The error map against the truth: predicted and true error in ten classes of what was predicted.

    python benchmarks/uncertainty.py [--preset balanced] [--start general] [--seed 42] [--size 384] [--only lines]
        [--chosen]

Scenes whose truth is known, with photon and read noise, white and correlated, single planes, a movie and a volume, and
pictures that are part of scikit-image. For every class, the ratio of predicted to true root mean square error.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, os.environ.get("ASN2V_BENCH", str(ROOT.parent / "shared/bench")))


Pair = tuple[np.ndarray, np.ndarray]

#: Of the scenes: what the error map was chosen on, and what it was proven on.
CHOSEN, PROVEN = 0, 20


def scenes(size: int, seeds: int) -> dict[str, Callable[[], Pair]]:
    """Scenes of the seeds beyond a number, and for the proof pictures of another kind."""
    from score import scene
    from skimage import data, transform
    from stacks import movie, noisy_stack, volume

    def noisy(truth: np.ndarray, photons: float, seed: int, **noise: object) -> Pair:
        image, clean = noisy_stack(truth[None], photons, seed=seeds + seed + 100, **noise)
        return image[0], clean[0]

    def plane(seed: int, photons: float, **noise: object) -> Callable[[], Pair]:
        return lambda: noisy(scene((size, size), seeds + seed), photons, seed, **noise)

    def picture(name: str, photons: float, seed: int, **noise: object) -> Callable[[], Pair]:
        shown = getattr(data, name)().astype(np.float32)
        return lambda: noisy(transform.resize(shown / shown.max(), (size, size)), photons, seed, **noise)

    made: dict[str, Callable[[], Pair]] = {
        "white 5": plane(1, 5),
        "white 20": plane(2, 20),
        "white 100": plane(3, 100),
        "read noise": plane(4, 20, read=8),
        "lines_h": plane(5, 20, read=8, kernel="lines_h"),
        "blob": plane(6, 20, read=8, kernel="blob"),
        "movie 4": lambda: noisy_stack(movie(seed=seeds + 7), 4),
        "volume 20": lambda: noisy_stack(volume(seed=seeds + 8), 20),
    }
    if seeds == PROVEN:
        made |= {"cell": picture("cell", 20, 9), "coins": picture("coins", 20, 10), "moon": picture("moon", 50, 11)}
    return made


def ratios(predicted: np.ndarray, error: np.ndarray) -> list[float]:
    """Predicted over true error, in ten classes of as many pixels each."""
    order = np.argsort(predicted.ravel())
    classes = zip(np.array_split(predicted.ravel()[order], 10), np.array_split(error.ravel()[order], 10), strict=True)
    return [float(np.sqrt(np.mean(said**2) / np.mean(true**2))) for said, true in classes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--chosen", action="store_true", help="the scenes that the method was chosen on")
    parser.add_argument("--start", default="general", choices=["general", "scratch"])
    given = parser.parse_args()

    from napari_autostructn2v import Settings, denoise

    print(f"{'scene':12} {'true':>7} {'said':>7} {'s':>5}  said / true in ten classes of what is said")
    all_ratios: list[float] = []
    for name, make in scenes(given.size, CHOSEN if given.chosen else PROVEN).items():
        if given.only not in name:
            continue
        noisy, truth = make()
        result = denoise(noisy, Settings.from_preset(given.preset, random_seed=given.seed, start=given.start))
        error = result.denoised - truth
        begun = time.perf_counter()
        said = result.denoiser.uncertainty(noisy)
        seconds = time.perf_counter() - begun
        found = ratios(said, error)
        all_ratios += found
        line = " ".join(f"{ratio:5.2f}" for ratio in found)
        true, total = (np.sqrt(np.mean(values**2)) for values in (error, said))
        print(f"{name:12} {true:7.3f} {total:7.3f} {seconds:5.1f}  {line}", flush=True)
    off = np.abs(np.log(all_ratios))
    shares = ", ".join(f"{np.mean(off < np.log(1 + most)):.0%} within {most:.0%}" for most in (0.2, 0.3, 0.5))
    print(f"of {len(off)} classes {shares}")


if __name__ == "__main__":
    main()
