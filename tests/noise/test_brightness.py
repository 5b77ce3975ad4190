"""Brightness told without truth: what is kept is not complained of, and what is dimmed is named."""

import numpy as np
import pytest

from napari_autostructn2v.noise import Brightness, compare_brightness, contrast_lost


def _pixels(count=40_000, seed=0):
    """Blind predictions, noisy values and the truth: a dim background and two percent of bright objects."""
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(count) < 0.02, rng.uniform(20, 60, count), rng.uniform(0, 2, count))
    noisy = truth + rng.normal(0, 1 + 0.1 * truth)
    blind = truth + rng.normal(0, 0.3 + 0.03 * truth)
    return blind, noisy, truth


def test_a_result_that_is_the_truth_keeps_brightness():
    blind, noisy, truth = _pixels()
    found = compare_brightness(blind, noisy, truth)
    assert found.is_kept
    assert found.slope == pytest.approx(1, abs=0.01)
    assert found.brightest == pytest.approx(1, abs=4 * found.brightest_error)
    assert "kept" in found.sentence


def test_a_result_that_keeps_noise_is_no_complaint():
    # The noise of a pixel is in the noisy image and in the result; classes made from either would be off.
    blind, noisy, truth = _pixels()
    assert compare_brightness(blind, noisy, 0.7 * truth + 0.3 * noisy).is_kept


def test_objects_that_are_dimmed_are_named():
    blind, noisy, truth = _pixels()
    found = compare_brightness(blind, noisy, np.where(truth > 10, 0.9 * truth, truth))
    assert not found.is_kept
    assert found.worst == pytest.approx(-0.1, abs=0.04)
    assert found.brightest == pytest.approx(0.9, abs=0.03)
    assert "darker" in found.sentence


def test_a_wrong_slope_is_told():
    blind, noisy, truth = _pixels()
    assert compare_brightness(blind, noisy, 1.2 * truth).slope == pytest.approx(1.2, abs=0.02)
    assert "brighter" in compare_brightness(blind, noisy, 1.2 * truth).sentence


def test_a_flat_image_of_little_contrast_is_told_by_its_slope():
    rng = np.random.default_rng(3)
    truth = rng.normal(100, 3, 40_000)
    noisy = truth + rng.normal(0, 6, truth.size)
    blind = truth + rng.normal(0, 1, truth.size)
    found = compare_brightness(blind, noisy, 100 + 0.7 * (truth - 100))
    assert not found.is_kept
    assert found.slope == pytest.approx(0.7, abs=0.05)


def test_too_few_pixels_say_nothing():
    blind, noisy, truth = _pixels(60)
    assert compare_brightness(blind, noisy, truth) is None


def test_dimmed_brightest_pixels_alone_are_no_kept_brightness():
    found = Brightness(slope=0.99, worst=0.0, brightest=0.83, slope_error=0.01, brightest_error=0.05)
    assert not found.is_kept
    assert "83 ± 5 %" in found.sentence


@pytest.mark.parametrize("slope", [0.7, 0.98, 1.0, 1.1])
def test_contrast_that_was_lost_is_found(slope):
    blind, noisy, truth = _pixels()
    assert contrast_lost(blind, noisy, 5 + slope * truth) == pytest.approx(1 / slope, rel=0.01)
    assert contrast_lost(blind + 1000, noisy + 1000, 5 + slope * (0.7 * truth + 0.3 * noisy)) == pytest.approx(
        1 / slope, rel=0.01
    )


def test_no_contrast_is_made_of_chance():
    random = np.random.default_rng(0)
    blind, noisy, denoised = random.normal(0, (0.1, 1, 0.1), (200, 3)).T
    assert abs(contrast_lost(blind, noisy, 0.5 * blind + denoised) - 1) < 1
    assert contrast_lost(blind, noisy, -blind) == 1
    for few in (0, 1, 50):
        assert contrast_lost(blind[:few], noisy[:few], blind[:few]) == 1
    assert contrast_lost(np.zeros(200), noisy, denoised) == 1


def test_an_image_with_hardly_any_light_is_no_proof_that_brightness_is_kept():
    unsure = Brightness(slope=1.0, worst=0.0, brightest=1.08, slope_error=0.3, brightest_error=0.42)
    assert unsure.is_kept
    assert "too little light" in unsure.sentence
    assert "Brightness is kept" not in unsure.sentence
    sure = Brightness(slope=1.0, worst=0.0, brightest=1.01, slope_error=0.01, brightest_error=0.02)
    assert sure.sentence.startswith("Brightness is kept")
