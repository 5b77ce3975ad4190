"""A training that diverged and a model that is damaged end in a sentence, never in a black image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_autostructn2v import Denoiser, InputError, denoise
from napari_autostructn2v.images import to_planes
from napari_autostructn2v.samples import scan_lines
from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings

IMAGE = scan_lines((96, 96))
FAST = StageSettings(
    roi=RoiSettings(use_roi=False), num_epochs=2, patches_per_image=32, batch_size=8, crop_size=32, features=4
)
SETTINGS = Settings(stages="1", stage1=FAST, device="cpu")


@pytest.fixture(scope="module")
def model() -> Denoiser:
    made = denoise(IMAGE, SETTINGS).denoiser
    assert made is not None
    return made


def test_a_learning_rate_that_destroys_the_network_is_told() -> None:
    wild = replace(FAST, learning_rate=1.0, num_epochs=6)
    with pytest.raises(InputError, match=r"stage 1 diverged.* learning_rate to a smaller number than 1 "):
        denoise(IMAGE, replace(SETTINGS, stage1=wild))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_told_before_anything_is_denoised(monkeypatch, value) -> None:
    import napari_autostructn2v.network as network_module

    train = network_module.train

    def spoiled(network, *args, **kwargs):
        trained = yield from train(network, *args, **kwargs)
        with torch.no_grad():
            network.head.bias.fill_(value)
        return trained

    monkeypatch.setattr(network_module, "train", spoiled)
    for stages in ("1", "2"):
        with pytest.raises(InputError, match=rf"stage {stages} diverged"):
            denoise(IMAGE, replace(SETTINGS, stages=stages, stage2=FAST))


@pytest.mark.parametrize("shape", [(96, 96), (2, 96, 96)], ids=["plane", "stack"])
def test_a_second_stage_that_diverges_leaves_the_first(shape) -> None:
    image = np.broadcast_to(IMAGE, shape) + np.zeros(shape, IMAGE.dtype)
    wild = replace(FAST, learning_rate=1.0, num_epochs=6)
    result = denoise(image, replace(SETTINGS, stages="both", stage2=wild))
    assert result.stage2 is None
    assert result.report.stages == ("1",)
    np.testing.assert_array_equal(result.denoised, result.stage1)
    said = [message for message in result.report.messages if "stage 2 diverged" in message]
    assert said
    assert said[0].endswith("This is the result of stage 1.")
    np.testing.assert_array_equal(result.denoiser.predict(image), result.denoised)


def test_no_model_is_made_of_values_that_are_no_numbers(model, tmp_path: Path) -> None:
    noise = replace(model.noise, variances=np.full_like(model.noise.variances, np.nan))
    for changes in ({"noise": noise}, {"scale": 0.0}, {"offset": float("nan")}, {"scale": float("inf")}):
        with pytest.raises(InputError, match="holds values that are no numbers"):
            replace(model, **changes)


def test_results_that_are_no_numbers_are_never_given_back(model) -> None:
    planes = to_planes(IMAGE)
    for value in (np.nan, np.inf, -np.inf):
        values = planes.values.copy()
        values[0, 3, 4] = value
        for dtype in (None, np.float32, np.uint8):
            with pytest.raises(InputError, match="The result has pixels that are no numbers"):
                planes.restore(values, dtype)


def test_images_with_few_bright_objects_are_no_divergence() -> None:
    rng = np.random.default_rng(0)
    image = rng.poisson(5, (96, 96)).astype(np.float32)
    image[40:44, 50:54] += 20_000
    result = denoise(image, replace(SETTINGS, stage1=replace(FAST, num_epochs=1)))
    assert result.denoised is not None
    assert np.isfinite(result.denoised).all()
