"""The Denoise dock in a real viewer, with a stand-in for the pipeline."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from helpers.stand_in import VERDICT, StandIn
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_autostructn2v.errors import NotEnoughPatchesError
from napari_autostructn2v.progress import Progress
from napari_autostructn2v.settings import PRESET_EPOCHS, Settings
from napari_autostructn2v.widgets.denoise import DenoiseDock


@pytest.fixture
def standin(monkeypatch) -> StandIn:
    return StandIn().install(monkeypatch)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def dock(viewer, standin, qtbot):
    """A dock in a viewer; whatever runs in it has ended when the test has."""
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    yield dock
    for thread in standin.threads:
        dock.control.runner.stop()
        thread.join(5)
        assert not thread.is_alive()


def noisy(shape=(64, 64), dtype=np.uint16, seed=0) -> np.ndarray:
    """Blobs with noise that is correlated along rows."""
    from scipy.ndimage import gaussian_filter, uniform_filter1d

    rng = np.random.default_rng(seed)
    blobs = gaussian_filter(rng.random(shape), (0,) * (len(shape) - 2) + (6, 6))
    blobs = (blobs - blobs.min()) / np.ptp(blobs)
    noise = uniform_filter1d(rng.normal(size=shape), 3, axis=-1)
    return (400 + 300 * blobs + 60 * noise).astype(dtype)


def finish(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=10_000)


def names(viewer) -> list[str]:
    return [layer.name for layer in viewer.layers]


def test_a_click_gives_a_layer_in_the_place_and_the_look_of_its_source(viewer, dock, qtbot) -> None:
    source = viewer.add_image(
        noisy(),
        name="cells",
        scale=(0.5, 0.25),
        translate=(3, 4),
        rotate=30,
        shear=[0.1],
        affine=[[1, 0.2, 5], [0, 1, 6], [0, 0, 1]],
        units=("um", "um"),
        axis_labels=("y", "x"),
        contrast_limits=(450, 700),
        colormap="magma",
        gamma=0.8,
    )
    dock.options.stages_combo.setCurrentIndex(3)
    dock.options.stages_combo.activated.emit(3)
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)
    assert names(viewer) == ["cells", "cells stage 1", "cells denoised"]
    assert not viewer.layers["cells stage 1"].visible
    for name in ("cells stage 1", "cells denoised"):
        result = viewer.layers[name]
        assert result.data.dtype == np.uint16
        assert result.data.shape == source.data.shape
        np.testing.assert_array_equal(result.extent.world, source.extent.world)
        for corner in ((0, 0), (63, 0), (10, 63)):
            np.testing.assert_allclose(result.data_to_world(corner), source.data_to_world(corner))
        assert result.units == source.units
        assert result.axis_labels == source.axis_labels
        assert result.contrast_limits == [450, 700]
        assert result.colormap.name == "magma"
        assert result.gamma == 0.8
    np.testing.assert_array_equal(source.data, noisy())
    assert viewer.layers.selection.active is source


def test_a_result_says_where_it_comes_from(viewer, dock, qtbot) -> None:
    from napari_autostructn2v.settings import Settings

    viewer.add_image(noisy(), name="cells")
    dock.advanced.seed.setValue(7)
    dock.denoise()
    finish(dock, qtbot)
    origin = viewer.layers["cells denoised"].metadata["autostructn2v"]
    assert origin["source"] == "cells"
    assert origin["random_seed"] == 7
    assert Settings.from_toml(origin["settings"]) == dock.settings()
    assert origin["mask"] == ["111"]
    assert origin["verdict"] == VERDICT
    assert set(origin["versions"]) == {"napari-autostructn2v", "torch", "numpy", "napari"}


def test_the_preview_shows_early_and_becomes_the_result(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(), name="cells")
    standin.steps, standin.pause = 1000, 0.01
    dock.denoise()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    preview = viewer.layers["cells denoised (preview)"]
    first = preview.data
    qtbot.waitUntil(lambda: preview.data is not first, timeout=10_000)
    dock.cancel()
    finish(dock, qtbot)
    assert viewer.layers["cells denoised (cancelled)"] is preview
    assert preview.data.dtype == np.uint16


def test_previews_that_show_nothing_or_less_than_before_are_left_out(viewer, qtbot) -> None:
    from napari_autostructn2v.widgets.image import Outcome, viewer_state
    from napari_autostructn2v.widgets.work import without_flat_previews

    image = noisy(dtype=np.float32)
    go_on = threading.Event()

    def task(stop):
        yield from without_flat_previews(previews(), image, None)

    def previews():
        for phase, step, level in (("stage 1", 1, 0), ("stage 1", 9, 0.5), ("stage 2", 1, 0.4), ("stage 2", 9, 0.7)):
            yield Progress(phase, step, 10, preview=image * level)
            go_on.wait(60)  # for the window, however busy the machine is
            go_on.clear()

    def shown() -> list[float]:
        return [float(layer.data.max() / image.max()) for layer in viewer.layers[1:]]

    source = viewer.add_image(image, name="cells")
    control = viewer_state(viewer).control
    control.start([source], lambda source: (task, lambda _: Outcome(source, None, None, {})))
    for expected in ([], [0.5], [0.5], [0.7]):
        with qtbot.waitSignal(control.progressed, timeout=10_000):
            pass
        assert shown() == pytest.approx(expected)
        go_on.set()
    qtbot.waitUntil(lambda: not control.is_running, timeout=10_000)


@pytest.mark.parametrize("phase", ["stage 1", "stage 2"])
def test_cancel_keeps_what_was_reached(viewer, dock, standin, qtbot, phase) -> None:
    viewer.add_image(noisy(), name="cells")
    standin.hold_at = phase
    dock.denoise()
    qtbot.waitUntil(lambda: standin.reached == phase, timeout=10_000)
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "cells denoised (cancelled)" in names(viewer), timeout=2000)
    assert viewer.layers["cells denoised (cancelled)"].metadata["autostructn2v"]["stopped"]
    assert "cancelled" in dock.result_view.label.text()
    assert dock.run_button.isEnabled()


def test_progress_and_losses_are_shown(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(), name="cells")
    words = set()
    standin.pause = 0.3
    dock.control.runner.progressed.connect(lambda events: words.add(dock.progress.label.text()))
    dock.denoise()
    finish(dock, qtbot)
    assert any(text.startswith("Stage 1: step") and text.endswith(" s left") for text in words)
    steps, losses = dock.loss_plot.curves()["held-out"]
    drawn = [loss for loss in losses if np.isfinite(loss)]
    assert drawn == pytest.approx([1.1 / step for step in (1, 2, 3, 4)] * 2)
    assert steps == sorted(steps)


@pytest.mark.parametrize("losses", [(0.13, 0.6), (1.1, 3.0), (1e-5, 1e-4), (20.0, 9000.0)])
def test_the_axis_of_the_loss_says_loss_whatever_the_numbers(dock, losses) -> None:
    axis = dock.loss_plot.getPlotItem().getAxis("left")
    axis.setRange(*np.log10(losses))
    assert axis.label.toPlainText().strip() == "loss"


@pytest.mark.parametrize("losses", [(0.91, 0.97), (1.02, 1.4), (0.13, 0.6), (1e-5, 1e-4), (20.0, 9000.0)])
def test_the_axis_of_the_loss_has_numbers_that_leave_room_for_one_another(dock, losses) -> None:
    axis = dock.loss_plot.getPlotItem().getAxis("left")
    ((_, ticks),) = axis.tickValues(*np.log10(losses), 110)
    assert 2 <= len(ticks) <= 6
    assert all(losses[0] <= 10**tick <= losses[1] for tick in ticks)
    assert len(set(axis.tickStrings(ticks, 1, 1))) == len(ticks)


def test_running_again_replaces_or_adds_as_chosen(viewer, dock, qtbot) -> None:
    viewer.add_image(noisy(), name="cells")
    dock.denoise()
    finish(dock, qtbot)
    first = viewer.layers["cells denoised"]
    dock.denoise()
    finish(dock, qtbot)
    assert names(viewer).count("cells denoised") == 1
    second = viewer.layers["cells denoised"]
    assert second is not first
    dock.advanced.keep_earlier.setChecked(True)
    dock.denoise()
    finish(dock, qtbot)
    assert second in viewer.layers
    assert len([name for name in names(viewer) if "denoised" in name]) == 2


def test_a_cancelled_or_failed_second_run_leaves_the_first_result(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(), name="cells")
    dock.denoise()
    finish(dock, qtbot)
    first = viewer.layers["cells denoised"]
    standin.error = ValueError("boom")
    standin.error_at = "stage 2"
    dock.denoise()
    finish(dock, qtbot)
    assert first in viewer.layers
    assert "cells denoised (unfinished)" in names(viewer)
    standin.error = None
    dock.denoise()
    finish(dock, qtbot)
    assert [name for name in names(viewer) if "denoised" in name] == ["cells denoised"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.full((64, 64), 5, np.uint8), "constant"),
        (np.zeros((8, 8), np.float32), "at least 16"),
        (np.where(np.eye(64) > 0, np.nan, noisy(dtype=np.float32)), "NaN"),
        (np.eye(64) > 0, "mask"),
    ],
)
def test_bad_images_are_answered_by_a_sentence(viewer, dock, qtbot, data, sentence) -> None:
    viewer.add_image(data, name="bad", contrast_limits=(0, 1))
    dock.denoise()
    finish(dock, qtbot)
    assert sentence in dock.message.text
    assert not dock.message.details_button.isVisibleTo(dock)
    assert dock.run_button.isEnabled()
    assert names(viewer) == ["bad"]


def test_no_image_and_labels_are_answered_by_a_sentence(viewer, dock, qtbot) -> None:
    dock.denoise()
    assert "Open one" in dock.message.text
    labels = viewer.add_labels(np.ones((64, 64), int), name="nuclei")
    dock.denoise_layers([labels])
    assert "Labels layer" in dock.message.text
    assert not dock.control.runner.is_running


def test_too_few_patches_offers_random_ones(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(), name="cells")
    standin.error = NotEnoughPatchesError("Not enough patches: 3 of 16. Raise the threshold.")
    dock.denoise()
    finish(dock, qtbot)
    assert "Not enough patches" in dock.message.text
    standin.error = None
    qtbot.mouseClick(dock.message.action_button, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)
    settings = standin.runs[-1]["settings"]
    assert not settings.stage1.roi.use_roi
    assert not settings.stage2.roi.use_roi
    assert "cells denoised" in names(viewer)
    assert dock.message.text == ""


class OutOfMemoryError(RuntimeError):
    """Has the name of torch's."""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(OutOfMemoryError("CUDA out of memory"), "graphics card ran out of memory"), (MemoryError(), "not enough memory")],
)
def test_out_of_memory_is_told_plainly(viewer, dock, standin, qtbot, error, sentence) -> None:
    viewer.add_image(noisy(), name="cells")
    standin.error = error
    dock.denoise()
    finish(dock, qtbot)
    assert sentence in dock.message.text
    assert "Batch size" in dock.message.text
    standin.error = None
    dock.denoise()
    finish(dock, qtbot)
    assert "cells denoised" in names(viewer)


