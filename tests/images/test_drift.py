import threading

import numpy as np
import pytest
from helpers.moved_scene import moved_scene
from scipy.ndimage import gaussian_filter

from napari_autostructn2v.images import find_drift
from napari_autostructn2v.stop import Stopped


def test_moves_of_a_whole_scene_are_found_within_a_pixel():
    steps = np.cumsum(np.random.default_rng(1).integers(-2, 3, (24, 2)), 0)
    steps -= steps[0]
    found = find_drift(moved_scene(steps)[0], 24)
    assert found is not None
    assert found.shape == (24, 2)
    assert np.abs(found - steps).max() <= 1


def test_planes_that_are_made_smaller_to_be_compared_are_measured_in_their_own_pixels():
    steps = np.stack([np.arange(10) * 3, np.arange(10) * -5], 1)
    found = find_drift(moved_scene(steps, side=520, noise=0.5)[0], 10)
    assert found is not None
    assert np.abs(found - steps).max() <= 1


def test_stacks_one_after_the_other_are_measured_each():
    steps = np.stack([np.arange(14), np.zeros(14, int)], 1)
    planes = np.concatenate([moved_scene(steps)[0], moved_scene(0 * steps, seed=3)[0]])
    found = find_drift(planes, 14)
    assert found is not None
    assert np.abs(found[:14] - steps).max() <= 1
    assert (found[14:] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_still_stacks_do_not_move(seed):
    assert find_drift(moved_scene(np.zeros((20, 2), int), seed=seed)[0], 20) is None


def test_planes_without_a_common_scene_do_not_move():
    random = np.random.default_rng(0)
    assert find_drift(random.normal(size=(20, 96, 96)).astype(np.float32), 20) is None
    scenes = gaussian_filter(random.normal(size=(20, 96, 96)), (0, 2, 2))
    assert find_drift((scenes / scenes.std()).astype(np.float32), 20) is None


def test_halves_that_move_apart_are_no_drift():
    steps = np.stack([np.zeros(20, int), np.arange(20)], 1)
    apart = np.concatenate([moved_scene(steps)[0], moved_scene(-steps, seed=1)[0]], 1)
    assert find_drift(apart, 20) is None


def test_single_planes_and_pairs_have_no_drift():
    assert find_drift(moved_scene(np.zeros((6, 2), int))[0], 1) is None
    assert find_drift(moved_scene(np.zeros((6, 2), int))[0], 2) is None


def test_planes_that_are_constant_or_tiny_have_no_drift():
    assert find_drift(np.zeros((5, 16, 16), np.float32), 5) is None
    assert find_drift(np.random.default_rng(0).normal(size=(5, 16, 16)).astype(np.float32), 5) is None


def test_a_stop_ends_the_search():
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        find_drift(moved_scene(np.zeros((6, 2), int))[0], 6, stop)
