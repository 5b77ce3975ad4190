import numpy as np
import pytest
import torch

from napari_autostructn2v.network import NEAR, NEAR_AND_FAR, NO_CONTEXT, Context, UNet, predict_planes
from napari_autostructn2v.network.context import DriftingStacks, StackSums, neighbours


@pytest.mark.parametrize("context", [NEAR, NEAR_AND_FAR, Context(((1, 1), (2, 4)), leave_out=2)])
@pytest.mark.parametrize("length", [4, 5, 13, 40])
def test_a_plane_is_never_shown_to_itself(context, length):
    if length < 2 + context.leave_out:
        pytest.skip("too short for any neighbour")
    for centre, windows in enumerate(context.spans(length)):
        for first, last in windows:
            assert 0 <= first <= last < length
            assert not first <= centre <= last


def test_planes_that_share_noise_are_left_out():
    context = Context(((1, 1), (2, 4)), leave_out=2)
    for centre, windows in enumerate(context.spans(30)):
        shown = {plane for first, last in windows for plane in range(first, last + 1)}
        assert min(abs(plane - centre) for plane in shown) == 3
    assert context.reach == 6


def test_windows_lie_on_either_side_and_are_means():
    planes = np.arange(30, dtype=np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)
    shown = neighbours(planes, 15, NEAR_AND_FAR, 30)[:, 0, 0]
    assert shown.tolist() == [14, 12, (3 + 10) / 2, 16, 18, (20 + 27) / 2]
    # At the first plane the planes after it stand in for those before it.
    assert neighbours(planes, 0, NEAR, 30)[:, 0, 0].tolist() == [1, 1]


def test_stacks_that_lie_one_after_the_other_do_not_meet():
    planes = np.arange(12, dtype=np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)
    assert neighbours(planes, 6, NEAR, 6)[:, 0, 0].tolist() == [7, 7]
    assert neighbours(planes, 5, NEAR, 6)[:, 0, 0].tolist() == [4, 4]


@pytest.mark.parametrize("context", [NEAR, NEAR_AND_FAR, Context(((1, 1), (2, 4)), leave_out=1)])
def test_training_is_shown_what_prediction_is_shown(context):
    planes = np.random.default_rng(0).normal(size=(18, 20, 22)).astype(np.float32)
    sums = StackSums(torch.from_numpy(planes), context, 9)
    plane = torch.tensor([0, 4, 8, 9, 17])
    rows, columns = torch.arange(3, 11).expand(5, -1), torch.arange(5, 13).expand(5, -1)
    crops = sums.crops(plane, rows, columns).numpy()
    for crop, index in zip(crops, plane.tolist(), strict=True):
        expected = neighbours(planes, index, context, 9)[:, 3:11, 5:13]
        np.testing.assert_allclose(crop, expected, atol=1e-5)


def test_without_context_the_network_is_the_one_it_was():
    torch.manual_seed(3)
    plain = UNet(8, 2).state_dict()
    torch.manual_seed(3)
    none = UNet(8, 2, NO_CONTEXT.channels).state_dict()
    assert plain.keys() == none.keys()
    assert all(torch.equal(plain[name], none[name]) for name in plain)


def test_tiles_and_chosen_planes_give_the_pixels_of_the_whole():
    torch.manual_seed(0)
    network = UNet(4, 2, NEAR_AND_FAR.channels).eval()
    planes = np.random.default_rng(1).normal(size=(15, 300, 280)).astype(np.float32)
    whole = predict_planes(network, planes, context=NEAR_AND_FAR, length=15)
    tiled = predict_planes(network, planes, context=NEAR_AND_FAR, length=15, tile=256, chosen=slice(3, 6))
    np.testing.assert_allclose(tiled, whole[3:6], atol=1e-5)
    assert np.abs(predict_planes(network, planes[::-1].copy(), context=NEAR_AND_FAR, length=15)[7] - whole[7]).max() > 0


DRIFT = np.cumsum(np.random.default_rng(5).integers(-3, 4, (18, 2)), 0)


@pytest.mark.parametrize("context", [NEAR, NEAR_AND_FAR, Context(((1, 1), (2, 4)), leave_out=1)])
@pytest.mark.parametrize("drift", [DRIFT, DRIFT * 0.7], ids=["whole pixels", "parts of pixels"])
def test_training_and_prediction_are_shown_the_same_of_drifting_planes(context, drift):
    planes = np.random.default_rng(0).normal(size=(18, 20, 22)).astype(np.float32)
    plane = torch.tensor([0, 4, 8, 9, 17])
    rows, columns = torch.arange(3, 11).expand(5, -1), torch.arange(5, 13).expand(5, -1)
    crops = DriftingStacks(torch.from_numpy(planes), context, 9, drift).crops(plane, rows, columns).numpy()
    for crop, index in zip(crops, plane.tolist(), strict=True):
        expected = neighbours(planes, index, context, 9, drift)[:, 3:11, 5:13]
        np.testing.assert_allclose(crop, expected, atol=1e-5)
    stacks = DriftingStacks(torch.from_numpy(planes), context, 9, drift)
    for turned, axis in (
        (stacks.crops(plane, rows.flip(1), columns), 2),
        (stacks.crops(plane, rows, columns.flip(1)), 3),
    ):
        np.testing.assert_array_equal(turned.flip(axis), crops)
    still = DriftingStacks(torch.from_numpy(planes), context, 9, 0 * DRIFT).crops(plane, rows, columns)
    np.testing.assert_allclose(
        still, StackSums(torch.from_numpy(planes), context, 9).crops(plane, rows, columns), atol=1e-5
    )


def test_means_of_a_drifting_scene_are_the_scene():
    scene = np.random.default_rng(0).normal(size=(80, 80)).astype(np.float32)
    planes = np.stack([scene[20 - down :, 20 - right :][:40, :40] for down, right in DRIFT])
    for channel in neighbours(planes, 9, NEAR_AND_FAR, 18, DRIFT):
        np.testing.assert_allclose(channel[15:25, 15:25], planes[9, 15:25, 15:25], atol=1e-5)
    # Beyond the edge a plane is mirrored.
    shown = neighbours(planes[:3], 1, NEAR, 3, np.array([[0, 0], [0, 0], [-2, 0]]))[1]
    np.testing.assert_array_equal(shown[:3], planes[2][[2, 1, 0]])
