"""Noise along lines is found, and its mask taken, where an image is full of structure, which is not taken for it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_autostructn2v.noise import choose_mask, estimate_noise
from napari_autostructn2v.noise.lines import noise_along_lines

MEMORY = np.array([[1, 0.85, 0.65, 0.4, 0.2]])
KERNELS = {
    "rows": MEMORY,
    "columns": MEMORY.T,
    "white": np.ones((1, 1)),
    "camera": np.outer([1, 2, 1], [1, 2, 1]),
}


def blobs(side: int, seed: int, apart: int = 140) -> np.ndarray:
    """Soft bright blobs, one in so many pixels; with those of the default there is hardly any background."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    image = np.full((side, side), 100.0)
    for _ in range(side**2 // apart):
        (row, column), width = random.uniform(0, side, 2), random.uniform(2.5, 7)
        distance = (rows - row) ** 2 + (columns - column) ** 2
        image += random.uniform(120, 400) * np.exp(-distance / (2 * width**2))
    return image


def noisy(kernel: str, side: int, seed: int, deviation: float, apart: int = 140) -> np.ndarray:
    random = np.random.default_rng([seed, 1])
    noise = ndi.convolve(random.standard_normal((side, side)), KERNELS[kernel], mode="wrap")
    return blobs(side, seed, apart) + deviation * noise / np.linalg.norm(KERNELS[kernel])


@pytest.mark.parametrize("side", [128, 160, 256])
@pytest.mark.parametrize("kernel", ["rows", "columns"])
def test_lines_are_found_among_dense_blobs(kernel: str, side: int) -> None:
    image = noisy(kernel, side, seed=side, deviation=36)
    noise = estimate_noise(image)
    assert noise.along_lines
    assert noise.mean_variance == pytest.approx(36**2, rel=0.25)
    mask = choose_mask(noise, image)
    assert mask.pattern.shape in ((1, 7), (1, 9)) if kernel == "rows" else ((7, 1), (9, 1))
    assert f"along {kernel}" in mask.reason


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kernel", ["rows", "columns"])
def test_structure_that_leaks_into_little_background_is_no_part_of_the_lines(kernel: str, seed: int) -> None:
    image = noisy(kernel, 160, seed, deviation=36, apart=300)
    noise = estimate_noise(image)
    assert noise.mean_variance == pytest.approx(36**2, rel=0.25)
    assert min(choose_mask(noise, image).pattern.shape) == 1


@pytest.mark.parametrize("kernel", ["white", "camera"])
def test_other_noise_is_not_taken_for_lines(kernel: str) -> None:
    image = noisy(kernel, 160, seed=2, deviation=36)
    assert noise_along_lines(image[None], 12) is None
    assert not choose_mask(estimate_noise(image), image).is_structured


@pytest.mark.parametrize("width", [2, 4])
def test_edges_of_stripes_are_not_taken_for_lines(width: int) -> None:
    rows = np.mgrid[:160, :160][0]
    stripes = 100 + 300.0 * (rows // width % 2) + np.random.default_rng(0).normal(0, 10, rows.shape)
    assert noise_along_lines(stripes[None], 12) is None
    assert noise_along_lines(stripes.T[None], 12) is None


def test_faint_lines_beside_strong_structure_are_not_worth_a_mask() -> None:
    image = noisy("rows", 160, seed=3, deviation=4)
    noise = estimate_noise(image)
    assert noise.along_lines
    assert not choose_mask(noise, image).is_structured


def test_images_that_are_small_or_empty_have_no_lines() -> None:
    assert noise_along_lines(np.random.default_rng(0).normal(size=(1, 16, 16)), 12) is None
    assert noise_along_lines(np.zeros((2, 64, 64)), 12) is None
