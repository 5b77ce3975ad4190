"""The smoothing after stage 2 is chosen without truth and comes near to what the truth would choose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from napari_autostructn2v.network import Smoothing, UNet, choose_smoothing, give_back, predict_planes
from napari_autostructn2v.network.optimiser import Muon
from napari_autostructn2v.noise import estimate_noise


class Copying(nn.Module):
    """A network that denoises nothing."""

    multiple = 1
    reach = 0

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1), requires_grad=False)
        self.smoothing = Smoothing()

    def forward(self, image):
        return self.smoothing(image * self.scale)


def scene(kernel, sigma=3.0, size=192):
    """Noisy and clean planes: (1, Y, X) float32 each; half of the image is empty."""
    rng = np.random.default_rng(0)
    clean = ndimage.gaussian_filter(rng.standard_normal((size, size)), sigma)
    clean /= clean.std()
    clean[:, : size // 2] = 0
    noise = ndimage.convolve(rng.standard_normal(clean.shape), kernel / np.sqrt((kernel**2).sum()), mode="wrap")
    return (clean + 0.7 * noise)[None].astype(np.float32), clean[None].astype(np.float32)


@pytest.mark.parametrize("kernel", [np.ones((1, 1)), np.ones((1, 3)), np.ones((3, 3))], ids=["white", "rows", "blob"])
def test_the_estimated_gain_is_the_true_one(kernel):
    noisy, clean = scene(kernel)
    network = Copying()
    before = np.mean((predict_planes(network, noisy) - clean) ** 2)
    gain = choose_smoothing(network, noisy, estimate_noise(noisy))
    after = np.mean((predict_planes(network, noisy) - clean) ** 2)
    assert after < 0.6 * before
    assert gain == pytest.approx(before - after, rel=0.2)


def test_what_is_right_already_stays():
    _, clean = scene(np.ones((1, 1)))
    rng = np.random.default_rng(1)
    faint = clean + 0.01 * rng.standard_normal(clean.shape).astype(np.float32)
    network = Copying()
    choose_smoothing(network, faint, estimate_noise(faint))
    assert np.abs(predict_planes(network, faint) - clean).max() < 0.1


def test_noise_that_was_measured_too_large_does_not_sharpen_the_image():
    noisy, clean = scene(np.ones((3, 3)))
    noise = estimate_noise(noisy)
    far_too_large = replace(noise, variance=9 * noise.variance, variances=9 * noise.variances)
    network = Copying()
    before = np.mean((predict_planes(network, noisy) - clean) ** 2)
    for model in (noise, far_too_large):
        choose_smoothing(network, noisy, model)
        impulse = np.zeros((1, 64, 64), np.float32)
        impulse[0, 32, 32] = 1
        response = np.abs(np.fft.fft2(predict_planes(network, impulse)[0] - network.smoothing.weights[-1].item()))
        assert response.max() < 2.01
        assert np.mean((predict_planes(network, noisy) - clean) ** 2) < 1.5 * before


def test_the_weights_travel_with_the_network():
    noisy, _ = scene(np.ones((1, 3)))
    network = UNet(8, 2).eval().requires_grad_(False)
    network.smoothing.set_weights(torch.tensor([0.1, -0.5, 0.0, 0.0, 0.0, 0.2]))
    other = UNet(8, 2).eval().requires_grad_(False)
    other.load_state_dict(network.state_dict())
    np.testing.assert_array_equal(predict_planes(network, noisy), predict_planes(other, noisy))
    other.smoothing.clear()
    assert not np.array_equal(predict_planes(network, noisy), predict_planes(other, noisy))


def test_averaging_over_turns_makes_the_result_turn_with_the_image():
    noisy, _ = scene(np.ones((1, 1)), size=64)
    network = UNet(8, 2).eval().requires_grad_(False)
    turns = [(t, r, c) for t in (False, True) for r in (False, True) for c in (False, True)]
    denoised = predict_planes(network, noisy, symmetries=turns)
    turned = predict_planes(network, np.ascontiguousarray(noisy[:, ::-1].transpose(0, 2, 1)), symmetries=turns)
    np.testing.assert_allclose(turned, denoised[:, ::-1].transpose(0, 2, 1), atol=1e-5)
    assert not np.allclose(predict_planes(network, noisy), denoised, atol=1e-4)


@pytest.mark.parametrize("shape", [(8, 4, 3, 3), (64, 2, 1, 1)])
def test_an_update_moves_all_directions_of_a_kernel_alike(shape):
    torch.manual_seed(0)
    weight = nn.Parameter(torch.zeros(shape))
    optimiser = Muon([weight], lr=1.0)
    weight.grad = torch.randn(shape) * torch.logspace(-1, 0, shape[1])[:, None, None]
    optimiser.step()
    singular = torch.linalg.svdvals(weight.detach().reshape(shape[0], -1))
    singular /= max(1.0, shape[0] / (weight.numel() / shape[0])) ** 0.5
    assert 0.5 < float(singular.min()) <= float(singular.max()) < 1.5


def test_kernels_that_are_updated_together_move_as_each_by_itself():
    torch.manual_seed(1)
    shapes = [(8, 4, 3, 3), (128, 64, 3, 3), (64, 2, 1, 1), (3, 8, 3, 3)]
    gradients = [torch.randn(shape) for shape in shapes]

    def moved(*which: int) -> list[torch.Tensor]:
        weights = [nn.Parameter(torch.zeros(shapes[number])) for number in which]
        for weight, number in zip(weights, which, strict=True):
            weight.grad = gradients[number]
        Muon(weights, lr=1.0).step()
        return [weight.detach() for weight in weights]

    for number, together in enumerate(moved(0, 1, 2, 3)):
        torch.testing.assert_close(together, moved(number)[0], atol=1e-4, rtol=1e-3)


def test_structure_that_was_removed_comes_back_and_noise_does_not():
    noisy, clean = scene(np.ones((1, 1)), size=256)
    spots = np.zeros_like(clean)
    spots[:, 40:200:40, 40:200:40] = 200
    clean = clean + ndimage.gaussian_filter(spots, (0, 1.5, 1.5))
    noisy = noisy + (clean - scene(np.ones((1, 1)), size=256)[1])
    blurred = ndimage.gaussian_filter(clean, (0, 4, 4))
    before = np.mean((blurred - clean) ** 2)
    mended = blurred.copy()
    give_back(noisy, mended, estimate_noise(noisy))
    assert np.mean((mended - clean) ** 2) < 0.5 * before
    right = clean.copy()
    give_back(noisy, right, estimate_noise(noisy))
    assert np.mean((right - clean) ** 2) < 0.02 * np.mean((noisy - clean) ** 2)


def points(size=256, seed=0):
    """Points of a pixel or two on a dark background, the brightest about a thousand."""
    rng = np.random.default_rng(seed)
    places = np.zeros((size, size))
    places[tuple(rng.integers(0, size, (2, size**2 // 500)))] = rng.uniform(200, 1000, size**2 // 500)
    return 500 + 2 * np.pi * 0.8**2 * ndimage.gaussian_filter(places, 0.8)


@pytest.mark.parametrize("level", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("kernel", [np.ones((1, 1)), np.ones((1, 5)), np.outer([1, 2, 1], [1, 2, 1])])
def test_points_that_were_removed_come_back_without_the_noise_around_them(kernel, level):
    clean = (500 + level * (points() - 500))[None].astype(np.float32)
    shared = ndimage.convolve(np.random.default_rng(1).standard_normal(clean[0].shape), kernel, mode="wrap")
    noisy = clean + (12 * shared / np.sqrt(np.square(kernel).sum()))[None].astype(np.float32)
    mended = np.full_like(clean, 500)
    give_back(noisy, mended, estimate_noise(noisy))
    assert np.sqrt(np.mean((mended - clean) ** 2)) < 10


@pytest.mark.parametrize("level", [0.3, 1.0, 3.0])
def test_where_there_is_little_noise_a_result_without_the_detail_is_mended(level):
    clean = (500 + level * (points() - 500))[None].astype(np.float32)
    noisy = clean + np.random.default_rng(1).normal(0, 12, clean.shape).astype(np.float32)
    smooth = ndimage.gaussian_filter(clean, (0, 1, 1))
    noise = estimate_noise(noisy)
    mended = smooth.copy()
    give_back(noisy, mended, noise)
    rmse = [float(np.sqrt(np.mean((image - clean) ** 2))) for image in (noisy, smooth, mended)]
    assert rmse[2] < 0.95 * rmse[0]
    assert rmse[2] < 1.01 * rmse[1]


@pytest.mark.parametrize("kernel", [np.ones((1, 1)), np.ones((1, 7)), np.outer([1, 2, 1], [1, 2, 1])])
def test_noise_that_was_removed_stays_removed(kernel):
    noisy, clean = scene(kernel, size=256)
    right = clean.copy()
    give_back(noisy, right, estimate_noise(noisy))
    assert np.mean((right - clean) ** 2) < 0.01 * np.mean((noisy - clean) ** 2)


def test_the_choice_keeps_to_the_size_of_the_tiles():
    noisy, _ = scene(np.ones((3, 3)), size=700)
    seen = []

    class Watching(Copying):
        def forward(self, image):
            seen.append(max(image.shape[-2:]))
            return super().forward(image)

    choose_smoothing(Watching(), noisy, estimate_noise(noisy), tile=256)
    assert max(seen) <= 256
