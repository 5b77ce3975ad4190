"""The gain that the Batch dock tells of a result, a bound, against the true one of images that were made here."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from made_scenes import cells, exposed, points

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.batch.judging import gain_db
from napari_autostructn2v.samples import camera_blur, scan_lines

#: Scene, kernel of the noise that is not of light, and photons of a bright pixel.
SCENES = (
    (cells, "white", 60.0),
    (points, "white", 60.0),
    (cells, "lines", 20.0),
    (points, "camera", 150.0),
    (cells, "camera", 200.0),
    (points, "lines", 400.0),
)


def images(side: int, seed: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the name of an image, the image and its truth."""
    for make in (scan_lines, camera_blur):
        yield make.__name__, *make((side, side), seed=seed, with_truth=True)
    for scene, kernel, photons in SCENES:
        clean = scene(side, seed)
        noisy = exposed(clean, [seed], photons=photons, read=3.0, kernel=kernel)
        yield f"{scene.__name__}, {kernel}, {photons:.0f} photons", noisy.astype(np.float32), photons * clean


def main() -> None:
    """Print a line an image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[72, 192])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 3])
    arguments = parser.parse_args()
    for side in arguments.sides:
        for seed in arguments.seeds:
            for name, noisy, truth in images(side, seed):
                result = denoise(noisy, Settings.from_preset("fast"))
                model = result.denoiser
                said = gain_db(model, model.uncertainty(noisy))
                before, after = (np.mean((image - truth.astype(float)) ** 2) for image in (noisy, result.denoised))
                true, noise = 10 * np.log10(before / after), model.noise.mean_variance / before
                print(
                    f"{name}, {side} x {side}, seed {seed}: at most {said:.1f} dB, true {true:.1f} dB; "
                    f"measured noise variance over the true one {noise:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
