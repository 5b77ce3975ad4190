"""What is in view is denoised while the user scrolls; real models, as small as can be."""

from __future__ import annotations

import threading
from dataclasses import replace

import dask.array
import numpy as np
import pytest
import zarr
from qtpy.QtCore import Qt

from napari_autostructn2v.denoiser import Denoiser, plane_by_plane
from napari_autostructn2v.pipeline import denoise
from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import ModelAtHand, viewer_state

LIVE = "movie live"
STAGE = StageSettings(
    roi=RoiSettings(use_roi=False), num_epochs=2, patches_per_image=32, features=4, num_layers=1, batch_size=4
)
SETTINGS = Settings(stages="1", stage1=STAGE, stage2=STAGE, device="cpu", context="none")
MOVIE = np.random.default_rng(0).normal(1000, 100, (12, 96, 96)).astype(np.uint16)


@pytest.fixture(scope="module")
def model() -> Denoiser:
    made = denoise(MOVIE[:3], SETTINGS).denoiser
    assert made is not None
    return made


@pytest.fixture
def dock(make_napari_viewer, qtbot, model):
    """A dock on a lazy movie that has a model at hand."""
    viewer = make_napari_viewer(show=True)
    viewer.add_image(
        dask.array.from_array(MOVIE, (1, 96, 96)),
        name="movie",
        scale=(2, 0.1, 0.1),
        axis_labels="tyx",
        contrast_limits=(500, 1500),
    )
    viewer.dims.set_current_step(0, 0)
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    viewer_state(viewer).set_settings(SETTINGS)
    viewer_state(viewer).image.take_model(ModelAtHand(model, "of this test"))
    yield dock
    dock.live.live.stop()
    dock.control.runner.stop()
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=20_000)


def press(dock, qtbot) -> None:
    qtbot.mouseClick(dock.live.button, Qt.MouseButton.LeftButton)


def settle(dock, qtbot) -> None:
    live = dock.live.live
    qtbot.waitUntil(lambda: not live._timer.isActive() and not live.worker.is_busy, timeout=30_000)


def expected(model: Denoiser, plane: int, *, flipped: bool = False) -> np.ndarray:
    settings = replace(model.settings, stage1=replace(model.settings.stage1, flips_at_prediction=False))
    return replace(model, settings=settings).predict(
        MOVIE[plane][::-1] if flipped else MOVIE[plane], device="cpu", anyway=True
    )


def test_the_plane_in_view_is_denoised_and_the_next_one_follows(dock, qtbot, model) -> None:
    viewer = dock._viewer
    assert "larger than memory" in dock.live.button.toolTip()
    press(dock, qtbot)
    settle(dock, qtbot)
    layer = viewer.layers[LIVE]
    np.testing.assert_array_equal(layer.data[0], expected(model, 0))
    assert layer.data.dtype == np.uint16
    assert "ms for this view" in dock.live.words.text()
    for at in (5, 11):
        viewer.dims.set_current_step(0, at)
        settle(dock, qtbot)
        np.testing.assert_array_equal(layer.data[0], expected(model, at))
        np.testing.assert_allclose(layer.data_to_world((0, 3, 4)), viewer.layers["movie"].data_to_world((at, 3, 4)))
    assert dock.image.layer is viewer.layers["movie"], "never offered as an input"
    viewer.layers.selection.active = layer
    assert dock.image.layer is viewer.layers["movie"]
    press(dock, qtbot)
    assert LIVE not in viewer.layers
    assert not dock.live.words.isVisible()
    assert dock.live.live.remembered.nbytes == 0


def test_what_was_seen_comes_back_at_once(dock, qtbot, monkeypatch) -> None:
    viewer, live = dock._viewer, dock.live.live
    press(dock, qtbot)
    settle(dock, qtbot)
    first = np.array(viewer.layers[LIVE].data)
    viewer.dims.set_current_step(0, 1)
    settle(dock, qtbot)
    monkeypatch.setattr(live.worker, "ask", lambda *_: pytest.fail("it was remembered"))
    viewer.dims.set_current_step(0, 0)
    settle(dock, qtbot)
    np.testing.assert_array_equal(viewer.layers[LIVE].data, first)


