"""Images without a flat part, and small ones: structure is not taken for noise, and noise is not learnt by heart."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from napari_autostructn2v import Settings
from napari_autostructn2v.noise import choose_mask, estimate_noise, measure
from napari_autostructn2v.samples import camera_blur, scan_lines
from napari_autostructn2v.settings import StageSettings, sized_to


def waves(side: int = 96) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return 50 + 40 * np.sin(columns / 9) * np.cos(rows / 7)


def test_waves_all_over_an_image_are_not_taken_for_noise():
    noisy = np.random.default_rng(0).poisson(waves()).astype(np.uint16)
    noise = estimate_noise(noisy)
    mask = choose_mask(noise, noisy)
    assert not mask.is_structured
    assert "No part of the image is flat enough" in mask.reason
    # Counts of 10 to 90 have variances of 10 to 90; the waves have 400.
    assert 30 < noise.mean_variance < 80
    assert measure(noisy, Settings()).with_second is False


def test_noise_that_is_correlated_over_a_few_pixels_is_still_found():
    for image in (scan_lines((256, 256)), camera_blur((256, 256))):
        noise = estimate_noise(image)
        assert noise.from_flat_parts
        assert choose_mask(noise, image).is_structured


def test_offsets_that_drift_along_rows_are_still_noise():
    random = np.random.default_rng(0)
    rows = ndi.gaussian_filter1d(random.standard_normal((256, 256)), 6, axis=1)
    image = 100 + 5 * random.standard_normal((256, 256)) + 20 * rows / rows.std()
    assert choose_mask(estimate_noise(image), image).pattern.shape[0] == 1


def test_a_small_image_with_correlated_noise_is_trained_no_longer_than_fast_does():
    balanced, fast = (Settings.from_preset(preset).stage2 for preset in ("balanced", "fast"))
    small = sized_to(balanced, (1, 64, 64), shares_noise=True)
    assert small.steps == sized_to(fast, (1, 64, 64), shares_noise=True).steps == fast.steps
    assert sized_to(balanced, (1, 64, 64)).steps == balanced.steps
    assert sized_to(balanced, (1, 512, 512), shares_noise=True).steps == balanced.steps
    assert sized_to(StageSettings(num_epochs=2), (1, 64, 64), shares_noise=True).steps == 20


def test_a_smooth_image_has_no_offsets_of_its_lines():
    random = np.random.default_rng(1)
    smooth = ndi.gaussian_filter(random.random((128, 128)), 5)
    smooth = 1000 + 4000 * (smooth - smooth.min()) / np.ptp(smooth)
    noisy = (smooth + random.normal(0, 12.3, smooth.shape)).astype(np.uint16)
    assert measure(noisy, Settings()).flattened == ""


def test_a_network_that_has_seen_images_learns_less_from_a_small_image_of_correlated_noise() -> None:
    balanced = Settings.from_preset("balanced").stage2
    steps = [sized_to(balanced, (1, side, side), shares_noise=True, from_start=True).steps for side in (96, 192, 256)]
    assert steps[0] < steps[1] < steps[2] == balanced.steps
    assert sized_to(balanced, (1, 128, 128), shares_noise=True).steps == balanced.steps
