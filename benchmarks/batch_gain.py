"""The gain that the Batch dock tells of a result, against the true one of images that were made here."""

from __future__ import annotations

import argparse

import numpy as np

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.batch.judging import gain_db
from napari_autostructn2v.samples import camera_blur, scan_lines


def main() -> None:
    """Print a line an image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[72, 192])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 3])
    arguments = parser.parse_args()
    for side in arguments.sides:
        for make in (scan_lines, camera_blur):
            for seed in arguments.seeds:
                noisy, truth = make((side, side), seed=seed, with_truth=True)
                result = denoise(noisy, Settings.from_preset("fast"))
                said = gain_db(result.denoiser, result.denoiser.uncertainty(noisy))
                before, after = (np.mean((image - truth.astype(float)) ** 2) for image in (noisy, result.denoised))
                true = 10 * np.log10(before / after)
                print(
                    f"{make.__name__} {side} x {side}, seed {seed}: said {said:.1f} dB, true {true:.1f} dB", flush=True
                )


if __name__ == "__main__":
    main()
