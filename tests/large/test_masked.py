"""Lazy images whose blocks are masked arrays: what is masked does not count, and results are masked there."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
from helpers.stages import SMALL

from napari_autostructn2v import Denoiser, denoise
from napari_autostructn2v.large import sample_planes
from napari_autostructn2v.settings import Settings

FAST = Settings(stages="1", device="cpu", context="none", stage1=SMALL)
MOVIE = np.random.default_rng(0).normal(100, 10, (4, 64, 80)).astype(np.float32)
MASK = np.zeros(MOVIE.shape, bool)
MASK[:, 20:30, 36:44] = True  # across a border of the blocks
MASK[2] = True


def lazy(hidden: float) -> dask.array.Array:
    return dask.array.from_array(np.ma.array(np.where(MASK, hidden, MOVIE), mask=MASK), chunks=(1, 64, 40))


@pytest.fixture(scope="module")
def model() -> Denoiser:
    made = denoise(MOVIE, FAST).denoiser
    assert made is not None
    return made


def test_a_lazy_result_is_masked_and_owes_nothing_to_what_is_masked(model: Denoiser) -> None:
    results = [model.predict(lazy(hidden)).compute() for hidden in (1e6, np.nan)]
    for result in results:
        np.testing.assert_array_equal(np.ma.getmaskarray(result), MASK)
    shown = [0, 1, 3]
    np.testing.assert_array_equal(results[0].data[shown], results[1].data[shown])
    np.testing.assert_array_equal(results[0].data[shown], model.predict(lazy(0).compute()).data[shown])


def test_a_run_and_a_sample_of_a_masked_lazy_image_owe_nothing_to_what_is_masked() -> None:
    result = denoise(lazy(np.nan), FAST)
    np.testing.assert_array_equal(np.ma.getmaskarray(result.denoised), MASK)
    sample, _ = sample_planes(lazy(np.nan))
    assert np.isfinite(sample).all()
    np.testing.assert_array_equal(sample[~MASK], MOVIE[~MASK])


def test_an_error_map_is_masked_where_the_image_is(model: Denoiser) -> None:
    for image in (lazy(np.nan), lazy(np.nan).compute()):
        said = model.uncertainty(image, anyway=True)
        np.testing.assert_array_equal(np.ma.getmaskarray(said), MASK)
        assert np.isfinite(said.data).all()
