"""What a start that has seen images is worth: PSNR and seconds on all real pairs and on noise of known kernels.

    python benchmarks/start.py [--presets fast balanced] [--seeds 42] [--kernels] [NAME ...]

Beside each other: the noisy image, the start alone (without any training), training from the start, and training from
nothing. Pairs come from the folder that ASN2V_DATA names, the scenes and kernels of ``--kernels`` from ``score.py`` in
the folder that ASN2V_BENCH names. Where noise is shared in both directions, the start has no part, and the columns are
equal.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import torch
from quality import psnr_eight_bit, psnr_fitted
from real_pairs import pairs

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.network import give_back, predict_planes, prediction_symmetries, started_network
from napari_autostructn2v.noise import measure

Score = Callable[[np.ndarray, np.ndarray], float]


def real(names: list[str]) -> Iterator[tuple[str, np.ndarray, np.ndarray, Score]]:
    """Yield name, noisy image, reference and score of the real pairs."""
    for path, noisy, truth in pairs():
        if not names or path.name in names:
            yield path.name, noisy, truth, psnr_eight_bit if path.parent.name == "fmd" else psnr_fitted


def generated() -> Iterator[tuple[str, np.ndarray, np.ndarray, Score]]:
    """Yield the same of generated cells with noise of known kernels."""
    sys.path.insert(0, os.environ.get("ASN2V_BENCH", str(Path(__file__).parents[1] / "../shared/bench")))
    from score import KERNELS, noisy, psnr_plain, scene  # type: ignore[import-not-found]

    for kernel in KERNELS:
        image, truth = noisy(scene(seed=1), kernel, seed=1)
        yield kernel, image, truth, psnr_plain


def alone(image: np.ndarray) -> tuple[np.ndarray | None, float]:
    """Denoise with the start as it is; None where there is none for this noise."""
    settings = Settings()
    begun = time.perf_counter()
    measured = measure(image, settings)
    mask = measured.mask.pattern if measured.with_second else np.ones((1, 1), bool)
    network = started_network(settings.stage1, mask)
    if network is None:
        return None, 0.0
    planes, turns = measured.planes.values, prediction_symmetries(settings.stage1, mask)
    denoised = predict_planes(network, planes, symmetries=turns)
    give_back(planes, denoised, measured.noise)
    return measured.planes.restore(denoised), time.perf_counter() - begun


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--presets", nargs="+", default=["fast", "balanced"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--kernels", action="store_true")
    given = parser.parse_args()
    print(f"seeds {given.seeds}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    kinds = [(preset, start) for preset in given.presets for start in ("general", "scratch")]
    heads = [f"{preset}, {'from the start' if start == 'general' else 'from nothing'}" for preset, start in kinds]
    print(
        "| image | noisy | start alone | " + " | ".join(heads) + " |\n|---|--:|--:|" + "--:|" * len(kinds), flush=True
    )
    for name, image, truth, score in generated() if given.kernels else real(given.names):
        denoised, seconds = alone(image)
        cells = [
            f"{score(image, truth):.2f}",
            "" if denoised is None else f"{score(denoised, truth):.2f} ({seconds:.1f} s)",
        ]
        for preset, start in kinds:
            scores, times = [], []
            for seed in given.seeds:
                begun = time.perf_counter()
                result = denoise(image, Settings.from_preset(preset, random_seed=seed, start=start))
                times.append(time.perf_counter() - begun)
                scores.append(score(result.denoised, truth))
            cells.append(f"{median(scores):.2f} ({median(times):.1f} s)")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
