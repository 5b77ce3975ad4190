"""Which image the docks are about: it follows the selected layer, unless the user holds on to one."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import viewer_state
from napari_autostructn2v.widgets.roi import RoiDock


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def docks(viewer, monkeypatch):
    """Both docks, without an image."""
    StandIn().install(monkeypatch)
    docks = DenoiseDock(viewer), RoiDock(viewer)
    for dock in docks:
        viewer.window.add_dock_widget(dock)
    return docks


def image(viewer, name: str, seed: int = 0):
    return viewer.add_image(np.random.default_rng(seed).normal(100, 10, (64, 64)), name=name)


def test_both_docks_follow_the_selected_image_and_labels_do_not_disturb(viewer, docks):
    assert [dock.image.layer for dock in docks] == [None, None]
    assert not docks[0].image.combo.isEnabled()
    first, second = image(viewer, "first"), image(viewer, "second", 1)
    assert [dock.image.layer for dock in docks] == [second, second]
    viewer.layers.selection.active = first
    assert [dock.image.layer for dock in docks] == [first, first]
    viewer.add_labels(np.zeros((9, 9), int))
    viewer.add_points()
    assert [dock.image.layer for dock in docks] == [first, first]
    assert docks[0].image.combo.count() == 2, "only images are offered"
    docks[1].image.combo.setCurrentIndex(docks[1].image.combo.findText("second"))
    assert docks[0].image.layer is second, "a choice in one dock is one in both"


def test_a_locked_choice_stays(viewer, docks, qtbot):
    first, second = image(viewer, "first"), image(viewer, "second", 1)
    viewer.layers.selection.active = first
    qtbot.mouseClick(docks[0].image.lock_button, Qt.MouseButton.LeftButton)
    viewer.layers.selection.active = second
    third = image(viewer, "third", 2)
    assert [dock.image.layer for dock in docks] == [first, first]
    assert docks[1].image.lock_button.isChecked()
    assert "Locked" in docks[1].image.lock_button.toolTip()
    docks[0].image.layer = second  # the user's own choice still counts
    assert docks[1].image.layer is second
    qtbot.mouseClick(docks[1].image.lock_button, Qt.MouseButton.LeftButton)
    assert docks[0].image.layer is third, "it follows again"


def test_renaming_moving_and_removing(viewer, docks):
    first, second = image(viewer, "first"), image(viewer, "second", 1)
    combo = docks[0].image.combo
    first.name = "renamed"
    viewer.layers.move(0, 2)
    assert docks[0].image.layer is second and combo.currentText() == "second"
    assert "renamed" in [combo.itemText(index) for index in range(combo.count())]
    viewer.layers.remove(second)
    assert docks[0].image.layer is first and combo.currentText() == "renamed"
    viewer.layers.clear()
    assert docks[0].image.layer is None and combo.currentText() == "(no image open)"


def test_the_active_image_is_chosen_by_a_dock_that_opens_later(viewer):
    first = image(viewer, "first")
    image(viewer, "second", 1)
    viewer.layers.selection.active = first
    assert RoiDock(viewer).image.layer is first


def test_results_are_not_offered_and_selecting_one_chooses_its_image(viewer, docks, qtbot):
    dock = docks[0]
    first, second = image(viewer, "first"), image(viewer, "second", 1)
    dock.denoise_layers([first])
    assert dock.image.layer is second, "a run of another image changes no choice"
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=10_000)
    assert dock.image.layer is second
    combo = dock.image.combo
    assert {combo.itemText(index) for index in range(combo.count())} == {"first", "second"}
    result = viewer.layers["first denoised"]
    viewer.layers.selection.active = result
    assert dock.image.layer is first
    copy = viewer.add_image(result.data.copy(), name="a copy", metadata=dict(result.metadata))
    assert dock.image.layer is copy, "a copy that the user has made is the user's"


def test_every_viewer_has_a_state_of_its_own(make_napari_viewer):
    first, second = make_napari_viewer(), make_napari_viewer()
    assert viewer_state(first) is viewer_state(first)
    assert viewer_state(first) is not viewer_state(second)
