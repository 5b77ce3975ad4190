"""Make docs/images/before-after.png: the sample with scan lines, noisy and after each stage, with the default settings.

Run with the environment of scripts/test:  .venv/bin/python scripts/readme_picture.py   (a minute or two on two cores)
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.samples import scan_lines

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "before-after.png"
DETAIL = np.s_[150:390, 190:480]


def psnr(image: np.ndarray, truth: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio in dB on the range of the truth."""
    return float(10 * np.log10(np.ptp(truth) ** 2 / np.mean((image.astype(float) - truth) ** 2)))


def main() -> None:
    noisy, truth = scan_lines(with_truth=True)
    result = denoise(noisy, Settings(stages="both"))
    panels = {"Noisy": noisy, "Stage 1: Noise2Void": result.stage1, "Stage 2: structN2V": result.denoised}
    print(result.report.verdict, result.report.seconds)
    low, high = np.percentile(truth, (0.1, 99.7))
    figure, axes = plt.subplots(1, len(panels), figsize=(12, 3.75), layout="constrained")
    for axis, (title, image) in zip(axes, panels.items(), strict=True):
        axis.imshow(image[DETAIL], cmap="gray", vmin=low - 0.1 * (high - low), vmax=high)
        axis.set_title(f"{title} ({psnr(image, truth):.1f} dB)")
        axis.set_axis_off()
        print(title, f"{psnr(image, truth):.2f} dB")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=100, bbox_inches="tight", pad_inches=0.05)
    Image.open(PICTURE).convert("L").save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
