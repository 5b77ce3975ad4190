"""Runs that end badly, and models that do not fit, in a real viewer with stand-ins for what fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.stand_in import Model, StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.noise import BlindMask
from napari_autostructn2v.settings import Settings
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import ModelAtHand


class OutOfMemoryError(RuntimeError):
    """Has the name of torch's."""


@pytest.fixture
def standin(monkeypatch) -> StandIn:
    return StandIn().install(monkeypatch)


@pytest.fixture
def dock(make_napari_viewer, standin, qtbot):
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (48, 48)).astype(np.uint8), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    yield dock
    dock.cancel()
    wait(dock, qtbot)


@pytest.fixture
def model(dock) -> Model:
    model = Model(Settings(), BlindMask(np.ones((1, 1))))
    dock._state.image.take_model(ModelAtHand(model, "a model"))
    return model


def wait(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=10_000)


def press(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


ERRORS = [OutOfMemoryError("CUDA out of memory"), MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory")]


@pytest.mark.parametrize("error", ERRORS)
def test_a_run_out_of_memory_goes_on_with_smaller_tiles(dock, standin, qtbot, error) -> None:
    standin.error = error
    press(qtbot, dock.run_button)
    wait(dock, qtbot)
    assert "memory" in dock.message.text
    assert not dock.message.details_button.isVisibleTo(dock)
    assert dock.message.action_button.text() == "Try smaller tiles"
    before = standin.runs[-1]["settings"]
    standin.error = None
    press(qtbot, dock.message.action_button)
    wait(dock, qtbot)
    after = standin.runs[-1]["settings"]
    assert after.tile == before.tile // 2
    assert after.stage1.batch_size == before.stage1.batch_size // 2
    assert "cells denoised" in dock._viewer.layers
    assert dock.message.text == ""


def test_with_the_smallest_tiles_the_button_is_gone(dock, standin, qtbot) -> None:
    stage = replace(dock.settings().stage1, batch_size=1)
    settings = replace(dock.settings(), tile=256, stage1=stage, stage2=replace(dock.settings().stage2, batch_size=1))
    dock._state.set_settings(settings)
    standin.error = MemoryError()
    press(qtbot, dock.run_button)
    wait(dock, qtbot)
    assert "memory" in dock.message.text
    assert not dock.message.action_button.isVisibleTo(dock)


def test_a_model_out_of_memory_is_applied_again_and_nothing_is_trained(dock, model, standin, qtbot) -> None:
    model.error = MemoryError()
    press(qtbot, dock.model_panel.apply_button)
    wait(dock, qtbot)
    assert "memory" in dock.message.text
    model.error = None
    press(qtbot, dock.message.action_button)
    wait(dock, qtbot)
    assert model.tiles == [512, 256]
    assert standin.runs == []
    assert "cells denoised" in dock._viewer.layers


def test_a_second_stage_out_of_memory_keeps_the_first_and_offers_smaller_tiles(dock, standin, qtbot) -> None:
    standin.messages = ("Stage 2 ended with an error (CUDA out of memory); this is the result of stage 1.",)
    press(qtbot, dock.run_button)
    wait(dock, qtbot)
    assert "cells denoised" in dock._viewer.layers
    assert "result of stage 1" in dock.message.text
    standin.messages = ()
    press(qtbot, dock.message.action_button)
    wait(dock, qtbot)
    assert standin.runs[-1]["settings"].tile == 256
    assert dock.message.text == ""


def test_applying_a_model_shows_progress_and_can_be_cancelled(dock, model, qtbot) -> None:
    said = []
    dock.control.progressed.connect(said.extend)
    model.hold = True
    press(qtbot, dock.model_panel.apply_button)
    qtbot.waitUntil(lambda: "1 of 10" in dock.progress.label.text(), timeout=10_000)
    assert 0 < dock.progress.bar.value() < dock.progress.bar.maximum()
    assert "with the model" in dock.progress.label.text()
    press(qtbot, dock.cancel_button)
    wait(dock, qtbot)
    assert [layer.name for layer in dock._viewer.layers] == ["cells"]
    assert "Cancelled" in dock.progress.label.text()
    model.hold = False
    press(qtbot, dock.model_panel.apply_button)
    wait(dock, qtbot)
    assert "cells denoised" in dock._viewer.layers


@pytest.mark.parametrize(("kind", "dtype"), [("same as image", np.uint8), ("float32", np.float32)])
def test_results_have_the_dtype_chosen(dock, model, qtbot, kind, dtype) -> None:
    dock.advanced.result_type.setCurrentIndex(dock.advanced.result_type.findData(kind))
    dock._state.set_common(replace(dock._state.common, stages="both"))
    press(qtbot, dock.run_button)
    wait(dock, qtbot)
    layers = dock._viewer.layers
    for name in ("cells denoised", "cells stage 1"):
        assert layers[name].data.dtype == dtype
        assert layers[name].data.mean() == pytest.approx(layers["cells"].data.mean(), abs=1)
    assert layers["cells"].data.dtype == np.uint8
    press(qtbot, dock.model_panel.apply_button)
    wait(dock, qtbot)
    assert layers["cells denoised"].data.dtype == dtype


@pytest.mark.parametrize("dtype", [np.int32, np.uint16, np.float64, np.float32])
def test_a_float_result_of_a_large_offset_keeps_its_precision(dock, standin, qtbot, dtype) -> None:
    image = (60_000 + np.random.default_rng(1).normal(0, 20, (48, 48))).astype(dtype)
    dock.image.layer = dock._viewer.add_image(image, name="bright")
    dock.advanced.result_type.setCurrentIndex(1)
    press(qtbot, dock.run_button)
    wait(dock, qtbot)
    result = dock._viewer.layers["bright denoised"].data
    assert result.dtype == np.float32
    assert 0 < result.std() < image.std()
    assert (result != np.rint(result)).any()
