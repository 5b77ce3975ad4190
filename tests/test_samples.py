"""The samples carry the noise that they are named for, and the truth that goes with it."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from napari_autostructn2v.noise import measure
from napari_autostructn2v.samples import (
    camera_blur,
    dividing_nuclei,
    nuclei,
    open_camera_blur,
    open_dividing_nuclei,
    open_nuclei,
    open_scan_lines,
    scan_lines,
)
from napari_autostructn2v.settings import Settings

SAMPLES = [scan_lines, camera_blur]


def correlation(noise: np.ndarray, down: int, right: int) -> float:
    """Correlation of the noise with itself, moved by whole pixels (the noise wraps around)."""
    moved = np.roll(noise, (down, right), axis=(0, 1))
    return float(np.corrcoef(noise.ravel(), moved.ravel())[0, 1])


@pytest.mark.parametrize("sample", SAMPLES)
def test_image_and_truth(sample):
    noisy, truth = sample(with_truth=True)
    assert noisy.dtype == np.uint16
    assert truth.dtype == np.float32
    assert noisy.shape == truth.shape == (512, 512)
    assert noisy.min() > 0, "no pixel is cut off at zero, which would bias the noise"
    assert noisy.max() < np.iinfo(np.uint16).max
    noise = noisy - truth
    assert abs(noise.mean()) < 0.05 * noise.std(), "the truth is the mean of what the camera reads"
    assert 0.1 < noise.std() / np.ptp(truth) * 2 < 0.5, "worth denoising, and not hopeless"


@pytest.mark.parametrize("sample", SAMPLES)
def test_most_of_the_image_is_empty_background(sample):
    _, truth = sample(with_truth=True)
    empty = truth < truth.min() + 0.1 * np.ptp(truth)
    assert 0.5 < empty.mean() < 0.9


def test_scan_lines_run_along_the_rows():
    noisy, truth = scan_lines(with_truth=True)
    noise = noisy - truth
    assert [correlation(noise, 0, right) for right in (1, 2, 3)] == pytest.approx([0.62, 0.4, 0.2], abs=0.06)
    assert correlation(noise, 0, 6) == pytest.approx(0, abs=0.02)
    assert correlation(noise, 1, 0) == pytest.approx(0, abs=0.02)


def test_camera_noise_spreads_in_every_direction():
    noisy, truth = camera_blur(with_truth=True)
    noise = noisy - truth
    assert correlation(noise, 0, 1) == pytest.approx(correlation(noise, 1, 0), abs=0.02)
    assert correlation(noise, 0, 1) > 0.5
    assert correlation(noise, 1, 1) > 0.3
    assert correlation(noise, 4, 4) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_seed_decides(sample):
    first = sample((128, 160), seed=3)
    np.testing.assert_array_equal(first, sample((128, 160), seed=3))
    assert (first != sample((128, 160), seed=4)).mean() > 0.9


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("shape", [(16, 16), (33, 400)])
def test_any_shape(sample, shape):
    noisy, truth = sample(shape, with_truth=True)
    assert noisy.shape == truth.shape == shape
    assert np.ptp(truth) > 0


@pytest.mark.parametrize("opener", [open_scan_lines, open_camera_blur, open_nuclei, open_dividing_nuclei])
def test_layers_show_the_cells_at_once(opener):
    ((image, properties, kind),) = opener()
    low, high = properties["contrast_limits"]
    assert kind == "image"
    assert 0.9 < ((image >= low) & (image <= high)).mean() < 1


@pytest.mark.parametrize(
    ("key", "name", "shape"),
    [
        ("scan_lines", "Scan lines", (512, 512)),
        ("camera_blur", "Camera noise", (512, 512)),
        ("nuclei", "Nuclei", (256, 256)),
        ("dividing_nuclei", "Dividing nuclei", (32, 128, 128)),
    ],
)
def test_napari_opens_the_sample(make_napari_viewer, key, name, shape):
    viewer = make_napari_viewer()
    (layer,) = viewer.open_sample("napari-autostructn2v", key)
    assert layer.data.shape == shape
    assert layer.name == name


@pytest.mark.parametrize("sample", [nuclei, dividing_nuclei])
def test_real_samples_are_noisy_and_say_whose_they_are(sample):
    image = sample()
    assert image.dtype == np.uint16 and image.dtype.isnative
    folder = resources.files("napari_autostructn2v") / "sample_data"
    assert f"`{sample.__name__}.tif`" in (folder / "README.md").read_text(encoding="utf-8")
    assert (folder / f"{sample.__name__}.tif").stat().st_size < 1e6, "the wheel stays small"
    noise = measure(image, Settings()).noise_in_units
    assert 0.01 < noise.variance / image.var(dtype=float) < 0.2