@pytest.mark.parametrize("error", [ValueError("wrong shape"), RuntimeError("mat1 and mat2")])
def test_an_unexpected_error_gives_details_to_copy_and_the_dock_is_ready_again(
    viewer, dock, standin, qtbot, error
) -> None:
    viewer.add_image(noisy(), name="cells")
    standin.error = error
    dock.denoise()
    finish(dock, qtbot)
    assert str(error) in dock.message.text
    assert "Traceback" not in dock.message.text
    QApplication.clipboard().clear()
    qtbot.mouseClick(dock.message.details_button, Qt.MouseButton.LeftButton)
    assert "Traceback" in QApplication.clipboard().text()
    assert dock.run_button.isEnabled()


def test_a_result_that_cannot_be_shown_leaves_the_dock_ready(viewer, dock, qtbot, monkeypatch) -> None:
    from napari_autostructn2v.widgets.image.results import ResultLayers

    def fail(*_) -> None:
        raise ValueError("axes do not match")

    viewer.add_image(noisy(), name="cells")
    monkeypatch.setattr(ResultLayers, "finish", fail)
    dock.denoise()
    finish(dock, qtbot)
    assert "axes do not match" in dock.message.text
    assert dock.run_button.isEnabled()


def test_a_channel_that_adds_to_others_is_hidden_once_its_result_shows(viewer, dock, qtbot) -> None:
    source = viewer.add_image(noisy(), name="red", colormap="red", blending="additive")
    other = viewer.add_image(noisy(seed=1), name="green", colormap="green", blending="additive")
    dock.denoise_layers([source])
    finish(dock, qtbot)
    result = viewer.layers["red denoised"]
    assert (result.blending, result.visible, source.visible, other.visible) == ("additive", True, False, True)


