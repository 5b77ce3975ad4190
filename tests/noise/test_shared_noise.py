"""Which planes share noise, on stacks whose scene stays the same throughout: it must not be taken for noise."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_autostructn2v.noise.shared_noise import planes_to_leave_out


def _scene(shape=(96, 96), seed=0):
    rng = np.random.default_rng(seed)
    spots = np.zeros(shape)
    spots[tuple(rng.integers(0, shape[0], (2, 40)))] = 60
    return ndi.gaussian_filter(spots, 2.5)


def _noise(planes=24, seed=1):
    return np.random.default_rng(seed).normal(size=(planes, 96, 96))


def _left_out(noise):
    return planes_to_leave_out((_scene() + noise).astype(np.float32), len(noise))


def test_independent_noise_over_a_scene_that_stays_leaves_nothing_out():
    assert _left_out(_noise()) == 0


def test_noise_correlated_within_planes_leaves_nothing_out():
    assert _left_out(ndi.uniform_filter1d(_noise(), 3, axis=2) * 1.7) == 0


def test_a_slow_drift_of_the_offset_leaves_nothing_out():
    drift = np.cumsum(np.random.default_rng(2).normal(0, 0.5, (24, 1, 1)), 0)
    assert _left_out(_noise() + drift) == 0


def test_averaged_neighbours_are_left_out():
    noise = _noise(25)
    assert _left_out((noise[1:] + noise[:-1]) / 2) == 1


def test_interpolated_planes_are_left_out():
    assert _left_out(ndi.zoom(_noise(16), (1.5, 1, 1), order=1)) == 1


@pytest.mark.parametrize(("times", "left_out"), [(2, 1), (3, 2)])
def test_planes_that_repeat_are_left_out(times, left_out):
    assert _left_out(np.repeat(_noise(12), times, 0)) == left_out


def test_a_running_mean_over_four_is_left_out():
    assert _left_out(ndi.uniform_filter1d(_noise(30), 4, axis=0) * 2) == 3


def test_a_fixed_pattern_is_shared_by_all():
    assert _left_out(_noise() + np.random.default_rng(5).normal(size=(96, 96))) is None


def test_a_single_plane_has_no_neighbours():
    assert planes_to_leave_out(_noise(1).astype(np.float32), 1) is None


def test_stacks_one_after_the_other_are_not_compared_with_each_other():
    # Each of the four stacks holds another pattern that all its planes share.
    patterns = np.repeat(np.random.default_rng(5).normal(size=(4, 96, 96)), 12, 0)
    planes = (_noise(48) + patterns).astype(np.float32)
    assert planes_to_leave_out(planes, 12) is None
