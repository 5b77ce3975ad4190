"""Points and thin lines are no noise, however many of them there are; pulses of a detector are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v import RoiSettings, select_patches
from napari_autostructn2v.noise import estimate_noise, variance_against_intensity

KERNELS = {"white": np.ones((1, 1)), "rows": np.ones((1, 5)), "camera": np.outer([1, 2, 1], [1, 2, 1])}


def with_points(level, kernel, size=256, seed=0):
    """A point on every 500 pixels and a few thin lines in noise of 12 grey levels."""
    rng = np.random.default_rng(seed)
    dots = np.zeros((size, size))
    dots[tuple(rng.integers(0, size, (2, size**2 // 500)))] = rng.uniform(0.2, 1, size**2 // 500)
    dots[rng.integers(0, size, 3)] = 0.2
    dots[:, rng.integers(0, size, 3)] = 0.2
    noise = ndimage.convolve(rng.standard_normal(dots.shape), kernel / np.sqrt(np.square(kernel).sum()), mode="wrap")
    return 500 + level * 2 * np.pi * 0.8**2 * ndimage.gaussian_filter(dots, 0.8) + 12 * noise


@pytest.mark.parametrize("level", [300, 1000, 4000])
@pytest.mark.parametrize("kind", list(KERNELS))
def test_points_do_not_count_as_noise(kind, level):
    image = with_points(level, KERNELS[kind])
    truth = estimate_noise(with_points(0, KERNELS[kind]))
    noise = estimate_noise(image, select_patches(image, RoiSettings()))
    assert np.sqrt(noise.variance) == pytest.approx(12, rel=0.1)
    # The noise at the points was read as up to 330; a straight line goes a long way to them.
    assert 9 < np.sqrt(noise.variance_at(np.array(500.0 + level))) < 50
    np.testing.assert_allclose(noise.correlation[12, 12:16], truth.correlation[12, 12:16], atol=0.1)


def test_the_noise_of_light_is_measured_between_points():
    rng = np.random.default_rng(1)
    light = ndimage.gaussian_filter(rng.uniform(0, 1, (256, 256)), 20)
    light = 10 + 90 * (light - light.min()) / np.ptp(light)
    image = rng.poisson(light) + with_points(1000, np.ones((1, 1))) - 500
    at = np.array([20.0, 50.0, 90.0])
    np.testing.assert_allclose(estimate_noise(image).variance_at(at), at + 12**2, rtol=0.5)


@pytest.mark.parametrize("kernel", [np.ones((1, 1)), np.ones((1, 3))], ids=["pixels", "rows"])
def test_pulses_of_a_detector_are_noise(kernel):
    rng = np.random.default_rng(2)
    pulses = rng.exponential(20, (256, 256)) * (rng.uniform(0, 1, (256, 256)) < 0.05)
    image = ndimage.convolve(pulses, kernel, mode="wrap") + rng.normal(0, 1, pulses.shape)
    assert estimate_noise(image).mean_variance == pytest.approx(image.var(), rel=0.3)


def test_photons_of_small_bright_spots_are_noise():
    rng = np.random.default_rng(3)
    places = np.zeros((256, 256))
    places[tuple(rng.integers(0, 256, (2, 200)))] = rng.uniform(100, 500, 200)
    light = 0.1 + ndimage.gaussian_filter(places, 2)
    noise = estimate_noise(rng.poisson(light) + rng.normal(0, 0.5, light.shape))
    at = np.array([1.0, 2.0, 10.0])
    np.testing.assert_allclose(noise.variance_at(at), at + 0.25, rtol=0.3)


def test_an_image_without_noise_has_none():
    levels = np.repeat(np.arange(64.0), 64).reshape(1, 64, 64)
    assert not variance_against_intensity(levels, np.ones((1, 1)))[1].any()
