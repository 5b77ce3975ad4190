"""The Denoise dock with the real pipeline and the smallest of networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy.ndimage import gaussian_filter, uniform_filter1d
from skimage.data import immunohistochemistry

from napari_autostructn2v.settings import Settings, StageSettings, sized_to
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import viewer_state


@pytest.fixture
def dock(make_napari_viewer, qtbot):
    """A dock on an image with noise along rows, set to train for an instant."""
    viewer = make_napari_viewer()
    rng = np.random.default_rng(0)
    blobs = gaussian_filter(rng.random((96, 96)), 6)
    image = 2000 * blobs + 100 * uniform_filter1d(rng.normal(size=(96, 96)), 3)
    viewer.add_image(image.astype(np.uint16), name="cells", scale=(0.1, 0.1), units=("um", "um"))
    stage = StageSettings(num_epochs=2, patches_per_image=32, features=4, num_layers=1)
    default = Settings()
    viewer_state(viewer).set_settings(
        Settings(
            stages="both",
            stage1=replace(stage, roi=default.stage1.roi),
            stage2=replace(stage, roi=default.stage2.roi),
            device="cpu",
        )
    )
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    yield dock
    dock.control.runner.stop()
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=20_000)


def test_both_stages_train_and_their_layers_lie_on_the_image(dock, qtbot) -> None:
    layers = dock._viewer.layers
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=60_000)
    assert [layer.name for layer in layers] == ["cells", "cells stage 1", "cells denoised"]
    source, result = layers["cells"], layers["cells denoised"]
    assert result.data.dtype == np.uint16
    np.testing.assert_array_equal(result.extent.world, source.extent.world)
    assert result.units == source.units
    assert not np.array_equal(result.data, source.data)
    _steps, losses = dock.loss_plot.curves()["training"]
    assert np.isfinite(losses).sum() >= 2
    assert result.metadata["autostructn2v"]["verdict"] in dock.result_view.label.text()


def test_cancel_in_mid_run_gives_the_partial_result_within_two_seconds(dock, qtbot) -> None:
    tuning = viewer_state(dock._viewer)
    settings = tuning.settings
    tuning.set_settings(replace(settings, stage1=replace(settings.stage1, num_epochs=100_000, early_stopping=False)))
    dock.denoise()
    qtbot.waitUntil(lambda: not dock.loss_plot.is_empty, timeout=60_000)
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "cells denoised (cancelled)" in dock._viewer.layers, timeout=2000)
    assert dock._viewer.layers["cells denoised (cancelled)"].metadata["autostructn2v"]["stopped"]
    assert dock.run_button.isEnabled()


def _wait(dock, qtbot) -> None:
    busy = (dock.control.runner, dock.model_panel.reader.runner)
    qtbot.waitUntil(lambda: not any(runner.is_running for runner in busy), timeout=60_000)


def _cancel_in(phase: str, dock, qtbot) -> dict[str, int]:
    """Start a long run, cancel it in a stage, and return its steps."""
    phases: list[str] = []
    dock.control.progressed.connect(lambda events: phases.extend(event.phase for event in events))
    dock.denoise()
    qtbot.waitUntil(lambda: phase in phases, timeout=60_000)
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    _wait(dock, qtbot)
    return dict(dock.model_panel.model.denoiser.steps)


def _full_length(settings: Settings) -> dict[str, int]:
    """Steps of both stages: fewer than the settings say, since the image is small and neighbours share its noise."""
    stages = {"1": settings.stage1, "2": settings.stage2}
    return {name: sized_to(stage, (1, 96, 96), shares_noise=True).steps for name, stage in stages.items()}


def _train_for(epochs: int, dock) -> Settings:
    tuning = viewer_state(dock._viewer)
    settings = tuning.settings
    stage1, stage2 = (
        replace(stage, num_epochs=epochs, patches_per_image=128, early_stopping=False)
        for stage in (settings.stage1, settings.stage2)
    )
    tuning.set_settings(replace(settings, stage1=stage1, stage2=stage2))
    return tuning.settings


def test_a_cancelled_run_is_continued_to_its_full_length(dock, qtbot) -> None:
    dock.model_section.expand()
    panel = dock.model_panel
    assert not panel.continue_button.isEnabled()
    assert "No model for this image" in panel.continue_button.toolTip()
    settings = _train_for(24, dock)
    full = _full_length(settings)
    cancelled = _cancel_in("stage 1", dock, qtbot)
    assert 0 < cancelled["1"] < full["1"]
    _train_for(1, dock)  # the settings of the run count, and not those of the next one
    assert "Train the model of this run further" in panel.continue_button.toolTip()
    reports = []
    dock.control.finished.connect(lambda outcome, layer: reports.append(outcome.result.report))
    qtbot.mouseClick(panel.continue_button, Qt.MouseButton.LeftButton)
    _wait(dock, qtbot)
    assert reports[0].steps == full
    assert min(step for step in dock.loss_plot.curves()["training"][0] if step) > cancelled["1"]
    assert "cells denoised" in dock._viewer.layers


def test_a_kept_run_is_continued_with_its_mask_by_a_dock_opened_later(dock, qtbot) -> None:
    settings = _train_for(24, dock)
    full = _full_length(settings)
    cancelled = _cancel_in("stage 2", dock, qtbot)
    assert cancelled["1"] == full["1"] and 0 < cancelled["2"] < full["2"]
    mask = dock.model_panel.model.denoiser.mask.pattern
    viewer = dock._viewer
    viewer.window.remove_dock_widget(dock)
    later = DenoiseDock(viewer)
    viewer.window.add_dock_widget(later, name="Denoise")
    later.model_section.expand()
    runs = later.model_panel.runs
    place = runs.visualItemRect(runs.item(0)).center()
    qtbot.mouseClick(runs.viewport(), Qt.MouseButton.LeftButton, pos=place)
    _wait(later, qtbot)
    results = []
    later.control.finished.connect(lambda outcome, layer: results.append(outcome.result))
    qtbot.mouseClick(later.model_panel.continue_button, Qt.MouseButton.LeftButton)
    _wait(later, qtbot)
    assert results[0].report.steps == full
    np.testing.assert_array_equal(results[0].mask.pattern, mask)
    assert results[0].stage2 is not None


def _continued_on(dock, qtbot, image, name) -> None:
    """Run on the chosen image, then continue that run on another one."""
    dock.denoise()
    _wait(dock, qtbot)
    dock.image.layer = dock._viewer.add_image(image, name=name)
    dock.model_section.expand()
    panel = dock.model_panel
    assert not panel.continue_button.isEnabled()  # the model is that of the other image
    panel.runs.itemClicked.emit(panel.runs.item(0))
    qtbot.waitUntil(panel.continue_button.isEnabled, timeout=20_000)
    qtbot.mouseClick(panel.continue_button, Qt.MouseButton.LeftButton)
    _wait(dock, qtbot)


def test_a_run_is_continued_on_the_image_in_other_units(dock, qtbot) -> None:
    image = dock._viewer.layers["cells"].data.astype(np.float32) * 1e-5
    _continued_on(dock, qtbot, image, "other units")
    result = dock._viewer.layers["other units denoised"].data
    assert result.mean() == pytest.approx(image.mean(), rel=0.02)
    assert result.std() < image.std()


def test_a_run_is_not_continued_on_what_its_model_does_not_fit(dock, qtbot) -> None:
    image = dock._viewer.layers["cells"].data.astype(np.float32)
    _continued_on(dock, qtbot, image.max() - image, "turned")
    assert "does not fit the image" in dock.message.text
    assert "turned denoised" not in dock._viewer.layers


def test_colours_of_a_picture_give_back_to_each_other_in_a_run_and_when_its_model_is_applied(dock, qtbot) -> None:
    truth = immunohistochemistry()[150:278, 200:328] / 3.0
    picture = np.random.default_rng(1).poisson(truth).astype(np.uint8)
    viewer, tuning = dock._viewer, viewer_state(dock._viewer)
    layer = viewer.add_image(picture, rgb=True, name="slide")
    viewer.layers.selection.active = layer
    results = {}
    for choice in ("auto", "none"):
        tuning.set_settings(Settings.from_preset("fast", stages="1", device="cpu", other_channels=choice))
        dock.denoise()
        _wait(dock, qtbot)
        results[choice] = viewer.layers["slide denoised"]
        said = results[choice].metadata["autostructn2v"]["messages"]
        assert any("other channels" in sentence for sentence in said) == (choice == "auto")
        dock.model_panel.apply_button.click()
        _wait(dock, qtbot)
        np.testing.assert_array_equal(viewer.layers["slide denoised"].data, results[choice].data)
    errors = {name: np.square(result.data - truth).mean() for name, result in results.items()}
    assert errors["auto"] < errors["none"]
