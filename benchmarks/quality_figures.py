"""Do the figures that need no truth order results as the truth does?

    python benchmarks/quality.py --save FOLDER && python benchmarks/quality_figures.py FOLDER

For every pair: the result, the result blurred and mixed with the noisy image, and the noisy image smoothed, eleven in
all, ordered by PSNR and by each figure. Printed is Spearman's rank correlation; 1 is the same order.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean

import numpy as np
from quality import psnr_eight_bit, psnr_fitted
from real_pairs import pairs
from scipy import ndimage, stats

from napari_autostructn2v.noise import Quality, assess, estimate_noise


def figures(quality: Quality) -> dict[str, float]:
    """Figures of which less is better."""
    return {
        "removed_over_expected": abs(np.log(max(quality.removed_over_expected, 1e-6))),
        "structure_in_removed": quality.structure_in_removed,
        "correlation_difference": quality.correlation_difference,
        "structured_share": quality.structured_share,
        "doubt": quality.doubt,
    }


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    found: list[dict[str, float]] = []
    for path, noisy, truth in pairs():
        saved = next(iter(sorted(folder.glob(f"{path.name}_*.npy"))), None)  # of the first seed
        if noisy.ndim != 2 or saved is None:
            continue
        raw, result = noisy.astype(float), np.load(saved).astype(float)
        variants = [result, ndimage.median_filter(raw, 3)]
        variants += [ndimage.gaussian_filter(result, sigma) for sigma in (1, 2, 4)]
        variants += [share * raw + (1 - share) * result for share in (0.1, 0.25, 0.5)]
        variants += [ndimage.gaussian_filter(raw, sigma) for sigma in (1, 2, 3)]
        score = psnr_eight_bit if path.parent.name == "fmd" else psnr_fitted
        noise = estimate_noise(raw)
        psnr = [score(variant, truth) for variant in variants]
        values = [figures(assess(raw, variant, noise)) for variant in variants]
        ranks = {name: -float(stats.spearmanr(psnr, [value[name] for value in values]).statistic) for name in values[0]}
        if not found:
            print(f"| image | {' | '.join(ranks)} |\n|---|{'--:|' * len(ranks)}")
        print(f"| {path.name} | {' | '.join(f'{rank:.2f}' for rank in ranks.values())} |", flush=True)
        found.append(ranks)
    means = [mean(ranks[name] for ranks in found) for name in found[0]]
    print(f"| mean | {' | '.join(f'{value:.2f}' for value in means)} |")


if __name__ == "__main__":
    main()
