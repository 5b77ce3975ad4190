"""Blind pixels are hidden completely, freshly drawn, and never reach the network through a neighbour."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_autostructn2v.network.blind_spots import MOST_HIDDEN, BlindSpots, symmetries

ROW = np.ones((1, 5), bool)
DIAGONAL = np.eye(3, dtype=bool)
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
SINGLE = np.ones((1, 1), bool)
CPU = torch.device("cpu")


def random(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("strategy", ["random", "local_mean", "zeros"])
@pytest.mark.parametrize("pattern", [SINGLE, ROW, DIAGONAL, CROSS])
def test_the_whole_mask_is_hidden_and_nothing_else(pattern, strategy):
    spots = BlindSpots(pattern, 5, strategy, CPU)
    batch = torch.rand((2, 32, 32), generator=random()) + 10
    centres = torch.tensor([[0, 8, 8], [1, 0, 31]])
    hidden = spots.hide(batch, centres, random(1))
    changed = {tuple(place) for place in (hidden != batch).nonzero().tolist()}
    expected = {
        (crop, row + down, column + across)
        for crop, row, column in centres.tolist()
        for down, across in spots.offsets.tolist()
        if 0 <= row + down < 32 and 0 <= column + across < 32
    }
    assert changed == expected


@pytest.mark.parametrize("pattern", [SINGLE, ROW, DIAGONAL, CROSS])
def test_replacements_tell_nothing_of_the_centre(pattern):
    spots = BlindSpots(pattern, 5, "random", CPU)
    place = torch.arange(32 * 32, dtype=torch.float32).reshape(1, 32, 32)
    secret = {16 * 32 + 16 + down * 32 + across for down, across in spots.offsets.tolist()}
    for seed in range(30):
        hidden = spots.hide(place, torch.tensor([[0, 16, 16]]), random(seed))
        taken = {int(hidden[0, 16 + down, 16 + across]) for down, across in spots.offsets.tolist()}
        assert not taken & secret


def test_centres_are_drawn_afresh_at_the_density_asked_for():
    spots = BlindSpots(SINGLE, 5, "random", CPU)
    generator = random()
    first, second = (spots.centres(torch.ones((4, 64, 64), dtype=torch.bool), generator) for _ in range(2))
    assert len(first) == pytest.approx(0.05 * 4 * 64 * 64, rel=0.15)
    shared = {tuple(place) for place in first.tolist()} & {tuple(place) for place in second.tolist()}
    assert len(shared) < 0.15 * len(first)


def test_large_masks_leave_enough_to_see():
    pattern = np.ones((9, 9), bool)
    spots = BlindSpots(pattern, 20, "zeros", CPU)
    batch = torch.ones((8, 64, 64))
    hidden = spots.hide(batch, spots.centres(torch.ones((8, 64, 64), dtype=torch.bool), random()), random())
    assert 0.1 < float((hidden == 0).float().mean()) <= MOST_HIDDEN * 1.15


def test_augmentation_keeps_the_direction_of_the_mask():
    assert len(symmetries(SINGLE)) == len(symmetries(CROSS)) == 8
    assert set(symmetries(ROW)) == {(False, rows, columns) for rows in (False, True) for columns in (False, True)}
    assert set(symmetries(DIAGONAL)) == {
        (False, False, False),
        (False, True, True),
        (True, False, False),
        (True, True, True),
    }
