"""Images that are structure all over are not taken for noise that neighbours share."""

import numpy as np
import pytest
from scipy import ndimage as ndi
from scipy import signal
from skimage import data

from napari_autostructn2v import BlindMask, Settings, denoise
from napari_autostructn2v.noise import assess, estimate_noise, measure
from napari_autostructn2v.widgets.image import judge

#: What a camera or resampling does to white noise.
KERNELS = {"blob": np.outer([1, 2, 1], [1, 2, 1]) / 6, "camera": np.ones((3, 3)) / 3}


def texture(name: str, photons: float) -> np.ndarray:
    picture = getattr(data, name)().astype(float)
    picture = (picture[..., 2] if picture.ndim == 3 else picture)[200:456, 30:286]
    return picture / np.percentile(picture, 99.8) * photons


@pytest.mark.parametrize(
    ("name", "photons", "within"),
    [
        ("immunohistochemistry", 200, 0.2),
        ("gravel", 20, 0.2),
        ("gravel", 200, 0.2),
        ("gravel", 1000, 0.6),
        ("grass", 200, 1.2),
        ("cat", 20, 0.2),
    ],
)
def test_texture_under_white_noise_is_no_noise(name, photons, within):
    truth = texture(name, photons)
    noisy = np.random.default_rng(5).poisson(truth).astype(np.float32)
    found = measure(noisy, Settings())
    assert not found.with_second
    assert found.noise_in_units.mean_variance == pytest.approx(truth.mean(), rel=within)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", ["immunohistochemistry", "gravel", "cat", "coffee"])
def test_noise_that_neighbours_share_is_found_in_texture(name, kernel):
    truth = texture(name, 20)
    white = np.random.default_rng(6).standard_normal(truth.shape)
    shared = signal.fftconvolve(white, KERNELS[kernel], mode="same")
    found = measure((truth + np.sqrt(truth + 1) * shared).astype(np.float32), Settings())
    assert min(found.mask.pattern.shape) >= 3


def test_stained_tissue_is_denoised_and_not_smoothed_away():
    truth = texture("immunohistochemistry", 200)
    noisy = np.random.default_rng(7).poisson(truth).astype(np.float32)
    denoised = denoise(noisy, Settings.from_preset("fast")).denoised
    assert np.square(denoised - truth).mean() < 0.4 * np.square(noisy - truth).mean()  # 1.7 times as much, once


def test_bright_texture_of_much_light_is_left_as_it_is():
    truth = texture("gravel", 1000)
    noisy = np.random.default_rng(8).poisson(truth).astype(np.float32)
    denoised = denoise(noisy, Settings.from_preset("fast")).denoised
    assert np.square(denoised - truth).mean() < 1.3 * np.square(noisy - truth).mean()  # 37 times as much, once


def test_noise_that_grows_with_the_light_is_no_uneven_structure():
    """Across the joints of a wall light changes, and the noise with it."""
    truth = data.brick()[:256, :256].astype(float)
    truth *= 20 / np.percentile(truth, 99.8)
    half = np.random.default_rng(9).standard_normal((130, 130))
    shared = ndi.zoom(half, 2, order=1)[2:258, 2:258]  # of an image that was enlarged
    noisy = truth + np.sqrt(truth + 1) * shared / shared.std()
    assert measure(noisy.astype(np.float32), Settings()).mask.is_structured


def smooth_noise() -> tuple[np.ndarray, np.ndarray]:
    """Spots beneath noise that is as smooth as what an objective makes, and the spots."""
    random = np.random.default_rng(4)
    noise = ndi.gaussian_filter(random.standard_normal((256, 256)), 1.0)
    spots = ndi.gaussian_filter((random.random((256, 256)) > 0.999).astype(float), 6.0)
    truth = 100 + 60 * spots / spots.max()
    return (truth + 10 * noise / noise.std()).astype(np.float32), truth.astype(np.float32)


def test_where_nothing_tells_structure_from_noise_the_light_asks_to_look():
    noisy, truth = smooth_noise()
    found = measure(noisy, Settings())
    assert found.mask.is_structured
    judged = judge(assess(noisy, 0.85 * truth + 0.15 * noisy, found.noise_to_remove))
    assert judged.light == "yellow"
    assert "Fine structure looks like noise" in judged.verdict
    alone = measure(noisy, Settings(), mask=BlindMask(np.ones((1, 1), bool), "By hand."))
    assert judge(assess(noisy, noisy, alone.noise_to_remove)).light != "yellow", "nothing was removed"


def test_noise_that_is_known_over_a_pixel_only_is_not_taken_for_uneven():
    noise = ndi.gaussian_filter(np.random.default_rng(4).standard_normal((256, 256)), 2)
    assert not estimate_noise((100 + 10 * noise / noise.std()).astype(np.float32), max_lag=1).looks_smooth


def test_texture_of_a_pixel_all_over_a_bright_image_is_not_green():
    truth = texture("grass", 4000)
    noisy = np.random.default_rng(10).poisson(truth).astype(np.float32)
    found = measure(noisy, Settings())
    assert found.noise_in_units.mean_variance > 4 * truth.mean(), "the texture is measured with the noise"
    smoothed = noisy - np.sqrt(0.9 * found.noise_in_units.mean_variance) * np.random.default_rng(11).standard_normal(
        truth.shape
    ).astype(np.float32)
    assert judge(assess(noisy, smoothed, found.noise_to_remove)).light != "green"


def test_wide_structure_all_over_an_image_is_no_reason_to_look():
    spots = ndi.gaussian_filter((np.random.default_rng(1).random((3, 160, 160)) > 0.997).astype(float), (1, 4, 4))
    noisy = np.random.default_rng(0).poisson(20_000 * spots[:, :128, :128] + 5).astype(np.uint16)
    assert not measure(noisy, Settings()).noise.may_be_structure
