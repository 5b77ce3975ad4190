"""Channels denoised each by itself, or together as planes that know each other: PSNR, and what bleeds through.

    python benchmarks/channels.py [--preset fast] [--only colours]

Scenes have three channels: a picture of stained tissue from scikit-image (its colours show nearly the same), and made
stains of which half is one structure that all share (`score.py` beside the evaluation data, environment variable
ASN2V_BENCH). Spots are in the second channel only; what a channel beside it shows of them, in percent of their
brightness, has bled through.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, os.environ.get("ASN2V_BENCH", str(ROOT.parent / "shared/bench")))

SIDE, SPOT = 256, 0.6


def colours() -> np.ndarray:
    from skimage.data import immunohistochemistry

    picture = immunohistochemistry()[100 : 100 + SIDE, 100 : 100 + SIDE]
    return 50 * np.moveaxis(picture, -1, 0).astype(np.float32) / 255


def stains() -> np.ndarray:
    from score import scene

    shared, *own = (scene((SIDE, SIDE), seed).astype(np.float32) for seed in (1, 101, 201, 301))
    made = np.stack([shared + one for one in own])
    made -= made.min((1, 2), keepdims=True)
    return 20 * made / np.percentile(made, 99.8, axis=(1, 2), keepdims=True)


SCENES: dict[str, Callable[[], np.ndarray]] = {"colours": colours, "stains": stains}


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    given = parser.parse_args()
    from napari_autostructn2v import Settings, denoise

    settings = {name: Settings.from_preset(given.preset, context=name) for name in ("none", "near")}
    random = np.random.default_rng(7)
    spots = np.zeros((SIDE, SIDE), np.float32)
    for row, column in random.integers(10, SIDE - 10, (25, 2)):
        spots[row, column] = 1
    spots = gaussian_filter(spots, 2.5)
    spots /= spots.max()
    pattern = spots - gaussian_filter(spots, 12)
    pattern -= pattern.mean()
    print("| scene | channels | dB | dB | dB | bleeds into first | into third |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for name, make in SCENES.items():
        if given.only not in name:
            continue
        truth = make()
        height = SPOT * truth.max()
        truth[1] += height * spots
        noisy = (random.poisson(truth) + random.normal(0, 0.5, truth.shape)).astype(np.float32)
        for way in ("each", "together"):
            if way == "each":
                found = np.stack([denoise(channel, settings["none"]).denoised for channel in noisy])
            else:
                found = denoise(noisy, settings["near"]).denoised
            error = found - truth
            decibels = 10 * np.log10(np.ptp(truth, (1, 2)) ** 2 / np.square(error).mean((1, 2)))
            bled = 100 * (error * pattern).sum((1, 2)) / np.square(pattern).sum() / height
            figures = " | ".join(f"{value:.2f}" for value in decibels)
            print(f"| {name} | {way} | {figures} | {bled[0]:.1f} % | {bled[2]:.1f} % |", flush=True)


if __name__ == "__main__":
    main()
