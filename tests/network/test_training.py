"""Training removes noise, is repeatable and obeys; prediction shows no seams and keeps to its memory."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from napari_autostructn2v import InputError, StageSettings
from napari_autostructn2v.network import new_network, predict_planes, resolve_device, train
from napari_autostructn2v.network.training import _held_out_error
from napari_autostructn2v.stop import Stopped

SINGLE = np.ones((1, 1), bool)
SMALL = StageSettings(features=8, crop_size=32, batch_size=8, patches_per_image=40, num_epochs=30)


def scene(shape=(96, 96), seed=0):
    """Normalised planes of blobs with white noise, and the clean ones: (1, Y, X) float32 each."""
    rng = np.random.default_rng(seed)
    clean = ndimage.gaussian_filter(rng.standard_normal(shape), 4)
    clean /= clean.std()
    noisy = clean + 0.7 * rng.standard_normal(shape)
    mean, std = noisy.mean(), noisy.std()
    return [((image - mean) / std)[None].astype(np.float32) for image in (noisy, clean)]


def trained(values, settings=SMALL, pattern=SINGLE, seed=0, **options):
    network = new_network(settings, seed)
    events = train(network, values, settings, pattern, seed=seed, **options)
    seen = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            return network, seen, end.value


def error(network, noisy, clean):
    return float(np.mean((predict_planes(network, noisy) - clean) ** 2))


def test_noise2void_removes_most_of_white_noise():
    noisy, clean = scene()
    network, events, training = trained(noisy)
    assert error(network, noisy, clean) < 0.3 * np.mean((noisy - clean) ** 2)
    assert training.steps == SMALL.steps
    assert not training.stopped
    assert events[-1].step == events[-1].total == SMALL.steps


def test_a_mask_removes_lines_that_a_single_blind_pixel_keeps():
    rng = np.random.default_rng(1)
    _, clean = scene((128, 128), seed=1)
    lines = ndimage.convolve(rng.standard_normal(clean.shape[1:]), np.ones((1, 5)) / 5**0.5, mode="wrap")
    noisy = (clean + 0.7 * lines).astype(np.float32)
    longer = replace(SMALL, num_epochs=80)
    single, row = (trained(noisy, longer, pattern)[0] for pattern in (SINGLE, np.ones((1, 9), bool)))
    assert error(row, noisy, clean) < 0.7 * error(single, noisy, clean)


def test_held_out_loss_is_that_of_blind_pixels():
    """A network that copies its input would reach zero if the held-out pixels were visible."""
    noisy, _ = scene()
    _, events, training = trained(noisy)
    noise_share = 0.7**2 / (1 + 0.7**2)
    assert training.held_out > 0.8 * noise_share
    held_out = [event.held_out for event in events if event.held_out is not None]
    assert held_out[-1] < held_out[0]


def test_the_same_seed_gives_the_same_pixels_and_another_one_others():
    noisy, _ = scene()
    few = replace(SMALL, num_epochs=2)
    first, again, other = (predict_planes(trained(noisy, few, seed=seed)[0], noisy) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_overlapping_masks_are_repeatable_too():
    noisy, _ = scene()
    few = replace(SMALL, num_epochs=2)
    first, again = (predict_planes(trained(noisy, few, np.ones((5, 5), bool))[0], noisy) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_training_leaves_the_global_random_state_alone():
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    trained(scene()[0], replace(SMALL, num_epochs=1))
    assert torch.equal(torch.rand(1), expected)


def test_stop_ends_at_the_next_step_with_usable_weights():
    noisy, _ = scene()
    stop = threading.Event()
    network = new_network(SMALL, 0)
    events = train(network, noisy, SMALL, SINGLE, stop=stop)
    next(events)
    stop.set()
    with pytest.raises(StopIteration) as end:
        while True:
            next(events)
    assert end.value.value.stopped
    assert end.value.value.steps < SMALL.steps
    assert np.isfinite(predict_planes(network, noisy)).all()


def test_early_stopping_ends_a_training_that_no_longer_improves():
    noise = np.random.default_rng(0).standard_normal((1, 64, 64)).astype(np.float32)
    settings = replace(SMALL, num_epochs=80, early_stopping_patience=3)
    assert trained(noise, settings)[2].steps < settings.steps
    endless = replace(settings, num_epochs=20, early_stopping=False)
    assert trained(noise, endless)[2].steps == endless.steps


def test_training_on_selected_patches_alone_ignores_the_rest_of_the_image():
    noisy, _ = scene()
    spoiled = noisy.copy()
    spoiled[:, :, 48:] = 50
    settings = replace(SMALL, roi_share=1.0, num_epochs=3)
    patches = np.array([[0, row, column] for row in range(0, 80, 16) for column in (0, 8, 16, 24)])
    _, events, _ = trained(spoiled, settings, patches=patches, patch_size=16)
    assert max(event.loss for event in events) < 20
    _, events, _ = trained(spoiled, replace(settings, roi_share=0.0), patches=patches, patch_size=16)
    assert max(event.loss for event in events) > 20


@pytest.mark.parametrize("shape", [(16, 16), (17, 131), (64, 23)])
def test_small_and_odd_sizes_come_out_whole(shape):
    values = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    network, _, _ = trained(values, replace(SMALL, num_epochs=1))
    denoised = predict_planes(network, values)
    assert denoised.shape == values.shape
    assert np.isfinite(denoised).all()


def test_tiles_show_no_seam():
    values = np.random.default_rng(0).standard_normal((1, 600, 700)).astype(np.float32)
    network, _, _ = trained(values, replace(SMALL, num_epochs=1))
    whole = predict_planes(network, values, tile=1024)
    tiled = predict_planes(network, values, tile=256)
    assert np.abs(whole - tiled).max() < 1e-3 * whole.std()


def test_prediction_stops_when_asked():
    values = np.zeros((1, 600, 600), np.float32)
    network = new_network(SMALL, 0)
    stop = threading.Event()
    with pytest.raises(Stopped):
        predict_planes(network, values, tile=256, stop=stop, on_tile=lambda done, total: stop.set())


@pytest.mark.parametrize("name", ["cuda:99", "tpu-like", "meta"])
def test_devices_that_are_not_there_are_refused_in_words(name):
    with pytest.raises(InputError, match="device"):
        resolve_device(name)


def test_the_best_device_is_chosen_and_one_too_many_is_refused(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto").type == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("auto").type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("auto").type == "cuda"
    assert resolve_device("cuda:1").index == 1
    with pytest.raises(InputError, match="2 CUDA"):
        resolve_device("cuda:2")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_gpu_and_cpu_agree():
    noisy, clean = scene()
    errors = []
    for device in ("cpu", "cuda"):
        network = new_network(SMALL, 0, device)
        for _ in train(network, noisy, SMALL, SINGLE):
            pass
        errors.append(error(network, noisy, clean))
    assert errors[1] == pytest.approx(errors[0], rel=0.15)


def test_a_crop_without_a_blind_spot_does_not_end_in_nan():
    noisy, _ = scene((32, 32))
    sparse = replace(SMALL, crop_size=16, batch_size=1, patches_per_image=10, num_epochs=3, mask_percentage=0.01)
    network, events, training = trained(noisy, sparse)
    assert all(np.isfinite(event.loss) for event in events)
    assert np.isfinite(training.held_out)
    assert np.isfinite(predict_planes(network, noisy)).all()


def test_training_that_goes_on_is_judged_by_the_same_pixels():
    noisy, _ = scene()
    network, _, first = trained(noisy, replace(SMALL, early_stopping=False))
    events = train(network, noisy, replace(SMALL, learning_rate=1e-8), SINGLE, seed=0, first_step=SMALL.steps - 1)
    with pytest.raises(StopIteration) as end:
        while True:
            next(events)
    assert end.value.value.held_out == pytest.approx(first.held_out, rel=1e-3)


def test_one_lucky_batch_of_held_out_pixels_does_not_keep_a_half_trained_network(monkeypatch):
    noisy, clean = scene()
    settings = replace(SMALL, early_stopping=False)
    expected = error(trained(noisy, settings)[0], noisy, clean)
    judged = []

    def with_luck(network, batches):
        judged.append(len(batches))
        return 1e-3 if len(judged) == 2 else _held_out_error(network, batches)

    monkeypatch.setattr("napari_autostructn2v.network.training._held_out_error", with_luck)
    network, events, _ = trained(noisy, settings)
    assert min(event.held_out for event in events if event.held_out is not None) == 1e-3
    assert error(network, noisy, clean) <= 1.001 * expected


@pytest.mark.parametrize("levels", [1, 3, 5])
@pytest.mark.parametrize("tile", [256, 272])
def test_tiles_of_any_size_give_the_pixels_of_the_whole(levels, tile):
    rng = np.random.default_rng(0)
    planes = rng.standard_normal((1, 700, 90), np.float32)
    network = new_network(replace(SMALL, features=2, num_layers=levels), 0)
    network.smoothing.set_weights(torch.tensor([0.1, -0.5, 0.0, 0.3, 0.2, 0.2]))
    whole, tiled = (predict_planes(network, planes, tile=side) for side in (1024, tile))
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_nothing_beyond_the_reach_changes_a_pixel(levels):
    network = new_network(replace(SMALL, features=2, num_layers=levels), 0)
    for weight in network.parameters():
        weight.abs_()
    side = 4 * network.reach + 4 * network.multiple
    image = torch.rand(1, 1, side, 2 * network.multiple, requires_grad=True)
    farthest = 0
    result = network(image)
    for row in range(side // 2, side // 2 + network.multiple):
        (slopes,) = torch.autograd.grad(result[0, 0, row].sum(), image, retain_graph=True)
        rows = slopes.abs().sum((0, 1, 3)).nonzero()[:, 0]
        farthest = max(farthest, row - int(rows.min()), int(rows.max()) - row)
    assert farthest == network.reach
