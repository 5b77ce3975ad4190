"""Six kinds of noise with known kernels: verdicts over many seeds, and the automatic mask against the exact one.

    python benchmarks/kernels.py [--verdicts 20] [--scenes 3] [--preset fast]

The scenes and the noise come from ``score.py`` in the folder that ASN2V_BENCH names. The exact mask holds the offsets
at which the kernel's autocorrelation is not zero.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

import numpy as np
from scipy import signal

from napari_autostructn2v import Settings
from napari_autostructn2v.images import to_planes
from napari_autostructn2v.noise import BlindMask, choose_mask, estimate_noise
from napari_autostructn2v.pipeline import run

sys.path.insert(0, os.environ.get("ASN2V_BENCH", str(Path(__file__).parents[1] / "../shared/bench")))
from score import KERNELS, noisy, psnr_plain, scene  # type: ignore[import-not-found]


def exact_mask(kernel: np.ndarray) -> BlindMask:
    """Offsets at which noise made with a kernel is correlated."""
    height, width = kernel.shape
    padded = np.zeros((height + 1 - height % 2, width + 1 - width % 2))
    padded[:height, :width] = kernel
    correlation = signal.correlate(padded, padded)
    pattern = np.abs(correlation) > 1e-6 * correlation.max()
    offsets = np.argwhere(pattern) - np.array(pattern.shape) // 2
    down, across = np.abs(offsets).max(0)
    middle = np.array(pattern.shape) // 2
    return BlindMask(pattern[middle[0] - down : middle[0] + down + 1, middle[1] - across : middle[1] + across + 1])


def automatic(image: np.ndarray) -> BlindMask:
    """Choose the mask as a run does."""
    values = to_planes(image).without_hot_pixels().values
    return choose_mask(estimate_noise(values), values)


def stage2(image: np.ndarray, mask: BlindMask, settings: Settings) -> np.ndarray:
    """Denoise with stage 2 alone and a given mask."""
    generator = run(image, replace(settings, stages="2"), mask=mask)
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value.denoised


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verdicts", type=int, default=20)
    parser.add_argument("--scenes", type=int, default=3)
    parser.add_argument("--preset", default="fast")
    arguments = parser.parse_args()
    print("| kernel | called structured |\n|---|---|", flush=True)
    clean = [scene(seed=index) for index in range(max(3, arguments.scenes))]
    for name in KERNELS:
        found = [
            automatic(noisy(clean[seed % len(clean)], name, seed=seed)[0]).is_structured
            for seed in range(arguments.verdicts)
        ]
        print(f"| {name} | {sum(found)} of {len(found)} |", flush=True)
    print(f"\npreset {arguments.preset}, stage 2 alone")
    print("| kernel | noisy | exact mask | automatic | difference | automatic / exact blind pixels |")
    print("|---|--:|--:|--:|--:|---|", flush=True)
    settings = Settings.from_preset(arguments.preset)
    for name, kernel in KERNELS.items():
        if name == "white":
            continue
        exact = exact_mask(kernel)
        rows, sizes = [], []
        for index in range(arguments.scenes):
            image, truth = noisy(clean[index], name, seed=index)
            chosen = automatic(image)
            best = psnr_plain(stage2(image, exact, settings), truth)
            same = np.array_equal(chosen.pattern, exact.pattern)
            own = best if same else psnr_plain(stage2(image, chosen, settings), truth)
            rows.append((psnr_plain(image, truth), best, own, own - best))
            sizes.append(int(chosen.pattern.sum()))
        raw, best, own, difference = (mean(column) for column in zip(*rows, strict=True))
        blind = f"{', '.join(map(str, sizes))} / {int(exact.pattern.sum())}"
        print(f"| {name} | {raw:.2f} | {best:.2f} | {own:.2f} | {difference:+.2f} | {blind} |", flush=True)


if __name__ == "__main__":
    main()