def test_only_the_newest_plane_is_waited_for(dock, qtbot, model) -> None:
    press(dock, qtbot)
    for at in range(12):
        dock._viewer.dims.set_current_step(0, at)
        qtbot.wait(1)
    settle(dock, qtbot)
    np.testing.assert_array_equal(dock._viewer.layers[LIVE].data[0], expected(model, 11))


def test_only_what_is_in_view_of_a_large_plane_is_denoised(dock, qtbot, model, monkeypatch) -> None:
    monkeypatch.setattr(plane_by_plane, "_WHOLE_PIXELS", 100)
    monkeypatch.setattr(plane_by_plane, "_SIDE", 16)
    viewer = dock._viewer
    viewer.scene.camera.zoom *= 6
    viewer.scene.camera.center = (0, 2.4, 2.4)
    press(dock, qtbot)
    settle(dock, qtbot)
    layer = viewer.layers[LIVE]
    rows, columns = layer.data.shape[1:]
    assert max(rows, columns) < 96
    top, left = np.rint(viewer.layers["movie"].world_to_data(layer.data_to_world((0, 0, 0)))[1:]).astype(int)
    whole = expected(model, 0)[top : top + rows, left : left + columns].astype(int)
    assert layer.data.dtype == np.uint16, "all of it is there"
    assert np.abs(layer.data[0] - whole).max() <= 1
    viewer.scene.camera.center = (0, 8, 8)
    settle(dock, qtbot)
    moved = np.rint(viewer.layers["movie"].world_to_data(layer.data_to_world((0, 0, 0)))[1:])
    assert (moved > (top, left)).all(), "it follows the view"
    monkeypatch.setattr("napari_autostructn2v.widgets.canvas.live_layer._MOST_PIXELS", 100)
    viewer.scene.camera.zoom /= 2
    settle(dock, qtbot)
    assert "Zoom in" in dock.live.words.text()


def test_it_ends_with_its_layer_its_image_and_its_dock(dock, qtbot) -> None:
    viewer, live = dock._viewer, dock.live
    press(dock, qtbot)
    settle(dock, qtbot)
    del viewer.layers[LIVE]
    assert not live.button.isChecked() and live.live.image is None
    press(dock, qtbot)
    settle(dock, qtbot)
    dock._on_dock_closed()
    assert LIVE not in viewer.layers
    press(dock, qtbot)
    settle(dock, qtbot)
    del viewer.layers["movie"]
    assert LIVE not in viewer.layers and not live.button.isChecked()


def test_each_image_says_for_itself(dock, qtbot) -> None:
    viewer, live = dock._viewer, dock.live
    press(dock, qtbot)
    settle(dock, qtbot)
    viewer.add_image(MOVIE[0], name="other")
    assert not live.button.isChecked() and LIVE in viewer.layers
    viewer.layers.selection.active = viewer.layers["movie"]
    assert live.button.isChecked()
    viewer.dims.ndisplay = 3
    settle(dock, qtbot)
    assert "two dimensions" in live.words.text() and LIVE not in viewer.layers
    viewer.dims.ndisplay = 2
    settle(dock, qtbot)
    assert LIVE in viewer.layers


def test_other_pixels_and_another_model_begin_anew(dock, qtbot, model) -> None:
    viewer, live = dock._viewer, dock.live
    press(dock, qtbot)
    settle(dock, qtbot)
    viewer.layers["movie"].data = dask.array.from_array(MOVIE[::-1].copy(), (1, 96, 96))
    settle(dock, qtbot)
    np.testing.assert_array_equal(viewer.layers[LIVE].data[0], expected(model, 11))
    dock._state.image.take_model(ModelAtHand(model, "another"))
    settle(dock, qtbot)
    assert "another" in live.words.text()


def test_without_a_model_it_begins_with_the_first_one(dock, qtbot) -> None:
    dock._state.image.take_model(None)
    press(dock, qtbot)
    assert "no model for this image yet" in dock.message.text
    assert dock.message.action_button.text() == "Denoise first"
    assert "as soon as" in dock.live.words.text() and dock.live.button.isChecked()
    qtbot.mouseClick(dock.message.action_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: LIVE in dock._viewer.layers, timeout=60_000)
    settle(dock, qtbot)
    assert not dock.message.text, "what was asked for is there"


