from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_autostructn2v.widgets.canvas import representatives

GRID = np.stack(np.meshgrid(np.arange(0, 800, 16), np.arange(0, 800, 16), indexing="ij"), axis=-1).reshape(-1, 2)


def pairs(coords: np.ndarray) -> set[tuple[int, int]]:
    return {(row, column) for row, column in coords.tolist()}


@given(st.lists(st.integers(0, len(GRID) - 1), unique=True, max_size=300), st.integers(1, 200))
def test_a_part_of_the_patches_and_no_more_than_asked_for(indices, most):
    coords = GRID[indices]
    part = representatives(coords, most, side=32, stride=16)
    assert len(part) == min(most, len(coords))
    assert pairs(part) <= pairs(coords)


def test_thinned_patches_still_cover_the_region():
    part = representatives(GRID, 700, side=32, stride=16)
    covered = np.zeros((816, 816), bool)
    for row, column in part:
        covered[row : row + 32, column : column + 32] = True
    assert covered[:784, :784].all(), "28 % of the patches, and no hole"


def test_a_small_change_reshuffles_little():
    first = representatives(GRID[:2400], 300, side=32, stride=16)
    second = representatives(GRID[:2350], 300, side=32, stride=16)
    assert len(pairs(first) & pairs(second)) > 280
