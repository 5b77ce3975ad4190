"""How much of what stage 1 takes for background is truly empty.

    python benchmarks/roi_purity.py

Every pair of a noisy image and its reference in the data folder (environment variable ASN2V_DATA). A pixel is empty
if the reference is at most 0.6 times its Otsu threshold. Purity is the mean over the selected patches of the share of
empty pixels in each, which is what a patch drawn for training or for measuring the noise shows. Where the camera's
offset lies above 0.6 times the Otsu threshold nothing would count as empty; there the offset (the 0.5 % quantile of the
reference) is taken off first, marked by an asterisk. The last columns say which share of the selected patches shows
structure, as far as the noisy image alone tells: what the light of the ROI tuning dock goes by.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from real_pairs import DATA, pairs
from skimage.filters import threshold_otsu

from napari_autostructn2v.roi import PatchSelection, RoiScorer, suggest_threshold
from napari_autostructn2v.settings import RoiSettings

#: Least share of empty pixels by which the definition makes sense without taking the offset off.
LEAST_EMPTY = 0.05

DEFAULTS = RoiSettings()
WAYS = {
    "default": DEFAULTS,
    "sigma 300": replace(DEFAULTS, sigma=300),
    "adaptive": replace(DEFAULTS, equalize="adaptive"),
    "gradient": replace(DEFAULTS, criteria=("gradient",)),
    "texture": replace(DEFAULTS, criteria=("texture",)),
    "at 0.4": replace(DEFAULTS, roi_threshold=0.4),
    "at 0.3": replace(DEFAULTS, roi_threshold=0.3),
}


def empty_pixels(reference: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return which pixels of a reference are empty, and whether the offset had to be taken off to tell."""
    empty = reference <= 0.6 * threshold_otsu(reference)
    if empty.mean() >= LEAST_EMPTY:
        return empty, False
    raised = reference - np.quantile(reference, 0.005)
    return raised <= 0.6 * threshold_otsu(raised), True


def purity(empty: np.ndarray, selection: PatchSelection) -> float:
    """Return the mean share of empty pixels in the selected patches."""
    side = selection.patch_size
    return float(np.mean([empty[row : row + side, column : column + side].mean() for row, column in selection.coords]))


def main() -> None:
    """Print a table in Markdown."""
    if not DATA.is_dir():
        sys.exit(f"There is no data folder {DATA}; set ASN2V_DATA.")
    print(f"| image | empty | wanted | {' | '.join(WAYS)} | Auto | Auto selects | shown by default | by Auto |")
    print("|---|" + "---:|" * (len(WAYS) + 6))
    rows = []
    for path, noisy, reference in pairs():
        empty, offset = empty_pixels(reference)
        share = float(empty.mean())
        scorer = RoiScorer(noisy)
        suggested = replace(DEFAULTS, roi_threshold=suggest_threshold(scorer))
        automatic = scorer.select(suggested)
        found = [purity(empty, scorer.select(settings)) for settings in WAYS.values()]
        found += [purity(empty, automatic), len(automatic) / len(automatic.candidates)]
        found += [scorer.structured_share(settings) for settings in (DEFAULTS, suggested)]
        wanted = 0.97 if share >= 0.75 else min(1.0, share + 0.25)
        rows.append(found)
        numbers = " | ".join(f"{value:.3f}" for value in (wanted, *found))
        print(f"| {path.name}{'*' if offset else ''} | {share:.3f} | {numbers} |")
    print("| mean | | | " + " | ".join(f"{value:.3f}" for value in np.mean(rows, axis=0)) + " |")


if __name__ == "__main__":
    main()
