"""Whatever is given to the public functions: it just works, or a sentence says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dask.array
import numpy as np
import pytest
from dask.callbacks import Callback
from helpers.stages import TINY

from napari_autostructn2v import (
    InputError,
    Settings,
    denoise,
    estimate_noise,
    select_patches,
)
from napari_autostructn2v.images import in_memory

SETTINGS = Settings(stages="1", stage1=TINY, device="cpu")
NOISE = np.random.default_rng(0).normal(100, 10, (64, 80))

BAD = {
    "nothing": None,
    "a path": "cells.tif",
    "NaN": np.where(NOISE > 120, np.nan, NOISE),
    "infinite": np.where(NOISE > 120, np.inf, NOISE),
    "constant": np.full((64, 80), 3),
    "empty": np.zeros((0, 80)),
    "tiny": NOISE[:12, :12],
    "one axis": NOISE[0],
    "RGB": np.zeros((64, 80, 3), np.uint8),
    "a mask": NOISE > 100,
    "complex": NOISE * 1j,
    "objects": NOISE.astype(object),
}


@pytest.mark.parametrize("function", [denoise, select_patches])
@pytest.mark.parametrize("what", BAD)
def test_bad_images_are_refused_in_a_sentence(what: str, function: Callable[[Any], Any]) -> None:
    with pytest.raises(InputError) as caught:
        function(BAD[what])
    assert str(caught.value).endswith(".")


def read_only(image: np.ndarray) -> np.ndarray:
    locked = image.copy()
    locked.flags.writeable = False
    return locked


@pytest.mark.parametrize(
    "made",
    [
        read_only,
        lambda image: np.repeat(image, 2, axis=1)[:, ::2],
        lambda image: image[::-1, ::-1],
        lambda image: image.T.copy().T,
        lambda image: image.astype(">u2"),
        lambda image: dask.array.from_array(image, (32, 32)),
        lambda image: image.tolist(),
    ],
    ids=["read-only", "strided", "flipped", "Fortran order", "big-endian", "dask", "list"],
)
def test_other_kinds_of_memory_just_work(made: Callable[[np.ndarray], Any]) -> None:
    image = NOISE.round().astype(np.uint16)
    given = made(image)
    result = denoise(given, SETTINGS).denoised
    assert result.shape == image.shape
    assert result.dtype == getattr(given, "dtype", np.int64)
    assert select_patches(given).coords.size
    assert np.isfinite(estimate_noise(given).variance)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
def test_results_have_the_dtype_and_the_units_of_the_image(dtype: str) -> None:
    image = NOISE.astype(dtype)
    result = denoise(image, SETTINGS).denoised
    assert result.dtype == image.dtype
    assert result.shape == image.shape
    assert float(result.mean(dtype=float)) == pytest.approx(float(image.mean(dtype=float)), rel=0.2)


@pytest.mark.parametrize(("offset", "sigma"), [(1e9, 1e-3), (-1e6, 1e-2), (0, 1e-12), (0, 1e12)])
def test_small_signals_on_large_offsets_and_odd_scales(offset: float, sigma: float) -> None:
    image = offset + sigma * (NOISE - 100) / 10
    plain = denoise((NOISE - 100) / 10, SETTINGS)
    moved = denoise(image, SETTINGS)
    np.testing.assert_allclose((moved.denoised - offset) / sigma, plain.denoised, atol=0.05)


@pytest.mark.parametrize("shape", [(16, 16), (17, 23), (2, 16, 300), (2, 2, 16, 18)])
def test_any_size_down_to_the_smallest(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).normal(100, 10, shape).astype(np.float32)
    small = replace(SETTINGS, stage1=replace(TINY, crop_size=16))
    assert denoise(image, small).denoised.shape == shape


def test_reading_blocks_leaves_napari_s_cache_alone_which_other_threads_use():
    image, seen = dask.array.ones((4, 8, 8), chunks=(1, 8, 8)) + 1, []
    with Callback(pretask=lambda key, *_: seen.append(key)):
        assert in_memory(image).sum() == 512
        assert not seen
        image.compute()
    assert seen  # what the window reads goes through it as before