@pytest.mark.parametrize("kind", ["scale", "colours"])
def test_what_does_not_go_together_is_said(dock, qtbot, model, kind) -> None:
    viewer = dock._viewer
    if kind == "colours":
        viewer.add_image(np.moveaxis(MOVIE[:3] // 10, 0, -1).astype(np.uint8), name="odd", rgb=True)
    else:
        viewer.add_image(np.float32(1e4) * np.indices((96, 96))[1], name="odd")
    dock._state.image.take_model(ModelAtHand(model, "of this test"))
    press(dock, qtbot)
    settle(dock, qtbot)
    assert not dock.live.button.isChecked()
    words = "colour picture" if kind == "colours" else "does not fit the image"
    assert words in dock.message.text


def test_each_channel_has_its_model_and_place(dock, qtbot, model) -> None:
    viewer = dock._viewer
    pair = np.stack([MOVIE[:4], MOVIE[4:8][:, ::-1]], axis=1)
    layer = viewer.add_image(
        pair,
        name="pair",
        axis_labels="tcyx",
        rotate=20,
        translate=(0, 0, 3, 4),
        blending="additive",
        scale=(1, 1, 2, 2),
    )
    dock._state.image.take_model(ModelAtHand(model, "of this test", others=(model,)))
    viewer.dims.set_current_step(0, 2)
    viewer.dims.set_current_step(1, 1)
    press(dock, qtbot)
    settle(dock, qtbot)
    live = viewer.layers["pair live"]
    np.testing.assert_array_equal(live.data[0, 0], expected(model, 6, flipped=True))
    assert live.visible and live.blending == "translucent"
    np.testing.assert_allclose(live.data_to_world((0, 0, 5, 6)), layer.data_to_world((2, 1, 5, 6)))
    viewer.dims.set_current_step(1, 0)
    settle(dock, qtbot)
    np.testing.assert_array_equal(live.data[0, 0], expected(model, 2))


def test_a_file_is_never_read_whole_by_the_window(dock, qtbot, model, monkeypatch, tmp_path) -> None:
    stored = zarr.open_array(tmp_path / "movie.zarr", mode="w", shape=MOVIE.shape, chunks=(1, 96, 96), dtype="uint16")
    stored[:] = MOVIE
    dock._viewer.add_image(stored, name="file", axis_labels="tyx")
    dock._state.image.take_model(ModelAtHand(model, "of this test"))
    read, original = [], zarr.Array.__getitem__

    def spied(array, index):
        values = original(array, index)
        if threading.current_thread() is threading.main_thread():
            read.append(np.size(values))
        return values

    monkeypatch.setattr(zarr.Array, "__getitem__", spied)
    press(dock, qtbot)
    settle(dock, qtbot)
    for at in (7, 2):
        dock._viewer.dims.set_current_step(0, at)
        settle(dock, qtbot)
        np.testing.assert_array_equal(dock._viewer.layers["file live"].data[0], expected(model, at))
    assert max(read, default=0) <= 96 * 96, "napari itself reads the plane in view"


def test_it_goes_on_while_a_run_trains(dock, qtbot, model) -> None:
    viewer = dock._viewer
    other = viewer.add_image(MOVIE[0], name="other")
    viewer.layers.selection.active = viewer.layers["movie"]
    press(dock, qtbot)
    dock.denoise_layers([other])
    viewer.dims.set_current_step(0, 4)
    settle(dock, qtbot)
    np.testing.assert_array_equal(viewer.layers[LIVE].data[0], expected(model, 4))
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=60_000)


def test_without_a_model_there_is_a_quick_look_until_there_is_one(dock, qtbot, model) -> None:
    state, viewer, live = dock._state, dock._viewer, dock.live
    state.set_settings(Settings(stages="1", device="cpu"))
    state.image.take_model(None)
    press(dock, qtbot)
    qtbot.waitUntil(lambda: LIVE in viewer.layers, timeout=60_000)
    settle(dock, qtbot)
    assert "Quick look, not trained on this image" in live.words.text()
    assert viewer.layers[LIVE].data.std() < 0.3 * MOVIE[0].std(), "it is pure noise"
    assert state.image.model is None, "nothing to apply or to save"
    viewer.dims.set_current_step(0, 3)
    settle(dock, qtbot)
    assert viewer.layers[LIVE].data.std() < 0.3 * MOVIE[3].std()
    state.image.take_model(ModelAtHand(model, "of this test"))
    settle(dock, qtbot)
    assert "of this test" in live.words.text()
    np.testing.assert_array_equal(viewer.layers[LIVE].data[0], expected(model, 3))
