"""Channels, colours, gaps, pyramids and 3D views, in a real viewer with a stand-in for the pipeline."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.roi import RoiDock

CHANNELS = {"axis_labels": ("c", "y", "x")}


@pytest.fixture
def standin(monkeypatch) -> StandIn:
    return StandIn().install(monkeypatch)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def dock(viewer, standin):
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    yield dock
    dock.control.stop()
    for thread in standin.threads:
        thread.join(5)


def noisy(*shape: int, dtype=np.uint16) -> np.ndarray:
    """A ramp along the rows, another level in each plane, and noise."""
    rng = np.random.default_rng(0)
    levels = 300 * np.arange(int(np.prod(shape[:-2]))).reshape(*shape[:-2], 1, 1)
    return (400 + levels + np.linspace(0, 50, shape[-1]) + rng.normal(0, 10, shape)).astype(dtype)


def run(dock, qtbot) -> None:
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)


def finish(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=10_000)


def test_each_channel_is_denoised_alone_into_one_layer(viewer, dock, standin, qtbot) -> None:
    source = viewer.add_image(noisy(2, 64, 64), name="cells", scale=(1, 0.5, 0.5), translate=(0, 3, 4), **CHANNELS)
    assert dock.axes.isVisibleTo(dock) and dock.axes.currentText() == "C Y X · 2 channels"
    viewer.dims.set_current_step(0, 1)
    run(dock, qtbot)
    assert [call["image"] for call in standin.runs] == [(64, 64), (64, 64)], "two trainings, of one channel each"
    assert [call["level"] for call in standin.runs] == [700, 400], "that in view comes first"
    assert [call["preview_plane"] for call in standin.runs] == [0, None], "and is previewed"
    result = viewer.layers["cells denoised"]
    assert result.data.shape == source.data.shape and result.data.dtype == source.data.dtype
    np.testing.assert_allclose(result.data.mean((1, 2)), source.data.mean((1, 2)), atol=3)
    np.testing.assert_array_equal(result.extent.world, source.extent.world)
    assert len(viewer.layers) == 2
    assert dock.result_view.judgement.text().startswith(tuple(f"The light is that of “channel {n}”. " for n in "12"))
    assert [run.image for run in _kept()] == ["cells · channel 1", "cells · channel 2"]


def test_the_models_of_all_channels_are_applied_and_saved(viewer, dock, standin, qtbot, tmp_path) -> None:
    viewer.add_image(noisy(2, 64, 64), name="cells", **CHANNELS)
    run(dock, qtbot)
    dock.model_panel.save(str(tmp_path / "cells.safetensors"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cells-c1.safetensors", "cells-c2.safetensors"]
    models = dock.model_panel.model.each
    assert [round(model.offset, -2) for model in models] == [400, 700]
    dock.model_panel.apply_button.click()
    finish(dock, qtbot)
    assert [len(model.tiles) for model in models] == [1, 1]
    assert viewer.layers["cells denoised"].data.shape == (2, 64, 64)


def test_the_models_of_all_channels_are_found_again(viewer, dock, qtbot, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("napari_autostructn2v.denoiser.Denoiser.load", lambda path: SimpleNamespace(file=path))
    for number in (1, 2):
        (tmp_path / f"cells-c{number}.safetensors").write_text("a model")
    panel = dock.model_panel

    def load(name: str) -> list[str]:
        panel.load(str(tmp_path / name))
        qtbot.waitUntil(lambda: not panel.reader.is_busy and panel.model is not None, timeout=10_000)
        return [Path(model.file).name for model in panel.model.each]

    viewer.add_image(noisy(2, 64, 64), name="cells", **CHANNELS)
    assert load("cells-c1.safetensors") == ["cells-c1.safetensors", "cells-c2.safetensors"]
    assert panel.label.text() == "Model at hand: cells-c1.safetensors to cells-c2.safetensors."
    assert load("cells-c2.safetensors") == ["cells-c2.safetensors"], "whoever wants one model alone gets it"
    (tmp_path / "cells-c3.safetensors").write_text("a model")
    assert load("cells-c1.safetensors") == ["cells-c1.safetensors"], "models of an image with three channels"
    viewer.add_image(noisy(64, 64), name="one channel")
    assert load("cells-c1.safetensors") == ["cells-c1.safetensors"]


def test_the_curves_of_each_channel_are_named(viewer, dock, qtbot) -> None:
    viewer.add_image(noisy(2, 64, 64), name="cells", **CHANNELS)
    run(dock, qtbot)
    qtbot.waitUntil(lambda: len(dock.loss_plot.names()) == 4, timeout=10_000)
    assert dock.loss_plot.names() == ["channel 1\nstage 1", "stage 2", "channel 2\nstage 1", "stage 2"]
    for item in (1, 2, 3):
        dock.options.stages_combo.setCurrentIndex(item)
        dock.options.stages_combo.activated.emit(item)
        if dock.settings().stages == "1":
            break
    run(dock, qtbot)
    assert dock.loss_plot.names() == ["channel 1\nstage 1", "channel 2\nstage 1"]
    steps, _ = dock.loss_plot.curves()["training"]
    assert steps == sorted(steps), "the second channel continues to the right of the first"


def test_noise_and_patches_are_those_of_the_channel_in_view(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(2, 64, 64), name="cells", **CHANNELS)
    roi = RoiDock(viewer)
    viewer.window.add_dock_widget(roi, name="ROI tuning")
    viewer.dims.set_current_step(0, 0)
    dock.noise_panel.measure_button.click()
    qtbot.waitUntil(lambda: not dock.noise_panel.runner.is_running)
    assert "correlated" in dock.noise_panel.verdict.text()
    viewer.dims.set_current_step(0, 1)
    assert dock.noise_panel.channels.currentText() == "channel 2"
    assert "Not measured" in dock.noise_panel.verdict.text()
    roi.update_patches()
    # Each channel is equalised alone: about half of the patches of both lie below a threshold of 0.5.
    assert 0.2 < len(roi.selections[0]) / len(roi.selections[0].candidates) < 0.8
    dock.noise_panel.channels.setCurrentIndex(0)
    dock.noise_panel.channels.activated.emit(0)
    assert viewer.dims.current_step[0] == 0
    assert "correlated" in dock.noise_panel.verdict.text()


def test_cancel_keeps_the_channels_that_are_done_and_names_the_layer(viewer, dock, standin, qtbot) -> None:
    source = viewer.add_image(noisy(2, 64, 64), name="cells", **CHANNELS)
    viewer.dims.set_current_step(0, 0)
    standin.hold_at = "second"
    dock.denoise()
    qtbot.waitUntil(lambda: len(standin.runs) == 2, timeout=10_000)
    dock.cancel()
    finish(dock, qtbot)
    result = viewer.layers["cells denoised (cancelled)"]
    assert result.data[0].std() < source.data[0].std()
    np.testing.assert_array_equal(result.data[1], source.data[1])


def test_axes_without_a_name_are_asked_about_once(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(3, 64, 64), name="first")
    run(dock, qtbot)
    assert not standin.runs, "nothing is taken for a stack in silence"
    assert "channels" in dock.message.text
    assert dock.message.action_button.text() == "Time or depth"
    channels = next(button for button in dock.message.other_buttons if button.isVisibleTo(dock))
    assert channels.text() == "Channels"
    qtbot.mouseClick(channels, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)
    assert len(standin.runs) == 3 and dock.axes.currentData() == "CYX"
    viewer.add_image(noisy(3, 64, 64), name="second")
    run(dock, qtbot)
    assert len(standin.runs) == 6 and "second denoised" in viewer.layers, "the answer holds for the next"


def test_a_question_that_the_row_of_axes_answers_is_taken_back(viewer, dock, standin, qtbot) -> None:
    cells = viewer.add_image(noisy(3, 64, 64), name="cells")
    run(dock, qtbot)
    assert "channels" in dock.message.text
    index = dock.axes.findData("CYX")
    dock.axes.setCurrentIndex(index)
    dock.axes.activated.emit(index)
    assert dock.message.text == ""
    viewer.layers.selection.active = viewer.add_image(noisy(64, 64), name="other")
    viewer.layers.selection.active = cells
    assert dock.message.text == "", "it is not asked again"
    run(dock, qtbot)
    assert len(standin.runs) == 3


def test_a_stack_can_be_told_by_one_click(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(3, 64, 64), name="cells")
    dock.noise_panel.measure_button.click()
    assert "channels" in dock.message.text, "measuring asks as well"
    qtbot.mouseClick(dock.message.action_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.noise_panel.runner.is_running)
    assert "correlated" in dock.noise_panel.verdict.text()
    run(dock, qtbot)
    assert [call["image"] for call in standin.runs] == [(3, 64, 64)]


@pytest.mark.parametrize(
    ("shape", "labels", "units", "text"),
    [
        ((40, 32, 32), None, None, "T Y X · 40 times"),
        ((40, 32, 32), ("z", "y", "x"), None, "Z Y X · 40 depths"),
        ((5, 32, 32), None, ("um", "um", "um"), "Z Y X · 5 depths"),
        ((5, 32, 32), None, ("s", "um", "um"), "T Y X · 5 times"),
        ((3, 2, 32, 32), ("time", "channel", "y", "x"), None, "T C Y X · 3 times, 2 channels"),
        ((3, 2, 32, 32), None, None, "T Z Y X · 3 times, 2 depths?"),
    ],
)
def test_axes_are_read_from_labels_and_units_and_can_be_changed(viewer, dock, shape, labels, units, text) -> None:
    viewer.add_image(noisy(*shape), axis_labels=labels, units=units)
    assert dock.axes.currentText() == text
    offered = [dock.axes.itemData(index) for index in range(dock.axes.count())]
    changed = next(index for index, axes in enumerate(offered) if axes[0] == "C")
    dock.axes.setCurrentIndex(changed)
    dock.axes.activated.emit(changed)
    assert dock._state.image.pixels.reading.axes == offered[changed]
    assert len(dock._state.image.pixels.channel_names) == shape[0]


def test_a_grey_plane_has_no_axes_to_choose(viewer, dock) -> None:
    viewer.add_image(noisy(64, 64))
    assert not dock.axes.isVisibleTo(dock)


@pytest.mark.parametrize("colours", [3, 4])
def test_a_colour_picture_gives_a_colour_picture(viewer, dock, standin, qtbot, colours) -> None:
    picture = np.moveaxis(noisy(colours, 64, 64) // 5, 0, -1).astype(np.uint8)
    viewer.add_image(picture, name="slide", rgb=True)
    previews = []
    standin.pause = 0.05
    dock.control.progressed.connect(lambda _: previews.extend(_colours_of(viewer, "slide denoised (preview)")))
    run(dock, qtbot)
    assert [call["image"] for call in standin.runs] == [(64, 64)] * 3, "opacity is no light"
    result = viewer.layers["slide denoised"]
    assert result.rgb and result.data.shape == picture.shape and result.data.dtype == np.uint8
    np.testing.assert_allclose(result.data.mean((0, 1)), picture.mean((0, 1)), atol=2)
    if colours == 4:
        np.testing.assert_array_equal(result.data[..., 3], picture[..., 3])
    assert previews and all(previews), "the preview is in colour"
    assert dock.noise_panel.channels.currentText() == "red"
    view = dock.result_view
    assert all(button.isEnabled() for button in (view.compare_button, view.difference_button, view.grid_button))
    view.compare_button.click()
    view.difference_button.click()
    assert viewer.layers["slide before | after"].rgb and viewer.layers["slide removed"].rgb
    view.grid_button.click()
    assert not view.compare_button.isChecked(), "one way to compare at a time"


def test_patches_are_tuned_on_a_colour_picture(viewer, dock, qtbot) -> None:
    viewer.add_image(np.moveaxis(noisy(3, 64, 64) // 5, 0, -1).astype(np.uint8), name="slide", rgb=True)
    roi = RoiDock(viewer)
    viewer.window.add_dock_widget(roi, name="ROI tuning")
    roi.update_patches()
    assert len(roi.selections[0]) > 0 and not roi.message.text


@pytest.mark.parametrize("where", ["denoise", "measure", "roi"])
def test_missing_pixels_are_filled_by_one_button(viewer, dock, standin, qtbot, where) -> None:
    image = noisy(64, 64, dtype=np.float32)
    image[:5, :7] = np.nan
    image[40, 40] = np.inf
    layer = viewer.add_image(image.copy(), name="cells", contrast_limits=(400, 500))
    roi = RoiDock(viewer)
    viewer.window.add_dock_widget(roi, name="ROI tuning")
    roi.update_patches()
    if where == "denoise":
        run(dock, qtbot)
    elif where == "measure":
        dock.noise_panel.measure_button.click()
        qtbot.waitUntil(lambda: bool(dock.message.text))
    message = roi.message if where == "roi" else dock.message
    assert "no value" in message.text and "numpy" not in message.text
    assert message.action_button.text() == "Fill missing pixels"
    message.action_button.click()
    qtbot.waitUntil(lambda: dock._state.image.pixels.is_filled)
    finish(dock, qtbot)
    qtbot.waitUntil(lambda: not dock.noise_panel.runner.is_running)
    roi.update_patches()
    assert len(roi.selections[0]) > 0
    if where == "measure":
        assert "correlated" in dock.noise_panel.verdict.text()
    if where != "denoise":
        run(dock, qtbot)
    assert np.isfinite(viewer.layers["cells denoised"].data).all()
    assert "filled" in dock.result_view.label.text()
    np.testing.assert_array_equal(layer.data, image), "the layer stays as it is"
    layer.data = noisy(64, 64, dtype=np.float32)
    assert not dock._state.image.pixels.is_filled, "new pixels are looked at anew"


def test_a_multiscale_colour_picture(viewer, dock, standin, qtbot) -> None:
    fine = np.moveaxis(noisy(3, 128, 128) // 5, 0, -1).astype(np.uint8)
    viewer.add_image([fine, fine[::2, ::2]], name="slide", rgb=True, multiscale=True)
    run(dock, qtbot)
    assert viewer.layers["slide denoised"].data.shape == fine.shape


def test_lazy_channels(viewer, dock, standin, qtbot) -> None:
    import dask.array as da

    image = noisy(4, 2, 64, 64)
    viewer.add_image(da.from_array(image, chunks=(1, 1, 64, 64)), name="movie", axis_labels=("t", "c", "y", "x"))
    run(dock, qtbot)
    assert [call["image"] for call in standin.runs] == [(4, 64, 64)] * 2
    np.testing.assert_allclose(
        np.asarray(viewer.layers["movie denoised"].data).mean((2, 3)), image.mean((2, 3)), atol=3
    )


def test_three_dimensional_display_and_other_layers_do_not_disturb(viewer, dock, standin, qtbot) -> None:
    stack = viewer.add_image(noisy(8, 64, 64), name="stack", axis_labels=("z", "y", "x"))
    roi = RoiDock(viewer)
    viewer.window.add_dock_widget(roi, name="ROI tuning")
    roi.update_patches()
    viewer.dims.ndisplay = 3
    roi.update_patches()
    labels = viewer.add_labels(np.zeros((8, 64, 64), int))
    shapes = viewer.add_shapes()
    for layer in (labels, shapes):
        viewer.layers.selection.active = layer
        assert dock.image.layer is stack
    run(dock, qtbot)
    assert viewer.layers["stack denoised"].data.shape == (8, 64, 64)
    dock.result_view.compare_button.click()
    viewer.dims.ndisplay = 2
    viewer.dims.set_current_step(0, 3)
    qtbot.wait(20)
    dock.result_view.compare_button.click()
    assert not dock.message.text


def _kept():
    from napari_autostructn2v.denoiser import kept_runs

    return sorted(kept_runs(), key=lambda run: run.image)


def _colours_of(viewer, name: str) -> list[bool]:
    return [viewer.layers[name].rgb] if name in viewer.layers else []