def test_a_source_removed_in_mid_run_still_gets_its_result(viewer, dock, standin, qtbot) -> None:
    source = viewer.add_image(noisy(), name="cells", scale=(2, 2))
    standin.hold_at = "stage 2"
    dock.denoise()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    viewer.layers.remove(source)
    standin.hold_at = ""
    finish(dock, qtbot)
    assert tuple(viewer.layers["cells denoised"].scale) == (2, 2)


def test_a_preview_deleted_by_the_user_stays_away_until_the_result(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(), name="cells")
    standin.steps, standin.pause = 1000, 0.01
    dock.denoise()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    viewer.layers.remove("cells denoised (preview)")
    with qtbot.waitSignals([dock.control.runner.progressed] * 3, timeout=10_000):
        pass
    assert names(viewer) == ["cells"]
    dock.cancel()
    finish(dock, qtbot)
    assert "cells denoised (cancelled)" in names(viewer)


def test_a_second_run_during_the_first_is_refused_in_words(viewer, dock, standin, qtbot) -> None:
    layer = viewer.add_image(noisy(), name="cells")
    standin.hold_at = "stage 1"
    dock.denoise()
    assert not dock.run_button.isEnabled()
    assert "in progress" in dock.run_button.toolTip()
    dock.denoise_layers([layer])
    assert "in progress" in dock.message.text
    assert len(standin.runs) <= 1
    dock.cancel()
    finish(dock, qtbot)


