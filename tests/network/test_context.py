import numpy as np
import pytest
import torch

from napari_autostructn2v.network import NEAR, NEAR_AND_FAR, NO_CONTEXT, Context, UNet, predict_planes
from napari_autostructn2v.network.context import StackSums, neighbours


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
