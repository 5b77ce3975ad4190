"""Make docs/images/error-map.png: a part of the sample with scan lines, its result, the error map and the true error.

Run with the environment of scripts/test:  .venv/bin/python scripts/error_map_picture.py   (less than a minute)
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.samples import scan_lines

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "error-map.png"
PART = np.s_[140:396, 160:416]


def main() -> None:
    noisy, truth = (image[PART] for image in scan_lines(with_truth=True))
    result = denoise(noisy, Settings())
    said = result.denoiser.uncertainty(noisy)
    # The error of one pixel is a single draw: around it, it can be compared with what is likely.
    true = np.sqrt(ndimage.gaussian_filter((result.denoised.astype(float) - truth) ** 2, 2))
    print(f"root mean square: said {np.sqrt(np.mean(said**2)):.0f}, true {np.sqrt(np.mean(true**2)):.0f} grey levels")
    low, high = np.percentile(truth, (0.1, 99.7))
    grey = {"cmap": "gray", "vmin": low - 0.1 * (high - low), "vmax": high}
    error = {"cmap": "magma", "vmin": 0, "vmax": float(np.percentile(true, 99.5))}
    panels = [("Noisy", noisy, grey), ("Result", result.denoised, grey)]
    panels += [("Error map", said, error), ("True error", true, error)]
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.3), layout="constrained")
    for axis, (title, image, colours) in zip(axes, panels, strict=True):
        shown = axis.imshow(image, **colours)
        axis.set_title(title)
        axis.set_axis_off()
    figure.colorbar(shown, ax=axes[2:], label="grey levels", shrink=0.8)
    figure.savefig(PICTURE, dpi=80, bbox_inches="tight", pad_inches=0.05)


if __name__ == "__main__":
    main()
