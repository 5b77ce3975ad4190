"""A blend keeps dtype and range, and stays lazy where its parts are."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_autostructn2v.images import blended

KINDS = ("uint8", "uint16", "int16", "uint32", "int64", "uint64", "float16", "float32", "float64")


@pytest.mark.parametrize("kind", KINDS)
def test_a_blend_lies_between_both_in_the_dtype_of_the_result(kind: str) -> None:
    largest = np.finfo(kind).max if np.dtype(kind).kind == "f" else np.iinfo(kind).max
    before = np.array([[0, 100, 7, largest]], kind)
    after = np.array([[10, 50, 7, largest]], kind)
    half = blended(before, after, 0.5)
    assert half.dtype == after.dtype
    np.testing.assert_array_equal(half[0, :3], [5, 75, 7])
    assert float(half[0, 3]) == pytest.approx(float(largest), rel=1e-12)
    np.testing.assert_array_equal(blended(before, after, 0.0)[0, :3], before[0, :3])
    assert blended(before, after, 1.0) is after


def test_a_float_result_of_an_integer_image_keeps_fractions() -> None:
    half = blended(np.array([[1]], np.uint16), np.array([[2]], np.float32), 0.25)
    assert half.dtype == np.float32
    assert half[0, 0] == 1.25


@pytest.mark.parametrize("lazy", ["before", "after", "both"])
def test_a_lazy_blend_is_not_computed_before_it_is_looked_at(lazy: str) -> None:
    rng = np.random.default_rng(0)
    before, after = (rng.integers(0, 1000, (4, 20, 30)).astype(np.uint16) for _ in range(2))
    read: list[int] = []

    def spied(block: np.ndarray) -> np.ndarray:
        read.append(1)
        return block

    def as_lazy(array: np.ndarray) -> da.Array:
        return da.from_array(array, chunks=(1, 20, 15)).map_blocks(spied, meta=np.empty((0, 0, 0), np.uint16))

    made = blended(as_lazy(before) if lazy != "after" else before, as_lazy(after) if lazy != "before" else after, 0.3)
    assert not read
    np.testing.assert_array_equal(np.asarray(made[2]), blended(before, after, 0.3)[2])
    assert made.dtype == np.uint16