@pytest.mark.parametrize("shape", [(5, 48, 48), (2, 3, 48, 48)])
def test_stacks_give_stacks(viewer, dock, qtbot, shape) -> None:
    source = viewer.add_image(
        noisy(shape, np.uint8),
        name="movie",
        scale=(2.0,) * (len(shape) - 2) + (0.5, 0.25),
        translate=range(len(shape)),
        axis_labels="tzyx"[-len(shape) :],
    )
    dock.denoise()
    finish(dock, qtbot)
    result = viewer.layers["movie denoised"]
    assert result.data.shape == shape
    np.testing.assert_array_equal(result.extent.world, source.extent.world)


def test_the_preview_of_a_stack_lies_on_the_plane_in_view(viewer, dock, standin, qtbot) -> None:
    source = viewer.add_image(
        noisy((5, 48, 48)), name="movie", scale=(2, 1, 1), translate=(10, 0, 0), axis_labels="tyx"
    )
    viewer.dims.set_current_step(0, 3)
    standin.steps, standin.pause = 1000, 0.01
    dock.denoise()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    assert standin.runs[-1]["preview_plane"] == 3
    preview = viewer.layers["movie denoised (preview)"]
    assert preview.data.shape == (1, 48, 48)
    np.testing.assert_array_equal(preview.data_to_world((0, 5, 7)), source.data_to_world((3, 5, 7)))
    dock.cancel()
    finish(dock, qtbot)
    result = viewer.layers["movie denoised (cancelled)"]
    assert result.data.shape == (5, 48, 48)
    np.testing.assert_array_equal(result.data_to_world((0, 5, 7)), source.data_to_world((0, 5, 7)))


