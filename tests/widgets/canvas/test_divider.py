"""The line is dragged in the image itself, in real canvases."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import QPoint, Qt

from napari_autostructn2v.widgets.denoise import DenoiseDock

HALVES, LINE = "cells before | after", "cells before | after (line)"


@pytest.fixture
def dock(make_napari_viewer, monkeypatch, qtbot):
    """A dock that has just denoised a stack called "cells", with a visible window."""
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer(show=True)
    viewer.add_image(
        np.random.default_rng(0).normal(100, 10, (3, 48, 64)).astype(np.uint8),
        name="cells",
        scale=(2, 0.5, 0.5),
        translate=(0, 7, -3),
        axis_labels="tyx",
    )
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    dock.denoise()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=60_000)
    viewer.dims.set_current_step(0, 2)
    viewer.reset_view()
    qtbot.wait(100)
    dock.result_view.compare_button.click()
    yield dock
    dock.result_view.stop_comparing()


def canvas_of(dock):
    return dock._viewer.window._qt_viewer.canvas


def on_screen(dock, column: float):
    """Where a column of the image is on the canvas, half way down."""
    viewer = dock._viewer
    world = viewer.layers[HALVES].data_to_world((0, 24, column))
    size, camera = np.array(viewer.canvas.size), viewer.scene.camera
    return (np.array(world[-2:]) - camera.center[-2:]) * camera.zoom + size / 2


def drag(dock, qtbot, start: float, end: float) -> None:
    native = canvas_of(dock).native
    first, last = (QPoint(round(x), round(y)) for y, x in (on_screen(dock, start), on_screen(dock, end)))
    qtbot.mouseMove(native, first)
    qtbot.mousePress(native, Qt.MouseButton.LeftButton, pos=first)
    for step in (0.5, 1.0):
        qtbot.mouseMove(native, first + (last - first) * step)
        qtbot.wait(20)
    qtbot.mouseRelease(native, Qt.MouseButton.LeftButton, pos=last)


@pytest.mark.parametrize("zoomed", [False, True])
def test_the_line_is_dragged_and_the_image_stays(dock, qtbot, zoomed) -> None:
    viewer, view = dock._viewer, dock.result_view
    if zoomed:
        viewer.scene.camera.zoom *= 1.7
        qtbot.wait(20)
    center = viewer.scene.camera.center
    drag(dock, qtbot, 31.5, 40.5)
    halves = viewer.layers[HALVES].data[0]
    before, after = viewer.layers["cells"].data[2], viewer.layers["cells denoised"].data[2]
    line = round(view.divider.position * 64)
    assert line == pytest.approx(41, abs=1)
    np.testing.assert_array_equal(halves[:, :line], before[:, :line])
    np.testing.assert_array_equal(halves[:, line:], after[:, line:])
    np.testing.assert_allclose(viewer.scene.camera.center, center)
    assert view.slider.value() == pytest.approx(1000 * view.divider.position, abs=1), "the slider follows"
    drag(dock, qtbot, 24, 29)
    assert not np.allclose(viewer.scene.camera.center, center), "elsewhere the image is moved as ever"
    assert view.divider.position * 64 == pytest.approx(line, abs=1)


def test_the_labels_stay_in_view_and_as_large(dock, qtbot) -> None:
    viewer = dock._viewer
    guides = viewer.layers[LINE]
    assert [text for text in guides.text.values if text.strip()] == ["original", "denoised"]
    wide = np.ptp(guides.data[2][:, 1])
    viewer.scene.camera.zoom *= 4
    qtbot.wait(30)
    assert np.ptp(guides.data[2][:, 1]) == pytest.approx(wide / 4, rel=1e-3)
    (top, _), (left, right) = dock.result_view.divider._region
    assert guides.data[2][0, 0] > top > 0, "in view although the upper edge of the image is not"
    viewer.scene.camera.center = (0, 7 + 12, -3 + 60)  # the line is out of view on the left
    qtbot.wait(30)
    (_, _), (left, right) = dock.result_view.divider._region
    assert left <= guides.data[1][:, 1].mean() <= right, "it waits at the edge"


def test_in_3d_it_says_what_to_do_and_comes_back(dock, qtbot) -> None:
    viewer, view = dock._viewer, dock.result_view
    assert "Hold H" in view.hint.text()
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(lambda: HALVES not in viewer.layers)
    assert LINE not in viewer.layers
    assert "two dimensions" in view.hint.text()
    viewer.dims.ndisplay = 2
    qtbot.waitUntil(lambda: HALVES in viewer.layers)
    assert "Drag the line" in view.hint.text()
    viewer.dims.order = (1, 0, 2)
    qtbot.waitUntil(lambda: HALVES not in viewer.layers)
    assert "rows and columns" in view.hint.text()


def test_taking_a_layer_away_ends_it(dock) -> None:
    viewer = dock._viewer
    del viewer.layers[LINE]
    assert HALVES not in viewer.layers
    assert not dock.result_view.compare_button.isChecked()
    assert not viewer.mouse_move_callbacks


def test_the_original_is_shown_while_a_key_is_held(dock, qtbot) -> None:
    viewer = dock._viewer
    native = canvas_of(dock).native

    def visible() -> list[str]:
        return [layer.name for layer in viewer.layers if layer.visible]

    before = visible()
    assert before[-1] == LINE
    qtbot.keyPress(native, Qt.Key.Key_H)
    assert visible() == ["cells"]
    assert viewer.layers["cells"].name_overlay.visible, "it says what is seen"
    qtbot.keyRelease(native, Qt.Key.Key_H)
    assert visible() == before
    assert not viewer.layers["cells"].name_overlay.visible
    qtbot.keyPress(native, Qt.Key.Key_H)
    dock.result_view.held_original.release()  # the window has lost the keyboard meanwhile
    assert visible() == before
    qtbot.keyRelease(native, Qt.Key.Key_H)
    assert visible() == before
