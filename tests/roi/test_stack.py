"""Patches of stacks over time or depth."""

from __future__ import annotations

import numpy as np
import pytest

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.roi import RoiScorer, StackScorer, select_patches_stack
from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings


def bleaching(planes: int = 6) -> np.ndarray:
    """Return a movie that gets darker, uint16."""
    rng = np.random.default_rng(0)
    image = 100 + 900 * (np.indices((128, 160))[1] >= 80)
    return np.stack([rng.poisson(image * 0.8**time) for time in range(planes)]).astype(np.uint16)


def test_one_selection_a_plane():
    stack = bleaching()
    selections = select_patches_stack(stack)
    assert len(selections) == 6
    assert len(select_patches_stack(stack.reshape(2, 3, 128, 160))) == 6
    assert all(np.array_equal(one.candidates, selections[0].candidates) for one in selections)


def test_threshold_means_the_same_intensity_in_every_plane():
    selections = select_patches_stack(bleaching(12), RoiSettings(roi_threshold=0.6))
    counts = [len(one) for one in selections]
    # By itself each plane would select the same share. Here the later, darker planes have more below the threshold.
    alone = [len(select_patches(plane, RoiSettings(roi_threshold=0.6))) for plane in bleaching(12)]
    assert counts == sorted(counts) and counts[-1] > counts[0]
    assert max(alone) - min(alone) < (counts[-1] - counts[0]) / 2


def test_stack_of_one_plane_is_that_plane():
    plane = bleaching(1)[0]
    expected = RoiScorer(plane).select(RoiSettings())
    for stack in (plane, plane[None]):
        (selection,) = select_patches_stack(stack)
        assert np.array_equal(selection.coords, expected.coords)
        assert np.array_equal(selection.scores, expected.scores)


@pytest.mark.parametrize("settings", [
    RoiSettings(equalize="adaptive"), RoiSettings(equalize="none"), RoiSettings(background="auto"),
    RoiSettings(criteria=("gradient", "texture", "band")), RoiSettings(use_roi=False),
])  # fmt: skip
def test_all_settings_work_on_stacks(settings):
    for selection in select_patches_stack(bleaching(3), settings):
        assert 0 <= selection.scores.min() <= selection.scores.max() <= 1


def test_constant_plane_among_others_is_no_obstacle():
    stack = bleaching(4)
    stack[2] = 100
    selections = select_patches_stack(stack)
    assert len(np.unique(selections[2].scores)) == 1
    assert len(selections[0]) > 0


def test_planes_of_a_lazy_stack_are_read_one_at_a_time():
    da = pytest.importorskip("dask.array")
    stack = bleaching(20)
    largest = []

    def look(block: np.ndarray) -> np.ndarray:
        largest.append(block.shape[0])
        return block

    lazy = da.from_array(stack, chunks=(1, -1, -1)).map_blocks(look, dtype=stack.dtype, meta=stack[:0])
    scorer = StackScorer(lazy)
    assert len(scorer) == 20
    assert len(largest) <= 8
    expected = StackScorer(stack).plane(13).select(RoiSettings())
    assert np.array_equal(scorer.plane(13).select(RoiSettings()).coords, expected.coords)
    assert max(largest) == 1 and len(largest) <= 9


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (np.zeros((3, 64, 64)), "constant"),
        (np.zeros((0, 64, 64)), "no planes"),
        (np.zeros(64), "at least two axes"),
        (np.full((3, 64, 64), np.nan), "NaN"),
        (np.zeros((3, 64, 64), bool), "mask"),
    ],
)
def test_stacks_that_cannot_be_used_get_a_plain_sentence(stack, message):
    with pytest.raises(InputError, match=message):
        select_patches_stack(stack)


def test_plane_with_nan_that_was_not_sampled_is_named():
    stack = bleaching(20).astype(float)
    stack[1, 5, 5] = np.nan
    with pytest.raises(InputError, match="Plane 1 "):
        select_patches_stack(stack)
