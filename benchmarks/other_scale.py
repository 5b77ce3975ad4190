"""How much worse a model makes an image whose grey values are on another scale, as they are and with the model adapted.

    python benchmarks/other_scale.py

Prints one row a change of scale: the error against the clean image in units of that without the change.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_autostructn2v import Denoiser, InputError, RoiSettings, Settings, StageSettings, denoise

BACKGROUND = 100
CHANGES = [(0.06, 0), (0.2, 0), (0.9, 0), (1.1, 0), (1.4, 0), (2, 0), (5, 0), (100, 0), (1 / 65535, 0)]
CHANGES += [(1, -80), (1, -20), (1, 20), (1, 80), (1, 200_000), (5, -400), (0.2, 80)]


def scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an image with the noise of light and of a camera, and the clean one."""
    rng = np.random.default_rng(seed)
    points = np.zeros((192, 192))
    for row, column in rng.integers(0, 192, (40, 2)):
        points[row, column] += rng.uniform(200, 2000)
    clean = BACKGROUND + 20 * gaussian_filter(points, 3)
    return rng.poisson(clean) + rng.normal(0, 8, clean.shape), clean


def error(result: np.ndarray, clean: np.ndarray) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.mean((result - clean) ** 2)))


def adapted(model: Denoiser, image: np.ndarray, clean: np.ndarray, gain: float, offset: float) -> str:
    """Return the error with the model on the scale of the image, or that it is refused."""
    try:
        return f"{error((model.predict(image) - offset) / gain, clean):.2f}"
    except InputError:
        return "refused"


if __name__ == "__main__":
    stage = StageSettings(roi=RoiSettings(use_roi=False), num_epochs=12, patches_per_image=96)
    model = denoise(scene(0)[0], Settings(stages="1", stage1=stage)).denoiser
    assert model is not None
    noisy, clean = scene(1)
    least = error(model.predict(noisy), clean)
    print("| times | plus | as it is | model adapted |\n|---|---|---|---|")
    print(f"| noisy | | {error(noisy, clean) / least:.2f} | |")
    for gain, offset in CHANGES:
        image = noisy * gain + offset
        as_it_is = error((model.predict(image, anyway=True) - offset) / gain, clean) / least
        said = adapted(model, image, clean, gain, offset)
        said = said if said == "refused" else f"{float(said) / least:.2f}"
        print(f"| {gain:.3g} | {offset} | {as_it_is:.2f} | {said} |")
