"""What belongs to one image is never shown beside another, whatever opens the dock and whenever it is cancelled."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.denoise.commands import denoise_active_layer

PLUGIN = "napari-autostructn2v"


@pytest.fixture
def standin(monkeypatch) -> StandIn:
    return StandIn().install(monkeypatch)


@pytest.fixture
def viewer(make_napari_viewer, standin):
    from npe2 import PluginManager, PluginManifest

    manager = PluginManager.instance()
    if PLUGIN not in manager:
        manager.register(PluginManifest.from_distribution(PLUGIN))
    viewer = make_napari_viewer()
    rng = np.random.default_rng(0)
    for name in ("first", "second"):
        viewer.add_image(rng.normal(100, 10, (64, 64)).astype(np.float32), name=name)
    return viewer


@pytest.fixture
def dock(viewer, standin):
    dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Denoise")[1]
    yield dock
    dock.control.stop()
    for thread in standin.threads:
        thread.join(5)


def finish(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=10_000)


def test_the_menu_of_layers_uses_the_dock_that_is_open(viewer, dock, qtbot) -> None:
    viewer.layers.selection = {viewer.layers["first"]}
    denoise_active_layer(viewer)
    assert len(viewer.window.dock_widgets) == 1
    assert dock.control.is_running
    denoise_active_layer(viewer)
    assert "in progress" in dock.message.text, "one run at a time"
    finish(dock, qtbot)


def test_a_second_dock_of_the_same_kind_closes_the_first(viewer, dock, qtbot) -> None:
    second = DenoiseDock(viewer)
    viewer.window.add_dock_widget(second, name="another")
    viewer.window._qt_window.show()  # docks find each other once they are shown
    qtbot.waitUntil(lambda: len(viewer.window.dock_widgets) == 1)
    viewer.window._qt_window.hide()
    assert second.control is dock.control, "one run at a time in a viewer"


def test_verdict_curves_and_model_go_with_their_image(viewer, dock, standin, qtbot) -> None:
    viewer.layers.selection.active = viewer.layers["first"]
    dock.denoise()
    finish(dock, qtbot)
    assert "“first denoised”" in dock.result_view.label.text()
    assert not dock.loss_plot.is_empty
    assert dock.model_panel.apply_button.isEnabled()
    viewer.layers.selection.active = viewer.layers["second"]
    assert not dock.result_section.isVisibleTo(dock)
    assert dock.loss_plot.is_empty and not dock.training_section.isVisibleTo(dock)
    assert not dock.model_panel.apply_button.isEnabled()
    assert "Not measured" in dock.noise_panel.verdict.text()
    assert "second" in dock.noise_section.button.text()
    viewer.layers.selection.active = viewer.layers["first denoised"]
    assert "“first denoised”" in dock.result_view.label.text(), "a result stands for its image"


def test_a_run_cancelled_while_it_measures_leaves_nothing_and_says_so(viewer, dock, standin, qtbot) -> None:
    standin.hold_at = "measuring"
    dock.denoise()
    qtbot.waitUntil(lambda: bool(standin.runs))
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)
    qtbot.wait(100)
    assert len(viewer.layers) == 2
    assert "Stopping" not in dock.progress.label.text()
    assert "Cancelled before" in dock.progress.label.text()
    assert dock.run_button.isEnabled() and not dock.cancel_button.isEnabled()


def test_a_cancelled_run_leaves_the_finished_result_and_its_model(viewer, dock, standin, qtbot) -> None:
    dock.denoise()
    finish(dock, qtbot)
    layer, model = viewer.layers["second denoised"], dock.model_panel.model
    standin.hold_at = "stage 1"
    dock.denoise()
    qtbot.waitUntil(lambda: dock.cancel_button.isEnabled() and "second denoised (preview)" in viewer.layers)
    dock.cancel()
    finish(dock, qtbot)
    assert layer in viewer.layers and layer.name == "second denoised"
    assert "second denoised (cancelled)" in viewer.layers
    assert dock.model_panel.model is model
    assert "“second denoised”" in dock.result_view.label.text()


def test_progress_names_its_image_and_its_place_in_the_queue(viewer, dock, standin, qtbot) -> None:
    standin.hold_at = "stage 1"
    seen: list[str] = []
    dock.control.progressed.connect(lambda events: seen.append(dock.progress.label.text()))
    dock.denoise_layers([viewer.layers["first"], viewer.layers["second"]])
    qtbot.waitUntil(lambda: any(text.startswith("“first”, 1 of 2: ") for text in seen), timeout=10_000)
    assert dock.image.combo.count() == 2, "previews and results are no images to choose"
    standin.hold_at = ""
    dock.control.runner._running.stop.set()  # ends the first alone
    finish(dock, qtbot)
    assert any("2 of 2" in text for text in seen)


def test_what_is_shown_in_mid_run_fits_and_comes_back_afterwards(viewer, dock, standin, qtbot) -> None:
    window = viewer.window._qt_window
    window.resize(1280, 800)
    window.show()
    dock.denoise()  # an earlier result takes room, too
    finish(dock, qtbot)
    for section in (dock.noise_section, dock.model_section, dock.advanced_section):
        section.expand()
    bar = dock.sections.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    standin.hold_at = "stage 2"
    dock.denoise()
    qtbot.waitUntil(lambda: standin.reached == "stage 2", timeout=10_000)
    qtbot.waitUntil(lambda: bar.maximum() == 0, timeout=10_000)
    assert dock.loss_plot.isVisible() and not dock.loss_plot.visibleRegion().isEmpty()
    dock.cancel()
    finish(dock, qtbot)
    assert dock.noise_section.is_expanded and dock.model_section.is_expanded and dock.advanced_section.is_expanded
    window.hide()


@pytest.mark.parametrize("by_key", [True, False])
def test_models_come_into_view_when_they_are_opened(viewer, dock, qtbot, by_key) -> None:
    window = viewer.window._qt_window
    window.resize(1280, 800)
    window.show()
    dock.denoise()
    finish(dock, qtbot)
    section = dock.model_section
    assert not section.is_expanded
    # Somebody has scrolled as far as the title; how much is seen without that depends on Qt and its fonts.
    dock.sections.ensureWidgetVisible(section.button)
    qtbot.waitUntil(lambda: section.button.isVisible() and not section.button.visibleRegion().isEmpty())
    if by_key:
        section.button.setFocus()
        qtbot.keyClick(section.button, Qt.Key.Key_Space)
    else:
        qtbot.mouseClick(section.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: section.visibleRegion().boundingRect().height() == section.height())
    assert section.content.isVisible()
    window.hide()
