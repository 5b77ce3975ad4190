"""Light adds noise of its own to each pixel, whatever noise the pixels share: both are measured right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v.noise import choose_mask, estimate_noise
from napari_autostructn2v.samples import camera_blur, scan_lines


def exposed(kernel, seed=0):
    """Photons of soft objects with noise of the camera that pixels share, and the mean photons."""
    rng = np.random.default_rng(seed)
    places = np.zeros((256, 256))
    places[rng.integers(0, 256, 24), rng.integers(0, 256, 24)] = rng.uniform(8000, 24000, 24)
    light = ndimage.gaussian_filter(places, 6)
    shared = ndimage.convolve(rng.standard_normal(light.shape), kernel / np.sqrt(np.square(kernel).sum()), mode="wrap")
    return rng.poisson(light) + 3 * shared


@pytest.mark.parametrize("kernel", [np.outer([1, 2, 1], [1, 2, 1]), np.ones((1, 5))], ids=["camera", "rows"])
def test_the_noise_of_light_is_measured_beside_noise_that_pixels_share(kernel):
    noise = estimate_noise(exposed(kernel))
    at = np.array([20.0, 40.0, 60.0])
    np.testing.assert_allclose(noise.variance_at(at), at + 9, rtol=0.4)
    assert noise.variance_at(np.array([0.0])) == pytest.approx(9, rel=0.2)


def test_the_noise_of_few_bright_objects_is_not_that_of_dimmer_ones():
    # A twelfth of the tiles, the brightest class, holds all from 2 to 40 photons.
    rng = np.random.default_rng(0)
    light = np.full((4, 256, 256), 1.0)
    rows, columns = np.mgrid[:256, :256]
    for row, column, photons in ((40, 40, 40), (60, 200, 20), (200, 70, 10), (180, 190, 5)):
        light += photons * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2 / 12**2)
    noise = estimate_noise(rng.poisson(light) + rng.normal(0, 0.5, light.shape))
    at = np.array([10.0, 20.0, 40.0])
    np.testing.assert_allclose(noise.variance_at(at), at + 0.25, rtol=0.12)


@pytest.mark.parametrize(
    ("sample", "gain", "shared"), [(camera_blur, 12, 16**2 + 1.5**2), (scan_lines, 30, 7.5**2 + 1.5**2)]
)
def test_the_samples_are_measured_right(sample, gain, shared):
    noise = estimate_noise(sample((384, 384)))
    photons = np.array([20.0, 60.0])
    np.testing.assert_allclose(noise.variance_at(1200 + gain * photons) / gain**2, photons + shared, rtol=0.35)


@pytest.mark.parametrize(("kernel", "height", "width"), [(np.ones((1, 1)), 1, 1), (np.ones((1, 5)), 1, 9)])
def test_a_background_that_is_cut_off_at_zero_is_still_where_noise_is_measured(kernel, height, width):
    image = np.clip(np.rint((exposed(kernel) - 1) / 2), 0, 255).astype(np.uint8)
    assert (image == 0).mean() > 0.5
    mask = choose_mask(estimate_noise(image), image)
    assert mask.pattern.shape[0] == height
    assert mask.pattern.shape[1] == pytest.approx(width, abs=2)
