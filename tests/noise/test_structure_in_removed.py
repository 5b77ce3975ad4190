"""Noise that pixels share is not taken for structure where light adds noise of each pixel alone."""

from __future__ import annotations

import pytest
from scipy import ndimage

from napari_autostructn2v.noise import assess, estimate_noise
from napari_autostructn2v.samples import camera_blur, scan_lines


@pytest.mark.parametrize("sample", [scan_lines, camera_blur])
def test_the_truth_of_a_sample_leaves_no_structure_behind(sample):
    noisy, truth = sample(with_truth=True)
    assert assess(noisy, truth, estimate_noise(noisy)).structured_share < 0.13


def test_structure_that_is_lost_beside_noise_that_pixels_share_is_seen():
    noisy, truth = scan_lines(with_truth=True)
    blurred = ndimage.gaussian_filter(truth, 3)
    assert assess(noisy, blurred, estimate_noise(noisy)).structured_share > 0.2
