"""Results show above the images, and what is drawn on the images stays in view above the results."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.samples import scan_lines
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import origin_of
from napari_autostructn2v.widgets.roi import RoiDock


def names(viewer) -> list[str]:
    return ["patches" if origin_of(layer).get("role") == "patches" else layer.name for layer in viewer.layers]


@pytest.fixture
def docks(make_napari_viewer, monkeypatch, qtbot):
    """Both docks, on an image with its patches shown."""
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer()
    viewer.add_image(scan_lines((128, 128)), name="cells")
    tuning, denoising = RoiDock(viewer), DenoiseDock(viewer)
    for dock, name in ((tuning, "ROI tuning"), (denoising, "Denoise")):
        viewer.window.add_dock_widget(dock, name=name)
    qtbot.waitUntil(lambda: "patches" in names(viewer), timeout=20_000)
    yield viewer, tuning, denoising
    run(denoising, qtbot, press=False)


def run(dock, qtbot, *, press=True) -> None:
    if press:
        qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=20_000)


def test_patches_and_points_stay_above_results(docks, qtbot) -> None:
    viewer, _, dock = docks
    viewer.add_points(np.array([[3, 4]]), name="marks")
    before = names(viewer)
    for _ in range(2):  # the second time replaces
        run(dock, qtbot)
        assert names(viewer) == ["cells", "cells denoised", *before[1:]]
    qtbot.mouseClick(dock.result_view.difference_button, Qt.MouseButton.LeftButton)
    assert names(viewer)[-len(before[1:]) :] == before[1:]


def test_a_result_lies_above_all_images_and_the_patches_above_it(docks, qtbot) -> None:
    viewer, _, dock = docks
    viewer.add_image(np.zeros((128, 128)), name="other", contrast_limits=(0, 1))
    dock.image.layer = viewer.layers["cells"]
    run(dock, qtbot)
    order = names(viewer)
    assert order.index("other") < order.index("cells denoised") < order.index("patches")


def test_patches_move_above_the_image_that_they_are_tuned_on(docks, qtbot) -> None:
    viewer, tuning, _ = docks
    other = viewer.add_image(scan_lines((128, 128), seed=1), name="other")
    tuning.image.layer = other
    qtbot.waitUntil(lambda: names(viewer)[-1] == "patches", timeout=20_000)
