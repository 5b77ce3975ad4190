"""Patches corrected with the mouse: what is deleted stays out, what is drawn or dragged comes in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.layers import Points, Shapes
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings
from napari_autostructn2v.widgets.canvas.rectangles import corners_of
from napari_autostructn2v.widgets.roi.stage import with_edits

SHAPE = (200, 240)


@pytest.fixture
def image():
    generator = np.random.default_rng(0)
    return np.linspace(0, 100, SHAPE[1]) + generator.normal(0, 3, SHAPE)


@pytest.fixture
def viewer(make_napari_viewer, image):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(image)
    return viewer


@pytest.fixture
def dock(viewer, qtbot):
    dock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "ROI tuning")[1]
    dock.update_patches()
    return dock


def patches(viewer) -> Shapes:
    return next(layer for layer in viewer.layers if isinstance(layer, Shapes))


def corners(viewer) -> set[tuple[int, int]]:
    low, high = corners_of(patches(viewer))
    assert np.all(high - low == 32), "everything on the canvas has the size of a patch"
    return {(round(row), round(column)) for row, column in low}


def used(image, dock) -> set[tuple[int, int]]:
    """What training would use."""
    return {(row, column) for row, column in select_patches(image, dock.settings_pair[0]).coords.tolist()}


def drag(viewer, qtbot, start, end) -> None:
    """Press, move and release the mouse on the canvas, at places given in pixels of the image."""
    canvas = viewer.window._qt_viewer.canvas
    widget = canvas.native
    transform = canvas.view.transform * canvas.view.scene.transform

    def at(share: float) -> QPoint:
        row, column = np.asarray(start) + share * (np.asarray(end) - start)
        return QPoint(*np.rint(transform.map([column, row])[:2]).astype(int).tolist())

    QTest.mouseMove(widget, at(0))
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=at(0))
    if start != end:
        for share in (0.3, 0.7, 1.0):
            # QTest.mouseMove carries no pressed button.
            moved = QMouseEvent(
                QEvent.Type.MouseMove, QPointF(at(share)), QPointF(widget.mapToGlobal(at(share))),
                Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
            )  # fmt: skip
            QApplication.sendEvent(widget, moved)
            qtbot.wait(20)  # napari looks at the mouse no more often
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=at(1))


def test_deleted_stays_out(viewer, dock, image, qtbot):
    layer, before = patches(viewer), corners(viewer)
    viewer.layers.selection.active = layer
    gone = {(0, 0), (16, 32)}
    places = [tuple(corner) for corner in np.rint(corners_of(layer)[0]).tolist()]
    layer.selected_data = {places.index(corner) for corner in gone}
    layer.remove_selected()
    qtbot.waitUntil(lambda: set(dock.settings_pair[0].removed) == gone)
    assert corners(viewer) == before - gone == used(image, dock)
    dock.background.section.threshold.setValue(0.6)
    assert not gone & corners(viewer) and corners(viewer) == used(image, dock)
    assert "2 taken out" in dock.background.section.count.text()
    qtbot.waitUntil(lambda: "by hand" in dock.background.section.message.text)
    dock.background.section.message.action_button.click()  # undo them
    assert corners(viewer) == used(image, dock) >= gone


def test_drawn_with_the_mouse_comes_in(viewer, dock, image, qtbot):
    layer = patches(viewer)
    viewer.layers.selection.active = layer
    layer.mode = "add_rectangle"
    drag(viewer, qtbot, (150, 170), (180, 200))
    qtbot.waitUntil(lambda: dock.settings_pair[0].added == ((149, 169),))
    assert (149, 169) in corners(viewer) and corners(viewer) == used(image, dock)
    assert layer.mode == "add_rectangle", "the tool stays in the hand"


def test_drawn_outside_is_moved_inside(viewer, dock, image, qtbot):
    patches(viewer).add_rectangles(np.array([(-500, 230), (-400, 900)]))
    qtbot.waitUntil(lambda: dock.settings_pair[0].added == ((0, 208),))
    assert corners(viewer) == used(image, dock)


def test_dragged_leaves_its_place(viewer, dock, image, qtbot):
    layer, before = patches(viewer), corners(viewer)
    viewer.layers.selection.active = layer
    layer.mode = "select"
    assert (0, 0) in before
    drag(viewer, qtbot, (5, 5), (5, 5))  # a click selects the patch that only the corner of the image belongs to
    assert layer.selected_data
    drag(viewer, qtbot, (5, 5), (105, 155))
    qtbot.waitUntil(lambda: bool(dock.settings_pair[0].added))
    roi = dock.settings_pair[0]
    assert roi.removed == ((0, 0),) and len(roi.added) == 1
    assert np.abs(np.array(roi.added[0]) - (100, 150)).max() <= 1
    assert corners(viewer) == used(image, dock) == (before - {(0, 0)}) | set(roi.added)

    # The patch that was drawn is dragged on: nothing of it stays behind.
    row, column = roi.added[0]
    drag(viewer, qtbot, (row + 20, column + 20), (row + 20, column + 20))
    drag(viewer, qtbot, (row + 20, column + 20), (row + 40, column + 20))
    qtbot.waitUntil(lambda: dock.settings_pair[0].added not in ((), roi.added))
    assert dock.settings_pair[0].removed == ((0, 0),) and len(dock.settings_pair[0].added) == 1


def test_slider_does_not_pull_a_rectangle_from_the_hand(viewer, dock):
    layer = patches(viewer)
    viewer.layers.selection.active = layer
    layer.mode = "add_rectangle"
    layer._is_creating = True
    before = layer.nshapes
    dock.background.section.threshold.setValue(0.2)
    assert layer.nshapes == before
    layer._is_creating = False


def test_random_patches_are_not_edited(viewer, dock, qtbot):
    dock.background.section.use_roi.setChecked(False)
    qtbot.waitUntil(lambda: patches(viewer).name.startswith("Random"))
    assert not patches(viewer).editable
    dock.background.section.use_roi.setChecked(True)
    qtbot.waitUntil(lambda: patches(viewer).name.startswith("Background"))
    assert patches(viewer).editable


def marks(viewer) -> dict[tuple[float, float], str]:
    """Symbol of the mark at each place."""
    layer = next((layer for layer in viewer.layers if isinstance(layer, Points)), None)
    if layer is None:
        return {}
    places = [(float(row), float(column)) for row, column in layer.data]
    return dict(zip(places, map(str, layer.symbol), strict=True))


def test_edits_are_marked_since_the_outlines_around_them_overlap(viewer, dock, image, qtbot):
    layer = patches(viewer)
    before = corners(viewer)
    assert {(32, 32), (32, 48), (48, 32)} <= before, "neighbours cover all of what is deleted"
    assert not marks(viewer)
    low, _ = corners_of(layer)
    layer.selected_data = {int(np.flatnonzero((np.rint(low) == (32, 32)).all(1))[0])}
    layer.remove_selected()
    qtbot.waitUntil(lambda: dock.settings_pair[0].removed == ((32, 32),))
    assert marks(viewer) == {(47.5, 47.5): "x"}
    layer.add_rectangles(np.array([(99.5, 149.5), (131.5, 181.5)]))
    qtbot.waitUntil(lambda: len(dock.settings_pair[0].added) == 1)
    assert marks(viewer) == {(47.5, 47.5): "x", (115.5, 165.5): "cross"}
    assert not isinstance(viewer.layers.selection.active, Points)
    dock.background.section.show_box.setChecked(False)
    dock.update_patches()
    assert not marks(viewer)
    dock.background.section.show_box.setChecked(True)
    dock.files.reset()
    dock.update_patches()
    assert not marks(viewer)


@pytest.mark.parametrize("where", ["dock", "canvas", "buttons"])
def test_undo_and_redo(viewer, dock, image, qtbot, where):
    section = dock.background.section
    before = corners(viewer)
    patches(viewer).add_rectangles(np.array([(99.5, 149.5), (131.5, 181.5)]))
    qtbot.waitUntil(lambda: bool(dock.settings_pair[0].added))
    section.threshold.setValue(0.3)
    assert dock.files.undo_button.isEnabled() and not dock.files.redo_button.isEnabled()
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    if where == "buttons":
        undo, redo = dock.files.undo_button.click, dock.files.redo_button.click
    else:
        widget = section.threshold if where == "dock" else viewer.window._qt_viewer.canvas.native
        qtbot.waitExposed(viewer.window._qt_window)
        viewer.window._qt_window.activateWindow()
        widget.setFocus()

        def undo() -> None:
            QTest.keyClick(widget, Qt.Key.Key_Z, ctrl)

        def redo() -> None:
            QTest.keyClick(widget, Qt.Key.Key_Z, ctrl | shift)

    undo()
    assert section.threshold.value() == 0.5 and len(dock.settings_pair[0].added) == 1
    undo()
    dock.update_patches()
    assert corners(viewer) == before == used(image, dock)
    redo()
    assert len(dock.settings_pair[0].added) == 1
    redo()
    assert section.threshold.value() == 0.3


CORNERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6)


@given(st.lists(st.tuples(CORNERS, CORNERS), max_size=5))
def test_the_last_word_counts(edits):
    roi = RoiSettings()
    for added, removed in edits:
        roi = with_edits(roi, added, removed)
        assert set(added) <= set(roi.added)
        assert set(removed) - set(added) <= set(roi.removed)
        assert not set(roi.added) & set(roi.removed)
        assert len(set(roi.added)) == len(roi.added)
