"""Whether grey values are kept: the result against the truth, for every type of number and offset.

    python benchmarks/intensities.py [--presets fast balanced] [--scenes 100 101] [--kernel lines] [--real] [--size 384]
        [--float]

For every type and offset that it can hold, made scenes of known truth: slope of the result against the truth, its
offset where the scene is dark, and its mean over that of the truth, both above the darkest hundredth. The slope that
the best estimate of all would have is below 1, since what noise has destroyed is drawn towards the mean: it is 1 less
the share of the squared error in the variance of the truth. So the slope of the truth against the result, which is 1
for such an estimate, is shown as well, and the mean of the noisy image, which no result knows better, and that of the
truth itself in the type of the result, where integers are whole grey levels; --float asks for float32. The truth is
what an endless exposure would show: where a camera cuts off what is below zero, that is the mean of what is left. With
--real, the pairs of ASN2V_DATA in the folder fmd, whose reference is on the scale of the image.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from made_scenes import KERNELS, cells, exposed
from real_pairs import pairs

from napari_autostructn2v import Settings, denoise

#: Types with the offsets that they hold, and grey levels of the brightest structures.
TYPES: dict[str, tuple[tuple[int, ...], float]] = {
    "uint8": ((0, 100), 120.0),
    "uint16": ((0, 100, 30_000, 65_000), 400.0),
    "int16": ((0, 100, 30_000), 400.0),
    "float32": ((0, 100, 30_000, 65_000), 400.0),
}

#: Photons of the brightest structures, and read noise in photons.
PHOTONS, READ = 60.0, 1.5

#: Of which the truth is the mean where values are cut off at zero.
FRAMES = 400


@dataclass(frozen=True)
class Kept:
    """What became of grey values: see the text of this file."""

    slope: float
    back: float
    dark: float
    mean: float
    noisy: float
    rounded: float
    psnr: float
    seconds: float

    @property
    def is_within(self) -> bool:
        """Whether the slope is within 1 %, and the mean within 0.5 %."""
        return abs(self.slope - 1) < 0.01 and abs(self.mean - 1) < 0.005


def compared(noisy: np.ndarray, result: np.ndarray, truth: np.ndarray, seconds: float = 0.0) -> Kept:
    """Compare a result with the truth, both of the same units."""
    rounded = np.rint(truth) if result.dtype.kind in "iu" else truth
    result, truth = result.astype(np.float64), truth.astype(np.float64)
    low, high = np.percentile(truth, (1, 99.9))
    both = np.cov(result.ravel(), truth.ravel())
    dark = truth <= np.percentile(truth, 25)
    error = result - truth
    return Kept(
        slope=both[0, 1] / both[1, 1],
        back=both[0, 1] / both[0, 0],
        dark=float(error[dark].mean() / (high - low)),
        mean=float((result.mean() - low) / (truth.mean() - low)),
        noisy=float((noisy.mean(dtype=np.float64) - low) / (truth.mean() - low)),
        rounded=float((rounded.mean(dtype=np.float64) - low) / (truth.mean() - low)),
        psnr=float(10 * np.log10((high - low) ** 2 / np.mean(error**2))),
        seconds=seconds,
    )


def made(kind: str, offset: int, seed: int, kernel: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a noisy scene of a type and what an endless exposure would show, in the same units."""
    level = TYPES[kind][1]
    clean = cells(size, seed)

    def frame(number: int) -> np.ndarray:
        light = exposed(clean, [seed, number], photons=PHOTONS, read=READ, kernel=kernel) * level / PHOTONS + offset
        if kind != "float32":
            limits = np.iinfo(kind)
            light = np.clip(np.rint(light), limits.min, limits.max)
        return light.astype(kind)

    if offset == 0 and kind.startswith("u"):
        return frame(0), np.mean([frame(number) for number in range(1, FRAMES)], axis=0, dtype=np.float64)
    return frame(0), clean * level + offset


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=["fast", "balanced"])
    parser.add_argument("--scenes", type=int, nargs="+", default=[100, 101])
    parser.add_argument("--kernel", choices=sorted(KERNELS), default="white")
    parser.add_argument("--kinds", nargs="+", choices=sorted(TYPES), default=list(TYPES))
    parser.add_argument("--offsets", type=int, nargs="+", help="only these")
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--float", action="store_true", help="results as float32, whatever the type of the image")
    given = parser.parse_args()
    print("| preset | image | slope | back | dark | mean | of noisy | of truth | PSNR | seconds | within |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")

    def show(preset: str, name: str, image: np.ndarray, truth: np.ndarray) -> bool:
        begun = time.perf_counter()
        result = denoise(image, Settings.from_preset(preset))
        seconds = time.perf_counter() - begun
        denoised = result.denoiser.predict(image, dtype=np.float32) if given.float else result.denoised
        kept = compared(image, denoised, truth, seconds)
        print(
            f"| {preset} | {name} | {kept.slope:.4f} | {kept.back:.4f} | {100 * kept.dark:+.2f} % | {kept.mean:.4f} | "
            f"{kept.noisy:.4f} | {kept.rounded:.4f} | {kept.psnr:.2f} | {kept.seconds:.0f} | "
            f"{'yes' if kept.is_within else 'no'} |",
            flush=True,
        )
        return kept.is_within

    within = []
    for preset in given.presets:
        if given.real:
            for path, noisy, truth in pairs():
                if path.parent.name == "fmd":
                    within.append(show(preset, path.name, noisy, truth))
            continue
        for kind in given.kinds:
            for offset in given.offsets or TYPES[kind][0]:
                for seed in given.scenes:
                    image, truth = made(kind, offset, seed, given.kernel, given.size)
                    within.append(show(preset, f"{kind} + {offset}, scene {seed}", image, truth))
    print(f"\n{sum(within)} of {len(within)} within")


if __name__ == "__main__":
    main()