def test_multiscale_and_lazy_images(viewer, dock, qtbot) -> None:
    da = pytest.importorskip("dask.array")
    image = noisy((128, 128))
    viewer.add_image([image, image[::2, ::2]], multiscale=True, name="pyramid")
    dock.denoise()
    finish(dock, qtbot)
    assert viewer.layers["pyramid denoised"].data.shape == (128, 128)
    lazy = viewer.add_image(da.from_array(image, chunks=64), name="lazy")
    dock.denoise_layers([lazy])
    finish(dock, qtbot)
    assert isinstance(viewer.layers["lazy denoised"].data, np.ndarray)


def test_an_image_larger_than_memory_is_refused_before_it_is_read(viewer, dock) -> None:
    data = np.broadcast_to(np.uint8(0), (4_000_000, 1024, 1024))
    huge = viewer.add_image(data, contrast_limits=(0, 1), name="huge")
    dock.denoise_layers([huge])
    assert "GB of memory" in dock.message.text
    assert not dock.control.runner.is_running


def test_several_layers_are_denoised_one_after_the_other(viewer, dock, standin, qtbot) -> None:
    layers = [viewer.add_image(noisy(seed=seed), name=f"cells {seed}") for seed in range(2)]
    bad = viewer.add_image(np.full((64, 64), 5, np.uint8), name="blank", contrast_limits=(0, 1))
    dock.denoise_layers([layers[0], bad, layers[1]])
    qtbot.waitUntil(lambda: "cells 1 denoised" in names(viewer) and not dock.control.runner.is_running, timeout=10_000)
    assert "cells 0 denoised" in names(viewer)
    assert "constant" in dock.message.text


def test_cancel_ends_the_whole_queue(viewer, dock, standin, qtbot) -> None:
    layers = [viewer.add_image(noisy(seed=seed), name=f"cells {seed}") for seed in range(2)]
    standin.hold_at = "stage 1"
    dock.denoise_layers(layers)
    qtbot.waitUntil(lambda: bool(standin.reached), timeout=10_000)
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)
    assert "cells 0 denoised (cancelled)" in names(viewer)
    assert not any(name.startswith("cells 1 ") for name in names(viewer))


