"""Fixed patterns are found where they are, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v.images import FixedPattern, find_fixed_pattern, find_in_frames, fixed_pattern
from napari_autostructn2v.samples import scan_lines

RNG = np.random.default_rng(0)
ROWS, COLUMNS = RNG.normal(0, 3, 200), RNG.normal(0, 2, 180)


def specimen(sigma: float = 4, strength: float = 40) -> np.ndarray:
    field = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(200, 180)), sigma)
    return 500 + strength * field / field.std()


def movie(frames: int = 12, image: np.ndarray | float = 0.0, noise: float = 15) -> np.ndarray:
    return image + np.random.default_rng(2).normal(0, noise, (frames, 200, 180))


@pytest.mark.parametrize("image", [100.0, specimen(), specimen(1.5, 15)], ids=["dark", "cells", "fine structure"])
def test_rows_and_columns_are_found_and_removed(image: np.ndarray | float) -> None:
    clean = movie(image=image)
    stained = clean + ROWS[:, None] + COLUMNS
    found = find_fixed_pattern(stained)
    assert found.rows is not None
    assert found.columns is not None
    assert np.corrcoef(found.rows, ROWS)[0, 1] > 0.8
    left = found.removed(stained.astype(np.float32)) - clean
    assert (left - left.mean()).std() < 0.6 * (ROWS[:, None] + COLUMNS).std()
    assert "rows" in found.sentence
    assert "columns" in found.sentence


def test_only_rows() -> None:
    found = find_fixed_pattern(movie(image=specimen()) + ROWS[:, None])
    assert found.rows is not None
    assert found.columns is None
    assert "columns" not in found.sentence


@pytest.mark.parametrize("sigma", [1, 2, 4, 8, 20])
def test_a_specimen_that_rests_is_no_pattern(sigma: float) -> None:
    assert not find_fixed_pattern(movie(image=specimen(sigma), noise=3))


def test_lines_that_change_from_frame_to_frame_are_no_fixed_pattern() -> None:
    lines = np.random.default_rng(3).normal(0, 10, (12, 200, 1))
    assert not find_fixed_pattern(movie(image=specimen()) + lines)
    assert not find_fixed_pattern(np.stack([scan_lines((128, 128), seed=seed) for seed in range(8)]))


def test_too_few_frames_say_nothing() -> None:
    assert not find_fixed_pattern(movie(3) + ROWS[:, None])
    assert not find_fixed_pattern(specimen() + ROWS[:, None])
    assert FixedPattern().sentence == ""


def test_a_piece_loses_its_own_part_of_the_pattern() -> None:
    found = FixedPattern(ROWS.astype(np.float32), COLUMNS.astype(np.float32))
    image = RNG.integers(100, 200, (2, 200, 180)).astype(np.uint16)
    whole = found.removed(image)
    piece = found.removed(image[:, 50:90, 20:100], slice(50, 90), slice(20, 100))
    np.testing.assert_array_equal(piece, whole[:, 50:90, 20:100])


def test_constant_frames_are_no_pattern() -> None:
    assert not find_fixed_pattern(np.zeros((5, 64, 64)))


def test_a_movie_with_cells_on_a_dark_ground() -> None:
    cells = 2000 * (ndimage.gaussian_filter(np.random.default_rng(5).normal(size=(200, 180)), 6) > 0.04)
    found = find_fixed_pattern(movie(image=ndimage.gaussian_filter(cells.astype(float), 2)) + ROWS[:, None])
    assert found.rows is not None
    assert np.corrcoef(found.rows, ROWS)[0, 1] > 0.8
    assert found.columns is None


def test_large_frames_are_judged_by_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    stained = movie(image=specimen()) + ROWS[:, None] + COLUMNS
    read: list[int] = []

    def part(number: int, rows: slice, columns: slice) -> np.ndarray:
        read.append(stained[number, rows, columns].size)
        return stained[number, rows, columns]

    monkeypatch.setattr(fixed_pattern, "_STRIP_PIXELS", 200 * 90)
    monkeypatch.setattr(fixed_pattern, "_READ_PIXELS", 200 * 90 * 10)
    found = find_in_frames(part, len(stained), (200, 180))
    assert max(read) < 200 * 180 / 8
    assert sum(read) <= 2 * 200 * 90 * 10
    for offsets, truth in ((found.rows, ROWS), (found.columns, COLUMNS)):
        assert offsets is not None
        assert np.corrcoef(offsets, truth)[0, 1] > 0.7
    clean = movie(image=specimen())
    assert not find_in_frames(lambda number, *place: clean[number][place], len(clean), (200, 180))
