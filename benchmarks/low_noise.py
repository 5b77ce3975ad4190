"""Images of little noise and much detail: the error of the result beside that of the image.

    python benchmarks/low_noise.py [--presets fast balanced] [--scenes 100 101] [--kernels white lines camera]

Made scenes of points and of cells, uint16 with a background of 500, of 300, 1000 and 4000 grey levels, with additive
noise of 12.3 grey levels. A result is never to be worse than its image.
"""

from __future__ import annotations

import argparse

import numpy as np
from made_scenes import KERNELS, cells, points
from scipy import ndimage as ndi

from napari_autostructn2v import Settings, denoise

#: Standard deviation of the noise, grey levels of the brightest structures, and of the background.
NOISE, LEVELS, BACKGROUND = 12.3, (300, 1000, 4000), 500


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=["fast"])
    parser.add_argument("--scenes", type=int, nargs="+", default=[100, 101])
    parser.add_argument("--kernels", nargs="+", choices=sorted(KERNELS), default=["white", "lines", "camera"])
    parser.add_argument("--size", type=int, default=256)
    given = parser.parse_args()
    print("| scene | grey levels | noise | preset | image | result | worse |\n|---|--:|---|---|--:|--:|---|")
    for kernel in given.kernels:
        for scene in (points, cells):
            for level in LEVELS:
                for seed in given.scenes:
                    truth = BACKGROUND + level * scene(given.size, seed)
                    white = np.random.default_rng([3, seed]).standard_normal(truth.shape)
                    noise = ndi.convolve(white, KERNELS[kernel], mode="wrap") / np.sqrt(
                        np.square(KERNELS[kernel]).sum()
                    )
                    image = np.clip(np.rint(truth + NOISE * noise), 0, 65535).astype(np.uint16)
                    for preset in given.presets:
                        result = denoise(image, Settings.from_preset(preset)).denoised
                        before, after = (np.sqrt(np.mean((each - truth) ** 2)) for each in (image, result))
                        print(
                            f"| {scene.__name__} {seed} | {level} | {kernel} | {preset} | {before:.2f} | {after:.2f} | "
                            f"{'WORSE' if after > before else 'no'} |",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
