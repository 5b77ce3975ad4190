"""Small images hold few noisy pixels, and chance is not taken for noise that pixels share."""

from __future__ import annotations

import numpy as np
import pytest

from napari_autostructn2v import Settings
from napari_autostructn2v.noise import BlindMask, measure
from napari_autostructn2v.noise.autocovariance import detrended
from napari_autostructn2v.samples import camera_blur, scan_lines


def masks(image: np.ndarray, side: int) -> list[BlindMask]:
    """The masks of nine pieces of an image, not one on top of the other."""
    places = [int(place) for place in np.linspace(0, image.shape[0] - side, 3)]
    pieces = [image[top : top + side, left : left + side] for top in places for left in places]
    return [measure(piece, Settings()).mask for piece in pieces if np.ptp(piece) > 0]


@pytest.mark.parametrize("side", [48, 64, 96])
def test_pieces_with_scan_lines_get_a_mask_along_rows(side):
    shapes = [mask.pattern.shape for mask in masks(scan_lines(seed=3), side)]
    assert sum(shape in ((1, 5), (1, 7), (1, 9)) for shape in shapes) >= 7
    assert max(height for height, _ in shapes) <= 5


@pytest.mark.parametrize("side", [48, 64, 96])
def test_pieces_with_camera_noise_get_a_small_square(side):
    shapes = [mask.pattern.shape for mask in masks(camera_blur(seed=3), side)]
    assert sum(shape in ((3, 3), (5, 5)) for shape in shapes) >= 7
    assert max(max(shape) for shape in shapes) <= 7


@pytest.mark.parametrize("side", [32, 48, 64, 96])
def test_pieces_with_independent_noise_get_a_single_pixel(side):
    clean = camera_blur(seed=4, with_truth=True)[1]
    image = clean + np.random.default_rng(4).normal(0, 150, clean.shape)
    assert not any(mask.is_structured for mask in masks(image, side))


def test_what_is_smooth_is_taken_out():
    down, across = np.mgrid[:32, :32] / 32
    tiles = np.stack([3 + 2 * down - across, 1 + down * across**3 - 5 * down**2])
    np.testing.assert_allclose(detrended(tiles[:1]), 0, atol=1e-12)
    assert np.abs(detrended(tiles[1:])).max() > 0.1
    np.testing.assert_allclose(detrended(tiles, 4), 0, atol=1e-12)
