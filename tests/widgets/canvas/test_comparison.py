"""Comparing goes along with what happens in the viewer, and leaves nothing behind."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.widgets.denoise import DenoiseDock

DIVIDED = "cells before | after"


@pytest.fixture
def dock(make_napari_viewer, monkeypatch, qtbot):
    """A dock that has just denoised a stack of three planes called "cells"."""
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer()
    viewer.add_image(
        np.random.default_rng(0).normal(100, 10, (3, 48, 64)),
        name="cells",
        scale=(2, 1, 1),
        axis_labels="tyx",
    )
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    run(dock, qtbot)
    return dock


def run(dock, qtbot) -> None:
    dock.denoise()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=20_000)


def press(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def visible(viewer) -> list[str]:
    return [layer.name for layer in viewer.layers if layer.visible]


def test_the_divider_follows_to_another_plane(dock, qtbot) -> None:
    viewer, view = dock._viewer, dock.result_view
    layers = viewer.layers
    viewer.dims.set_current_step(0, 0)
    press(qtbot, view.compare_button)
    viewer.dims.set_current_step(0, 2)
    qtbot.waitUntil(lambda: np.array_equal(layers[DIVIDED].data[0, :, 40:], layers["cells denoised"].data[2, :, 40:]))
    np.testing.assert_array_equal(layers[DIVIDED].data_to_world((0, 5, 7)), layers["cells"].data_to_world((2, 5, 7)))
    assert len(layers) == 4, "and the line"
    press(qtbot, view.compare_button)
    viewer.dims.set_current_step(0, 1)
    qtbot.wait(50)
    assert DIVIDED not in layers


def test_without_its_result_there_is_nothing_to_compare_until_the_next_run(dock, qtbot) -> None:
    view, layers = dock.result_view, dock._viewer.layers
    buttons = (view.compare_button, view.grid_button, view.difference_button)
    press(qtbot, view.compare_button)
    press(qtbot, view.grid_button)
    layers.remove("cells denoised")
    assert DIVIDED not in layers
    assert not dock._viewer.canvas.grid.enabled
    for button in buttons:
        assert not button.isEnabled()
        assert "removed" in button.toolTip()
    run(dock, qtbot)
    for button in buttons:
        assert button.isEnabled()
        assert "removed from" not in button.toolTip()


def test_closing_the_dock_ends_comparing(dock, qtbot) -> None:
    viewer, view = dock._viewer, dock.result_view
    before = visible(viewer)
    press(qtbot, view.compare_button)
    press(qtbot, view.grid_button)
    viewer.window.remove_dock_widget(dock)
    qtbot.waitUntil(lambda: not viewer.canvas.grid.enabled, timeout=5000)
    assert visible(viewer) == before
    dock.deleteLater()


def test_only_results_of_the_very_image_are_replaced(dock, qtbot) -> None:
    """Not those of an image that had the same name before, and not copies that the user has made."""
    viewer = dock._viewer
    first = viewer.layers["cells denoised"]
    copy = viewer.add_image(first.data, name="mine", metadata=first.metadata)
    viewer.layers.remove("cells")
    other = viewer.add_image(np.random.default_rng(1).normal(100, 10, (3, 48, 64)), name="cells", axis_labels="tyx")
    dock.image.layer = other
    run(dock, qtbot)
    assert {first, copy} <= set(viewer.layers)
    other.name = "renamed"
    run(dock, qtbot)
    results = [layer for layer in viewer.layers if "denoised" in layer.name]
    assert len(results) == 2, "one of the first image, and the newest of the other"
    assert first in results
    assert copy in viewer.layers
