"""Images that are structure all over are not taken for noise that neighbours share."""

import numpy as np
import pytest
from scipy import signal
from skimage import data

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.noise import measure

#: What a camera or resampling does to white noise.
KERNELS = {"blob": np.outer([1, 2, 1], [1, 2, 1]) / 6, "camera": np.ones((3, 3)) / 3}


def texture(name: str, photons: float) -> np.ndarray:
    picture = getattr(data, name)().astype(float)
    picture = (picture[..., 2] if picture.ndim == 3 else picture)[200:456, 30:286]
    return picture / np.percentile(picture, 99.8) * photons


@pytest.mark.parametrize(
    ("name", "photons"), [("immunohistochemistry", 200), ("gravel", 20), ("gravel", 200), ("grass", 200), ("cat", 20)]
)
def test_texture_under_white_noise_is_no_noise(name, photons):
    truth = texture(name, photons)
    noisy = np.random.default_rng(5).poisson(truth).astype(np.float32)
    found = measure(noisy, Settings())
    assert not found.with_second
    assert found.noise_in_units.mean_variance == pytest.approx(truth.mean(), rel=0.2 if name != "grass" else 1.2)


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
