"""Time of selecting patches: the published helper against a plain double loop, and what a live preview waits for.

    python benchmarks/roi_speed.py [side ...]

Times are the fastest of some calls for the helper, so that other work on the machine touches both ways alike, and the
median for the preview.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from napari_autostructn2v.roi import RoiScorer, find_roi_patches
from napari_autostructn2v.settings import RoiSettings

SIDES = (512, 2048, 8192)
DEFAULTS = RoiSettings()


def milliseconds(calls: Iterable[Callable[[], object]]) -> list[float]:
    """Return how long each call takes."""
    times = []
    for call in calls:
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def double_loop(image: np.ndarray, patch_size: int, threshold: float) -> list[tuple[int, int]]:
    """Select patches as the description writes it, the last row and column flush with the border."""
    stride = patch_size // 2
    rows, columns = ([*range(0, size - patch_size, stride), size - patch_size] for size in image.shape)
    coords = []
    for row in rows:
        for column in columns:
            if np.mean(image[row : row + patch_size, column : column + patch_size]) < threshold:
                coords.append((row, column))
    return coords


def blobs(side: int) -> np.ndarray:
    """Return an image of square blobs under shot noise, uint16."""
    rng = np.random.default_rng(0)
    coarse = rng.gamma(0.3, 400, (side // 64, side // 64))
    return rng.poisson(100 + np.kron(coarse, np.ones((64, 64)))).astype(np.uint16)


def helper_table(sides: Iterable[int]) -> None:
    """Compare `find_roi_patches` at scale 1 with the double loop."""
    print("| pixels | windows | double loop | find_roi_patches | times faster |")
    print("|---:|---:|---:|---:|---:|")
    for side in sides:
        image = np.random.default_rng(0).random((side, side), np.float32)
        plain = partial(double_loop, image, 32, 0.5)
        ours = partial(find_roi_patches, image, 32, threshold=0.5, above_threshold=False, scale_factor=1.0)
        different = set(plain()) ^ set(ours())
        assert len(different) < 10, "not the same patches"  # a mean of 0.5 sharp may fall on either side
        loop, fast = min(milliseconds([plain] * (2 if side > 4096 else 5))), min(milliseconds([ours] * 20))
        print(f"| {side} x {side} | {(side // 16 - 1) ** 2:,} | {loop:.0f} ms | {fast:.2f} ms | {loop / fast:.0f} |")


def preview_table(sides: Iterable[int]) -> None:
    """Time what happens in a preview: opening an image, a threshold step, a scale_factor step."""
    print("| pixels | candidates | image opened, first selection | threshold step | scale_factor step |")
    print("|---:|---:|---:|---:|---:|")
    for side in sides:
        image = blobs(side)
        first = milliseconds([lambda image=image: RoiScorer(image).select(DEFAULTS)] * 5)
        scorer = RoiScorer(image)
        count = len(scorer.select(DEFAULTS).candidates)
        thresholds = [replace(DEFAULTS, roi_threshold=float(value)) for value in np.linspace(0.2, 0.8, 50)]
        scales = [replace(DEFAULTS, scale_factor=float(value)) for value in np.linspace(0.05, 1, 39)]
        steps = [
            statistics.median(milliseconds(partial(scorer.select, settings) for settings in sweep))
            for sweep in (thresholds, scales)
        ]
        print(
            f"| {side} x {side} | {count:,} | {statistics.median(first[1:]):.0f} ms | {steps[0]:.2f} ms "
            f"| {steps[1]:.1f} ms |"
        )


def main() -> None:
    """Print both tables in Markdown."""
    sides = [int(argument) for argument in sys.argv[1:]] or SIDES
    helper_table(sides)
    print()
    preview_table(sides)


if __name__ == "__main__":
    main()
