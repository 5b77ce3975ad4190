"""The noise is measured right, and the blind mask follows from it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v import InputError, MaskSettings, RoiSettings, samples, select_patches
from napari_autostructn2v.noise import BlindMask, choose_mask, estimate_noise
from napari_autostructn2v.noise.mask_choice import predicted_errors

KERNELS = {
    "rows": np.ones((1, 7)),
    "columns": np.ones((7, 1)),
    "diagonal": np.eye(5),
    "isotropic": np.outer([1, 2, 1], [1, 2, 1]),
    "comb": np.array([[1, 0, 0.8, 0, 0.6, 0, 0.4]]),
    "negative": np.array([[1, -0.7]]),
}


def correlated(kernel, shape=(256, 256), seed=0):
    """White noise convolved with a kernel, of unit variance."""
    kernel = np.asarray(kernel, float)
    white = np.random.default_rng(seed).standard_normal(shape)
    return ndimage.convolve(white, kernel / np.sqrt((kernel**2).sum()), mode="wrap")


def cells(shape=(256, 256), seed=0):
    """Soft bright blobs of a few units on an empty background."""
    centres = np.zeros(shape)
    rng = np.random.default_rng(seed)
    centres[rng.integers(0, shape[0], 12), rng.integers(0, shape[1], 12)] = rng.uniform(2000, 6000, 12)
    return ndimage.gaussian_filter(centres, 7)


def test_autocorrelation_equals_that_of_the_kernel():
    noise = estimate_noise(correlated(KERNELS["rows"], (512, 512)))
    # Seven equal weights give 6/7, 5/7, ... at the offsets 1, 2, ...; tiles are detrended, which costs a little.
    measured = noise.correlation[noise.max_lag, noise.max_lag + 1 : noise.max_lag + 7]
    np.testing.assert_allclose(measured, np.arange(6, 0, -1) / 7, atol=0.06)
    np.testing.assert_allclose(noise.correlation[noise.max_lag + 1 :, noise.max_lag], 0, atol=0.06)


def test_variance_is_in_squared_input_units():
    noise = estimate_noise(100 + 5 * correlated([[1]]) + cells())
    assert noise.variance == pytest.approx(25, rel=0.15)
    assert noise.mean_variance == pytest.approx(25, rel=0.15)


def test_variance_that_grows_with_intensity_is_followed():
    clean = 20 + 40 * cells()
    noise = estimate_noise(np.random.default_rng(1).poisson(clean))
    middle = float(np.quantile(clean, 0.9))
    assert noise.variance_at(np.array(middle)) == pytest.approx(middle, rel=0.35)
    assert noise.variance_at(np.array(20.0)) == pytest.approx(20, rel=0.35)


def test_background_patches_keep_structure_out_of_the_measurement():
    image = correlated([[1]]) + cells()
    patches = select_patches(image, RoiSettings(roi_threshold=0.4))
    noise = estimate_noise(image, patches)
    assert abs(noise.correlation[noise.max_lag, noise.max_lag + 1]) < 0.05


@pytest.mark.parametrize("name", list(KERNELS))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_correlated_noise_gets_a_mask_with_its_shape(name, seed):
    image = cells(seed=seed) + correlated(KERNELS[name], seed=seed)
    mask = choose_mask(estimate_noise(image), image)
    assert mask.is_structured, mask.reason
    height, width = mask.pattern.shape
    offsets = {tuple(offset) for offset in mask.offsets.tolist()}
    if name in ("rows", "comb", "negative"):
        assert height == 1
    if name == "columns":
        assert width == 1
    if name == "diagonal":
        assert {(1, 1), (-1, -1)} <= offsets
        assert (0, 1) not in offsets
    if name == "isotropic":
        assert {(0, 1), (1, 0), (1, 1), (1, -1)} <= offsets
    if name == "comb":
        assert (0, 2) in offsets
        assert (0, 1) not in offsets


@pytest.mark.parametrize("seed", range(10))
def test_white_noise_gets_a_single_blind_pixel(seed):
    image = cells(seed=seed) + correlated([[1]], seed=seed)
    mask = choose_mask(estimate_noise(image), image)
    assert not mask.is_structured
    assert "stage 2 is not needed" in mask.reason


def test_structure_that_leaks_into_the_background_is_not_taken_for_noise():
    rng = np.random.default_rng(3)
    everywhere = ndimage.gaussian_filter(rng.standard_normal((256, 256)), 2)
    image = cells(seed=3) + 0.32 * everywhere / everywhere.std() + rng.standard_normal((256, 256))
    noise = estimate_noise(image)
    assert noise.correlation[noise.max_lag, noise.max_lag + 1] > 0.05
    assert not choose_mask(noise, image).is_structured


def test_predicted_error_agrees_with_the_error_of_the_predictor_itself():
    clean, noise_only = cells(), correlated(KERNELS["rows"])
    image = clean + noise_only
    row, single = np.ones((1, 13), bool), np.ones((1, 1), bool)
    narrow, wide = predicted_errors(estimate_noise(image), image, [single, row])
    # A row of equal weights beside the centre is nearly what the unmasked predictor learns: it copies the noise.
    copied = (np.roll(image, 1, 1) + np.roll(image, -1, 1)) / 2
    assert wide < narrow
    assert np.mean((copied - clean) ** 2) > 0.5


def test_verdict_does_not_depend_on_the_least_correlation_asked_for_being_absurd():
    image = cells() + correlated(KERNELS["rows"])
    mask = choose_mask(estimate_noise(image), image, MaskSettings(min_correlation=0.95))
    assert not mask.is_structured


def test_stack_and_planes_give_the_same_verdict():
    stack = np.stack([cells(seed=seed) + correlated(KERNELS["columns"], seed=seed) for seed in range(3)])
    mask = choose_mask(estimate_noise(stack), stack)
    assert mask.pattern.shape[1] == 1
    assert mask.pattern.shape[0] >= 7


def test_sample_with_scan_lines_is_recognised():
    image = samples.scan_lines()
    mask = choose_mask(estimate_noise(image), image)
    assert mask.pattern.shape[0] == 1
    assert mask.pattern.shape[1] >= 3


def test_mask_file_round_trip(tmp_path):
    mask = BlindMask(np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]))
    mask.save(tmp_path / "mask.npy")
    loaded = BlindMask.load(tmp_path / "mask.npy")
    np.testing.assert_array_equal(loaded.pattern, mask.pattern)
    assert BlindMask.from_rows(mask.to_rows()).pattern.tolist() == mask.pattern.tolist()


@pytest.mark.parametrize(
    "pattern", [np.ones(5), np.ones((2, 3)), np.ones((3, 3, 3)), np.full((3, 3), 0.5), np.full((3, 3), np.nan)]
)
def test_impossible_masks_are_refused_in_words(pattern):
    with pytest.raises(InputError, match="blind mask"):
        BlindMask(pattern)


def test_mask_files_that_are_none_are_refused_in_words(tmp_path):
    text = tmp_path / "text.npy"
    text.write_text("no array")
    pickled = tmp_path / "pickled.npy"
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    words = tmp_path / "words.npy"
    np.save(words, np.array([["0", "1", "0"]]))
    several = tmp_path / "several.npz"
    np.savez(several, first=np.ones((1, 3)), second=np.ones((3, 1)))
    for path in (text, pickled, words, several, tmp_path / "absent.npy"):
        with pytest.raises(InputError, match=rf"file.*{path.name}"):
            BlindMask.load(path)
    with pytest.raises(InputError, match="cannot be written"):
        BlindMask(np.ones((1, 3))).save(text / "mask.npy")


@pytest.mark.parametrize("rows", [(), ("010", "11", "010"), ("0x0",), ("012",)])
def test_rows_of_a_drawn_mask_that_are_none_are_refused_in_words(rows):
    with pytest.raises(InputError, match="equally long texts of 0 and 1"):
        BlindMask.from_rows(rows)


@pytest.mark.parametrize("axis", [0, 1], ids=["columns", "rows"])
def test_an_offset_per_line_hides_the_whole_line(axis):
    """A mask that ends within the network's sight would let it read the offset further along the line."""
    rng = np.random.default_rng(3)
    truth = ndimage.gaussian_filter(rng.standard_normal((128, 128)), 6) * 60
    offsets = rng.standard_normal((128, 1)) if axis == 1 else rng.standard_normal((1, 128))
    image = truth + 2 * offsets + rng.standard_normal(truth.shape)
    mask = choose_mask(estimate_noise(image), image)
    assert mask.pattern.shape == ((1, 53) if axis == 1 else (53, 1))
    assert "whole " + ("rows" if axis == 1 else "columns") in mask.reason


def test_the_variance_of_photons_goes_on_beyond_the_brightest_class():
    rng = np.random.default_rng(0)
    light = np.full((256, 256), 2.0)
    light[100:104, 100:140] = 60  # too few to be a class of their own
    light += np.linspace(0, 2, 256)
    noise = estimate_noise(rng.poisson(10 * light).astype(np.float32))
    at = np.array([5.0, 25.0, 600.0])
    assert noise.intensities[-1] < 200
    np.testing.assert_allclose(noise.variance_at(at)[1:], at[1:], rtol=0.5)
    scaled = noise.rescaled(3.0, 7.0)
    np.testing.assert_allclose(scaled.variance_at(3 * at + 7), 9 * noise.variance_at(at))
