"""Where what neighbours share is structure, it is not asked of a result that it goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_autostructn2v.noise import assess, estimate_noise, measure
from napari_autostructn2v.noise.independent import independent_part
from napari_autostructn2v.settings import Settings
from napari_autostructn2v.widgets.image import judge

SETTINGS = replace(Settings.from_preset("fast"), stages="1")


def textured(smooth: float, seed: int = 3, side: int = 192) -> tuple[np.ndarray, np.ndarray]:
    """An image without an empty place, and its truth: soft texture as strong as the noise, and a few bright spots."""
    random = np.random.default_rng(seed)
    texture = ndi.gaussian_filter(random.standard_normal((side, side)), smooth)
    spots = ndi.gaussian_filter((random.random((side, side)) > 0.999).astype(float), 6.0)
    truth = 100 + 2 * texture / texture.std() + 60 * spots / spots.max()
    return (truth + random.normal(0, 2, truth.shape)).astype(np.float32), truth.astype(np.float32)


def test_white_noise_is_a_pixels_own_and_smooth_structure_is_not() -> None:
    white = np.random.default_rng(0).normal(0, 3, (256, 256))
    noise = estimate_noise(white)
    assert independent_part(noise).variance == pytest.approx(noise.variance, rel=0.1)
    away = np.square(np.arange(-noise.max_lag, noise.max_lag + 1))
    soft = np.exp(-(away[:, None] + away) / (4 * 3.0**2))  # of a Gaussian of 3 pixels
    both = replace(noise, variance=18.0, correlation=(noise.correlation + soft) / 2)
    assert independent_part(both).variance == pytest.approx(9, rel=0.1)


def test_the_truth_of_a_textured_image_is_green_and_lost_texture_is_not() -> None:
    noisy, truth = textured(2.0)
    measurement = measure(noisy, SETTINGS)
    noise = measurement.noise_to_remove
    assert noise.mean_variance == pytest.approx(4, rel=0.1), "the texture has no part in it"
    assert judge(assess(noisy, truth, noise)).light == "green"
    assert judge(assess(noisy, ndi.gaussian_filter(truth, 6.0), noise)).light != "green"
    assert judge(assess(noisy, 0.5 * truth + 0.5 * noisy, noise)).light == "red"


def test_shared_noise_is_still_asked_to_go() -> None:
    random = np.random.default_rng(1)
    noise = ndi.convolve1d(random.standard_normal((192, 192)), np.ones(4), axis=1)
    spots = ndi.gaussian_filter((random.random((192, 192)) > 0.999).astype(float), 6.0)
    measurement = measure((100 + 60 * spots / spots.max() + noise).astype(np.float32), SETTINGS)
    assert measurement.mask.is_structured and not measurement.mask.spares_structure
    assert measurement.noise_to_remove.variance == measurement.noise_in_units.variance
