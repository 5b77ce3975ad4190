"""PSNR, verdict and time on real pairs: automatic mask, one preset for all images, nothing set by hand.

    python benchmarks/quality.py [--preset balanced] [--seeds 42 43 44] [--folder fmd] [--save FOLDER] [NAME ...]

Every pair of a noisy image and its reference in the data folder (environment variable ASN2V_DATA). Pairs in ``fmd`` are
scored as the literature does, on the 8-bit range; the others after the best affine fit, on the range between the 0.1
and 99.9 percentile of the reference, because many references were normalised apart from the noisy image.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from real_pairs import pairs

from napari_autostructn2v import Settings, denoise


def psnr_eight_bit(image: np.ndarray, truth: np.ndarray) -> float:
    """PSNR in dB on the range 0 to 255, the image clipped to it (Zhang et al., CVPR 2019)."""
    error = np.mean((np.clip(image.astype(float), 0, 255) - truth) ** 2)
    return float(10 * np.log10(255**2 / error))


def psnr_fitted(image: np.ndarray, truth: np.ndarray) -> float:
    """PSNR in dB after the best affine fit to the truth, on its percentile range."""
    image, truth = image.astype(float).ravel(), truth.astype(float).ravel()
    slope, offset = np.polyfit(image, truth, 1)
    low, high = np.percentile(truth, [0.1, 99.9])
    return float(10 * np.log10((high - low) ** 2 / np.mean((slope * image + offset - truth) ** 2)))


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--folder", default="")
    parser.add_argument("--save", type=Path, help="keep every result as a .npy file in this folder")
    arguments = parser.parse_args()
    threads = torch.get_num_threads()
    print(f"preset {arguments.preset}, seeds {arguments.seeds}, {threads} threads, torch {torch.__version__}")
    print("\n| image | noisy | stage 1 | result | blind pixels | seconds |\n|---|---|---|---|---|---|")
    for path, noisy, truth in pairs():
        name = path.name
        if (arguments.names and name not in arguments.names) or arguments.folder not in path.parent.name:
            continue
        score = psnr_eight_bit if path.parent.name == "fmd" else psnr_fitted
        first, final, seconds = [], [], []
        for seed in arguments.seeds:
            start = time.perf_counter()
            result = denoise(noisy, Settings.from_preset(arguments.preset, random_seed=seed))
            seconds.append(time.perf_counter() - start)
            first.append(score(result.stage1, truth))
            final.append(score(result.denoised, truth))
            if arguments.save:
                np.save(arguments.save / f"{name}_{seed}.npy", result.denoised)
        mask = result.mask.pattern
        blind = f"{mask.sum()} in {mask.shape[0]} x {mask.shape[1]}"
        print(
            f"| {name} | {score(noisy, truth):.2f} | {median(first):.2f} | {median(final):.2f} | {blind} | "
            f"{median(seconds):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
