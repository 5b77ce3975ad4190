"""The start that has seen images invents nothing: not in pure noise, not beside what it has never seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from napari_autostructn2v.network import NEAR, predict_planes, started_network, train
from napari_autostructn2v.settings import StageSettings

SINGLE = np.ones((1, 1), bool)
SIDE = 192


@pytest.fixture(scope="module")
def start():
    return started_network(StageSettings(), SINGLE)


def scene(kind: str) -> np.ndarray:
    """A picture from 0 to 1 with nothing but one kind of structure on a dark ground."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(float)
    if kind == "rings":
        apart = np.hypot(rows[..., None] - np.array([50, 120, 140]), columns[..., None] - np.array([60, 130, 40]))
        return np.exp(-(((apart - np.array([20, 35, 8])) / 1.5) ** 2)).max(-1)
    if kind == "grating":
        return 0.5 + 0.5 * np.sin(2 * np.pi * (rows + 0.5 * columns) / 11)
    if kind == "spots":
        spots = np.zeros((SIDE, SIDE))
        spots[40:180:50, 30:180:50] = 1
        spots = ndimage.gaussian_filter(spots, 1.5)
        return spots / spots.max()
    letters = [  # no letters are among the pictures that the start has seen
        "X...X.XXXX..XXX..XXXX..X...X",
        ".X.X..X....X...X.X...X.XX..X",
        "..X...XXX..X...X.XXXX..X.X.X",
        ".X.X..X....X.X.X.X..X..X..XX",
        "X...X.XXXX..XXX..X...X.X...X",
    ]
    text = np.array([[mark == "X" for mark in line] for line in letters], float)
    image = np.zeros((SIDE, SIDE))
    image[70:95, 20:160] = np.kron(text, np.ones((5, 5)))
    return ndimage.gaussian_filter(image, 0.8)


def denoised(start, clean: np.ndarray, photons: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the result for a picture seen with so many photons, and the noisy picture, in photons."""
    noisy = np.random.default_rng(seed).poisson(clean * photons).astype(np.float32)
    offset, scale = noisy.mean(), noisy.std()
    return predict_planes(start, (noisy[None] - offset) / scale)[0] * scale + offset, noisy


@pytest.mark.parametrize("kind", ["normal", "light", "uniform"])
def test_nothing_appears_in_pure_noise(start, kind):
    random = np.random.default_rng(0)
    noise = {
        "normal": lambda: random.standard_normal((SIDE, SIDE)),
        "light": lambda: random.poisson(3, (SIDE, SIDE)),
        "uniform": lambda: random.random((SIDE, SIDE)),
    }[kind]().astype(np.float32)
    result = predict_planes(start, ((noise - noise.mean()) / noise.std())[None])[0]
    # As flat as the mean over a window of about ten by ten pixels.
    assert result.std() < 0.1
    assert np.abs(result).max() < 0.5
    assert abs(result.mean()) < 0.02


@pytest.mark.parametrize("kind", ["rings", "grating", "spots", "text"])
def test_what_it_has_never_seen_is_kept_and_nothing_is_added(start, kind):
    clean, photons = 0.1 + scene(kind), 20
    result, noisy = denoised(start, clean, photons)
    truth = clean * photons
    error, before = np.mean((result - truth) ** 2), np.mean((noisy - truth) ** 2)
    assert error < 0.25 * before
    # Where there is nothing, nothing appears.
    empty = ndimage.maximum_filter(clean, 15) < 0.12
    if empty.any():
        assert np.abs(result[empty] - truth[empty]).max() < 0.25 * photons
        assert np.std(result[empty]) < 0.3 * np.std(noisy[empty])


def test_brightness_is_kept(start):
    steps = np.repeat(np.arange(1, 9), SIDE // 8)[None] * np.ones((SIDE, 1))
    result, noisy = denoised(start, steps, 5)
    inner = [slice(24 * step + 6, 24 * step + 18) for step in range(8)]
    found = np.array([result[:, part].mean() for part in inner])
    seen = np.array([noisy[:, part].mean() for part in inner])
    np.testing.assert_allclose(found, seen, rtol=0.04)
    assert np.polyfit(seen, found, 1)[0] == pytest.approx(1, abs=0.03)


def test_spots_keep_their_height(start):
    clean = 0.1 + scene("spots")
    results = np.mean([denoised(start, clean, 50, seed)[0] for seed in range(4)], 0)
    assert results[40:180:50, 30:180:50].mean() == pytest.approx(1.1 * 50, rel=0.15)


def test_there_is_no_start_for_other_networks_and_other_noise():
    assert started_network(StageSettings(features=8), SINGLE) is None
    assert started_network(StageSettings(num_layers=3), SINGLE) is None
    assert started_network(StageSettings(), np.ones((3, 3), bool)) is None
    assert started_network(StageSettings(), np.ones((1, 7), bool)) is not None


def test_other_planes_change_nothing_before_training_and_something_after_it(start):
    planes = np.random.default_rng(0).standard_normal((5, 64, 64), np.float32)
    settings = StageSettings(crop_size=32, batch_size=2, patches_per_image=8, num_epochs=2)
    network = started_network(settings, SINGLE, context=NEAR)
    alone = predict_planes(start, planes)
    np.testing.assert_allclose(predict_planes(network, planes, context=NEAR, length=5), alone, atol=1e-5)
    for _ in train(network, planes, settings, SINGLE, context=NEAR, length=5):
        pass
    for weights in (network.down[0][0].weight[:, 1:], network.beside[0].weight):
        assert weights.abs().max() > 0


def test_a_network_does_not_share_its_weights_with_the_next(start):
    other = started_network(StageSettings(), SINGLE)
    with torch.no_grad():
        other.head.bias.add_(1)
    again = started_network(StageSettings(), SINGLE)
    assert torch.equal(again.head.bias, start.head.bias)


def test_the_start_stays_as_it_is_where_training_makes_it_worse(start):
    noisy = np.random.default_rng(0).poisson(20 * (0.1 + scene("spots"))).astype(np.float32)
    planes = ((noisy - noisy.mean()) / noisy.std())[None]
    settings = StageSettings(crop_size=32, batch_size=2, patches_per_image=8, num_epochs=2, learning_rate=1.0)
    network = started_network(settings, SINGLE)
    events = list(train(network, planes, settings, SINGLE, may_stay=True))
    assert events[0].step == 0
    assert events[0].held_out < events[-1].held_out
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, start.state_dict()[name])