@pytest.mark.parametrize("focus", ["image", "run_button"])
def test_the_keyboard_runs_without_moving_the_view(make_napari_viewer, standin, qtbot, focus) -> None:
    viewer = make_napari_viewer(show=True)
    dock = DenoiseDock(viewer)
    container = viewer.window.add_dock_widget(dock, name="Denoise")
    viewer.add_image(noisy(), name="cells")
    container.activateWindow()
    qtbot.waitUntil(container.isActiveWindow, timeout=5000)
    viewer.scene.camera.zoom = 7
    getattr(dock, focus).setFocus()
    qtbot.keyClick(getattr(dock, focus), Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    finish(dock, qtbot)
    assert "cells denoised" in names(viewer)
    assert viewer.scene.camera.zoom == 7


def test_the_patches_that_an_image_is_tuned_to_are_used(viewer, dock, standin, qtbot) -> None:
    from dataclasses import replace

    from napari_autostructn2v.widgets.image import viewer_state

    tuned, other = viewer.add_image(noisy(), name="tuned"), viewer.add_image(noisy(seed=1), name="other")
    for layer, threshold in ((tuned, 0.31), (other, 0.62)):
        state = viewer_state(viewer).of(layer)
        state.set_stage(0, replace(state.pair[0], roi_threshold=threshold))
    dock.denoise_layers([tuned])
    finish(dock, qtbot)
    assert standin.runs[-1]["settings"].stage1.roi.roi_threshold == 0.31


def test_quality_stages_and_advanced_settings_reach_the_run(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy(), name="cells")
    dock.options.quality["fast"].click()
    dock.advanced.stage_forms["stage2"].editors["mask_percentage"].value = 7.5
    dock.advanced.stage_forms["stage1"].editors["roi_share"].value = 40
    dock.options.stages_combo.setCurrentIndex(1)
    dock.options.stages_combo.activated.emit(1)
    dock.denoise()
    finish(dock, qtbot)
    settings = standin.runs[-1]["settings"]
    assert settings.preset == "fast"
    assert settings.stages == "1"
    assert settings.stage1.num_epochs == PRESET_EPOCHS["fast"]
    assert settings.stage1.roi_share == 0.4
    assert settings.stage2.mask_percentage == 7.5
    dock.advanced.reset_button.click()
    assert dock.settings() == Settings.from_preset("fast", stages="1")
    assert dock.settings().stages == "1"


def test_a_settings_file_loaded_elsewhere_shows_here(viewer, dock) -> None:
    from napari_autostructn2v.settings import Settings
    from napari_autostructn2v.widgets.image import viewer_state

    viewer_state(viewer).set_settings(Settings.from_preset("best", stages="2", random_seed=5, device="cuda:1"))
    assert dock.options.preset == "best"
    assert dock.options.stages == "2"
    assert dock.advanced.seed.value() == 5
    assert dock.settings().device == "cuda:1"


def test_closing_the_dock_in_mid_run_leaves_the_run_to_a_dock_opened_later(viewer, standin, qtbot) -> None:
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    viewer.add_image(noisy(), name="cells")
    standin.hold_at = "stage 2"
    dock.denoise()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    said = []
    notification_manager.notification_ready.connect(said.append)
    viewer.window.remove_dock_widget(dock)
    notification_manager.notification_ready.disconnect(said.append)
    assert "still being denoised" in said[0].message
    dock.deleteLater()
    later = DenoiseDock(viewer)
    viewer.window.add_dock_widget(later, name="Denoise")
    qtbot.waitUntil(lambda: "Stage 2" in later.progress.label.text(), timeout=10_000)
    assert not later.loss_plot.is_empty
    assert not later.run_button.isEnabled()
    standin.hold_at = ""
    finish(later, qtbot)
    assert names(viewer) == ["cells", "cells denoised"]
    assert later.result_view.has_result


def test_closing_the_viewer_in_mid_run_ends_the_run(make_napari_viewer, standin, qtbot) -> None:
    viewer = make_napari_viewer()
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    viewer.add_image(noisy(), name="cells")
    standin.hold_at = "stage 1"
    dock.denoise()
    qtbot.waitUntil(lambda: bool(standin.threads), timeout=10_000)
    viewer.close()
    qtbot.waitUntil(lambda: not any(thread.is_alive() for thread in standin.threads), timeout=5000)


def test_the_plane_in_view_is_found_in_the_units_of_the_layer(viewer, dock, standin, qtbot) -> None:
    viewer.add_image(noisy((5, 48, 48)), name="coarse", scale=(2, 1, 1), units=("um", "um", "um"))
    fine = viewer.add_image(noisy((5, 48, 48)), name="fine", scale=(2000, 1000, 1000), units=("nm", "nm", "nm"))
    viewer.dims.set_current_step(0, 3)
    dock.denoise_layers([fine])
    finish(dock, qtbot)
    assert standin.runs[-1]["preview_plane"] == 3
