"""A trained model meets an image of another brightness range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_autostructn2v.errors import ModelDoesNotFitError
from napari_autostructn2v.samples import scan_lines
from napari_autostructn2v.settings import Settings
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import ModelAtHand, viewer_state


def short(settings: Settings) -> Settings:
    stages = {name: replace(getattr(settings, name), num_epochs=3) for name in ("stage1", "stage2")}
    return replace(settings, stages="1", **stages)


@pytest.fixture(scope="module")
def denoiser():
    """Trained on 16 bits, around 1500 grey levels."""
    from napari_autostructn2v import denoise

    return denoise(scan_lines((96, 96)), short(Settings.from_preset("fast"))).denoiser


@pytest.mark.parametrize(
    ("offset", "gain", "dtype"),
    [(0, 1 / 40, np.uint8), (-1000, 1.0, np.uint16), (0, 10.0, np.uint16), (-1.0, 1e-4, np.float32)],
)
def test_the_grey_values_are_those_of_the_image(make_napari_viewer, denoiser, qtbot, offset, gain, dtype) -> None:
    noisy, truth = scan_lines((96, 96), seed=3, with_truth=True)
    image = ((noisy.astype(float) + offset) * gain).clip(0 if dtype != np.float32 else None, None).astype(dtype)
    expected = (truth + offset) * gain
    viewer = make_napari_viewer()
    layer = viewer.add_image(image, name="other")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    viewer_state(viewer).of(layer).take_model(ModelAtHand(denoiser, "trained elsewhere"))
    dock.model_panel.apply_button.click()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=60_000)
    result = viewer.layers["other denoised"].data
    assert result.dtype == dtype
    assert abs(np.mean(result) - np.mean(image)) < 0.6 * np.std(expected)
    assert np.corrcoef(result.ravel(), expected.ravel())[0, 1] > np.corrcoef(image.ravel(), expected.ravel())[0, 1]
    assert dock.result_view.light.isVisibleTo(dock), "a light of its own"
    assert "adapted to it" in dock.result_view.label.text()


def test_noise_of_another_kind_is_refused_with_a_way_out(make_napari_viewer, denoiser, qtbot) -> None:
    rng = np.random.default_rng(0)
    image = (np.linspace(0, 10_000, 96) + rng.normal(0, 20, (96, 96))).astype(np.float32)
    with pytest.raises(ModelDoesNotFitError, match="far weaker"):
        denoiser.fitted_to(image)
    viewer = make_napari_viewer()
    layer = viewer.add_image(image, name="other")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    state = viewer_state(viewer)
    state.set_settings(short(Settings.from_preset("fast")))
    state.of(layer).take_model(ModelAtHand(denoiser, "trained elsewhere"))
    dock.model_panel.apply_button.click()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=60_000)
    assert "does not fit" in dock.message.text
    assert [layer.name for layer in viewer.layers] == ["other"]
    dock.message.action_button.click()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=60_000)
    assert "other denoised" in viewer.layers
