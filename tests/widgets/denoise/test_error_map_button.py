"""The error map of a result: a layer in the place of the image, made beside the window, given up on a second click."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy.ndimage import gaussian_filter

from napari_autostructn2v.settings import Settings, StageSettings
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import viewer_state

IMAGE = (2000 * gaussian_filter(np.random.default_rng(0).random((64, 64)), 5)).astype(np.float32)


@pytest.fixture
def open_dock(make_napari_viewer, qtbot):
    """Open an image and a dock that is set to train for an instant, and denoise it."""
    docks = []

    def opened(image: np.ndarray, **more) -> DenoiseDock:
        viewer = make_napari_viewer()
        viewer.add_image(image, name="cells", **more)
        stage = StageSettings(num_epochs=1, patches_per_image=16, batch_size=4, features=2, num_layers=1)
        roi = Settings().stage1.roi
        viewer_state(viewer).set_settings(Settings(stages="1", stage1=replace(stage, roi=roi), device="cpu"))
        dock = DenoiseDock(viewer)
        viewer.window.add_dock_widget(dock, name="Denoise")
        docks.append(dock)
        qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=60_000)
        return dock

    yield opened
    for dock in docks:
        runner = dock.result_view.error_button.worker.runner
        runner.stop()
        qtbot.waitUntil(lambda runner=runner: not runner.is_running, timeout=20_000)


def noisy(shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(IMAGE, shape) + np.random.default_rng(1).normal(0, 30, shape).astype(np.float32)


def press(dock: DenoiseDock, qtbot) -> None:
    button = dock.result_view.error_button
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not button.worker.is_busy, timeout=60_000)


def test_the_map_lies_where_the_image_lies_and_takes_the_place_of_an_earlier_one(open_dock, qtbot) -> None:
    dock = open_dock(noisy((64, 64)).astype(np.uint16), scale=(0.1, 0.1), translate=(5, 3), units=("um", "um"))
    layers = dock._viewer.layers
    for _ in range(2):
        press(dock, qtbot)
        assert [layer.name for layer in layers] == ["cells", "cells denoised", "cells error map"]
    error = layers["cells error map"]
    assert error.data.dtype == np.float32
    np.testing.assert_array_equal(error.extent.world, layers["cells"].extent.world)
    assert error.units == layers["cells"].units
    assert error.contrast_limits[0] == 0
    # It is a view of the result, and no image to be denoised; a new result takes it away.
    assert "cells error map" not in [layer.name for layer in dock._state.chosen.offered()]
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=60_000)
    assert "cells error map" not in layers


def test_a_second_click_gives_it_up(open_dock, qtbot) -> None:
    dock = open_dock(noisy((64, 64)))
    button = dock.result_view.error_button
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text().startswith("Cancel")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Error map"
    qtbot.waitUntil(lambda: not button.worker.runner.is_running, timeout=20_000)
    assert "cells error map" not in dock._viewer.layers


def test_the_colours_of_a_picture_have_one_map(open_dock, qtbot) -> None:
    picture = np.clip(noisy((3, 64, 64)).transpose(1, 2, 0) / 8, 0, 255).astype(np.uint8)
    dock = open_dock(picture, rgb=True)
    press(dock, qtbot)
    assert dock._viewer.layers["cells error map"].data.shape == (64, 64)


def test_channels_have_a_map_each_in_one_layer(open_dock, qtbot) -> None:
    dock = open_dock(noisy((2, 64, 64)), axis_labels=("c", "y", "x"))
    press(dock, qtbot)
    error = dock._viewer.layers["cells error map"].data
    assert error.shape == (2, 64, 64)
    assert not np.array_equal(error[0], error[1])


def test_without_a_result_there_is_no_map(open_dock, make_napari_viewer) -> None:
    dock = DenoiseDock(make_napari_viewer())
    button = dock.result_view.error_button
    assert not button.isEnabled()
    assert "needs the model" in button.toolTip()
