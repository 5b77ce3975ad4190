"""A result has the mean and the contrast of its image, however short the training, and so have those of its model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

import napari_autostructn2v.network as network_module
from napari_autostructn2v import MaskSettings, RoiSettings, Settings, StageSettings, denoise, estimate_noise
from napari_autostructn2v.network import TrainedNetwork, UNet
from napari_autostructn2v.pipeline.brightness import BlindPixels, set_level

SHORT = StageSettings(
    roi=RoiSettings(use_roi=False), num_epochs=10, patches_per_image=64, batch_size=8, crop_size=32, features=8
)


@pytest.mark.parametrize("stages", ["1", "2"])
def test_the_mean_of_a_result_is_that_of_the_image(stages: str) -> None:
    random = np.random.default_rng(0)
    truth = ndimage.gaussian_filter(random.standard_normal((96, 96)), 6)
    image = (100 + 20 * truth / truth.std() + random.normal(0, 10, truth.shape)).astype(np.float32)
    mask = MaskSettings(source="editor", pattern=("111",))
    result = denoise(image, Settings(stages=stages, stage1=SHORT, stage2=SHORT, mask=mask, device="cpu"))
    assert result.denoised.mean() == pytest.approx(image.mean(), abs=0.15)
    np.testing.assert_array_equal(result.denoiser.predict(image), result.denoised)


@pytest.mark.parametrize("weights", [[0.0] * 6, [0.1, -0.2, 0.5, 0.0, 0.3, 0.2]], ids=["plain", "smoothed"])
def test_a_network_is_stretched(weights: list[float]) -> None:
    torch.manual_seed(0)
    network = UNet(4, 1).eval().requires_grad_(False)
    network.smoothing.set_weights(torch.tensor(weights))
    image = torch.randn(1, 1, 32, 32)
    before = network(image)
    network.stretch(1.2, 0.3)
    torch.testing.assert_close(network(image), 1.2 * before + 0.3)


def test_what_was_flattened_is_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    truth = np.repeat(random.normal(0, 1, (1, 64, 16)), 4, axis=2).astype(np.float32)
    planes = truth + random.normal(0, 0.3, truth.shape).astype(np.float32)
    network = UNet(4, 1).eval().requires_grad_(False)
    monkeypatch.setattr(network_module, "predict_plane", lambda *_, **__: 0.9 * truth[0] + 0.2)
    found: list[tuple[float, float]] = []
    monkeypatch.setattr(network, "stretch", lambda *values: found.append(values))
    pixels = BlindPixels(np.argwhere(np.ones(truth.shape, bool)), (0.9 * truth + 0.2).ravel())
    set_level(TrainedNetwork(network, SHORT, np.ones((1, 1), bool)), planes, estimate_noise(planes), pixels)
    assert found[0] == pytest.approx((1 / 0.9, -0.2 / 0.9), abs=0.02)
