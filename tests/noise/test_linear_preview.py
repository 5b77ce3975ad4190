"""The preview of a blind mask must be a picture of what the mask does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, uniform_filter1d

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.noise import linear_preview
from napari_autostructn2v.samples import scan_lines


def row_noise(shape=(128, 128), width=5, seed=0, noise=1.0) -> tuple[np.ndarray, np.ndarray]:
    """A smooth image with and without noise that neighbours in a row share."""
    rng = np.random.default_rng(seed)
    clean = gaussian_filter(rng.normal(size=shape), 4)
    clean *= 100 / clean.std()
    shared = uniform_filter1d(rng.normal(size=shape), width, axis=1, mode="wrap")
    return (clean + 1000 + noise * 100 * shared / shared.std()).astype(np.float32), clean + 1000


def error(image: np.ndarray, clean: np.ndarray) -> float:
    return float(np.sqrt(np.mean((image - clean) ** 2)))


def test_a_row_mask_removes_row_noise_and_a_single_pixel_does_not() -> None:
    noisy, clean = row_noise()
    row = linear_preview(noisy, np.ones((1, 9)))
    single = linear_preview(noisy, np.ones((1, 1)))
    assert error(row, clean) < 0.6 * error(noisy, clean)
    assert error(row, clean) < 0.8 * error(single, clean)
    # A mask along the other direction hides what helps and shows what is shared.
    assert error(row, clean) < 0.8 * error(linear_preview(noisy, np.ones((9, 1))), clean)


def test_the_sample_gains_what_its_noise_is_made_for() -> None:
    noisy, clean = scan_lines((256, 256), with_truth=True)
    assert error(linear_preview(noisy, np.ones((1, 9))), clean) < 0.8 * error(noisy, clean)


def test_the_preview_follows_units_and_turns_of_the_image() -> None:
    noisy, _ = row_noise((48, 80))
    preview = linear_preview(noisy, np.ones((1, 5)))
    assert preview.shape == (48, 80)
    assert preview.dtype == np.float32
    np.testing.assert_allclose(linear_preview(noisy * 1e-3, np.ones((1, 5))), preview * 1e-3, rtol=1e-3)
    np.testing.assert_allclose(linear_preview(noisy.T, np.ones((5, 1))), preview.T, rtol=1e-4)
    np.testing.assert_allclose(linear_preview(noisy[::-1, ::-1], np.ones((1, 5))), preview[::-1, ::-1], rtol=1e-4)


def test_a_hidden_pixel_does_not_reach_the_prediction() -> None:
    """A pixel changed by a moderate amount changes its neighbours but, the weights apart, not itself."""
    noisy, _ = row_noise()
    changed = noisy.copy()
    changed[64, 64] += 300
    difference = np.abs(linear_preview(changed, np.ones((1, 5))) - linear_preview(noisy, np.ones((1, 5))))
    assert difference[64, 62:67].max() < 0.2 * difference[63, 64]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9), st.integers(0, 9), st.integers(16, 40), st.integers(16, 40), st.integers(0, 99))
def test_any_mask_on_any_size_gives_finite_values(down, right, height, width, seed) -> None:
    image = np.random.default_rng(seed).normal(100, 10, (height, width))
    pattern = np.random.default_rng(seed).random((2 * down + 1, 2 * right + 1)) < 0.5
    try:
        preview = linear_preview(image, pattern)
    except InputError as refused:
        assert "smaller" in str(refused)
        return
    assert preview.shape == image.shape
    assert np.isfinite(preview).all()
    assert abs(preview.mean() - image.mean()) < image.std()


def test_what_cannot_be_previewed_is_refused_in_words() -> None:
    image = row_noise()[0]
    with pytest.raises(InputError, match="one plane"):
        linear_preview(np.stack([image, image]), np.ones((1, 3)))
    with pytest.raises(InputError, match="smaller"):
        linear_preview(image[:20, :20], np.ones((41, 41)))
    with pytest.raises(InputError, match="odd sides"):
        linear_preview(image, np.ones((2, 2)))
    with pytest.raises(InputError, match="NaN"):
        linear_preview(np.full((32, 32), np.nan), np.ones((1, 3)))


def test_read_only_and_integer_images() -> None:
    image = row_noise()[0].astype(np.uint16)[::2, ::-1]
    image.flags.writeable = False
    assert linear_preview(image, np.ones((1, 3))).std() > 0
