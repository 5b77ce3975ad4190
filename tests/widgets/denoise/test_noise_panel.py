"""The noise panel: the measured correlation, and the mask drawn over it."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import VERDICT, StandIn, row_noise
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QHelpEvent
from qtpy.QtWidgets import QApplication, QFileDialog, QToolTip

from napari_autostructn2v.noise import BlindMask
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.plots import MaskEditor


@pytest.fixture
def editor(qtbot) -> MaskEditor:
    editor = MaskEditor()
    qtbot.addWidget(editor)
    editor.resize(300, 200)
    editor.show_mask(np.ones((1, 3), bool), row_noise().correlation)
    return editor


def click(qtbot, editor, row, column, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.mouseClick(editor, Qt.MouseButton.LeftButton, modifier, editor.position_of(row, column).toPoint())


def test_a_click_hides_a_pixel_and_its_mirror_image(editor, qtbot) -> None:
    with qtbot.waitSignal(editor.edited):
        click(qtbot, editor, 1, 0)
    np.testing.assert_array_equal(editor.pattern, [[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    click(qtbot, editor, 0, 1)
    np.testing.assert_array_equal(editor.pattern, [[1], [1], [1]])
    click(qtbot, editor, 0, -2, Qt.KeyboardModifier.ShiftModifier)
    np.testing.assert_array_equal(editor.pattern, [[0, 0, 1, 0, 0], [1, 0, 1, 0, 0], [0, 0, 1, 0, 0]])


def test_the_centre_stays_blind_and_clicks_beside_the_picture_do_nothing(editor, qtbot) -> None:
    with qtbot.assertNotEmitted(editor.edited):
        click(qtbot, editor, 0, 0)
        qtbot.mouseClick(editor, Qt.MouseButton.LeftButton, pos=QPoint(2, 100))
    np.testing.assert_array_equal(editor.pattern, [[1, 1, 1]])


def test_a_drag_hides_all_it_crosses(editor, qtbot) -> None:
    qtbot.mousePress(editor, Qt.MouseButton.LeftButton, pos=editor.position_of(-2, 0).toPoint())
    qtbot.mouseMove(editor, editor.position_of(-2, 1).toPoint())
    qtbot.mouseMove(editor, editor.position_of(-2, 2).toPoint())
    qtbot.mouseRelease(editor, Qt.MouseButton.LeftButton)
    assert editor.pattern[0].tolist() == [False, False, True, True, True]
    assert editor.pattern[-1].tolist() == [True, True, True, False, False]


def test_the_largest_mask_fits_into_the_picture(editor) -> None:
    editor.show_mask(np.ones((31, 1), bool))
    assert editor.pattern.shape == (25, 1)
    for row in (-12, 12):
        assert editor.rect().contains(editor.position_of(row, 0).toPoint())
        assert editor.offset_at(editor.position_of(row, 0)) == (row, 0)


def test_a_drag_over_the_centre_shows_its_neighbours_and_leaves_it_blind(editor, qtbot) -> None:
    qtbot.mousePress(editor, Qt.MouseButton.LeftButton, pos=editor.position_of(0, -1).toPoint())
    for column in (0, 1, 2):
        qtbot.mouseMove(editor, editor.position_of(0, column).toPoint())
    qtbot.mouseRelease(editor, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(editor.pattern, [[1]])


def test_the_right_button_and_a_move_without_a_button_change_nothing(editor, qtbot) -> None:
    with qtbot.assertNotEmitted(editor.edited):
        qtbot.mouseClick(editor, Qt.MouseButton.RightButton, pos=editor.position_of(1, 0).toPoint())
        qtbot.mouseMove(editor, editor.position_of(2, 0).toPoint())
    np.testing.assert_array_equal(editor.pattern, [[1, 1, 1]])


def test_the_mask_is_drawn_by_keyboard_alone(editor, qtbot) -> None:
    np.testing.assert_array_equal(editor.pattern, [[1, 1, 1]])
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Left):  # from the pixel on the right to the one below
        qtbot.keyClick(editor, key)
    with qtbot.waitSignal(editor.edited):
        qtbot.keyClick(editor, Qt.Key.Key_Space)
    np.testing.assert_array_equal(editor.pattern, [[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    assert editor.accessibleDescription().startswith("+1 px down, +0 px right: hidden")
    qtbot.keyClick(editor, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    np.testing.assert_array_equal(editor.pattern, [[0, 1, 0], [1, 1, 1], [0, 0, 0]])
    for _ in range(30):
        qtbot.keyClick(editor, Qt.Key.Key_Right)
    qtbot.keyClick(editor, Qt.Key.Key_Space)
    assert editor.pattern.shape == (3, 9), "the edge of the picture is the end"


@pytest.mark.parametrize(
    ("offset", "first"),
    [
        ((0, 1), "+0 px down, +1 px right: hidden, correlation 0.60"),
        ((-1, 0), "-1 px down, +0 px right: seen, correlation 0.00"),
        ((3, 4), "+3 px down, +4 px right: seen"),
        (None, "Orange and blue"),
    ],
)
def test_the_tooltip_tells_state_and_correlation_of_the_pixel_under_the_mouse(editor, offset, first) -> None:
    correlation = np.zeros((5, 5))
    correlation[2, 1:4] = 0.6, 1, 0.6
    editor.show_mask(np.ones((1, 3), bool), correlation)
    at = QPoint(1, 100) if offset is None else editor.position_of(*offset).toPoint()
    QApplication.sendEvent(editor, QHelpEvent(QEvent.Type.ToolTip, at, editor.mapToGlobal(at)))
    text = QToolTip.text()
    QToolTip.hideText()
    assert text.startswith(first)
    assert "Click or drag" in text
    assert text.startswith("Orange") or text.splitlines()[0] == first


def test_unmeasured_pixels_have_no_colour(editor) -> None:
    def colour(row: int, column: int) -> QColor:
        # Off the middle of the cell, where the centre has a dot.
        at = editor.position_of(row, column) + QPointF(4, 4)
        return editor.grab().toImage().pixelColor(at.toPoint())

    correlation = np.zeros((5, 5))
    correlation[2, 1:4], correlation[1, 2], correlation[3, 2] = 0.6, np.nan, -0.6
    editor.show_mask(np.ones((1, 1), bool), correlation)
    colours = [colour(*offset).name() for offset in ((0, 1), (-1, 0), (1, 0))]
    assert len(set(colours)) == 3
    editor.show_mask(np.ones((1, 1), bool))
    assert {colour(*offset).name() for offset in ((0, 1), (-1, 0), (1, 0))} == {colours[1]}


@pytest.fixture
def standin(monkeypatch) -> StandIn:
    return StandIn().install(monkeypatch)


@pytest.fixture
def dock(make_napari_viewer, standin, qtbot):
    viewer = make_napari_viewer()
    rng = np.random.default_rng(0)
    viewer.add_image(rng.normal(100, 10, (64, 64)), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    yield dock
    wait(dock, qtbot)


def wait(dock, qtbot) -> None:
    qtbot.waitUntil(
        lambda: not (dock.noise_panel.runner.is_running or dock.noise_panel.gains.is_busy or dock.control.is_running),
        timeout=10_000,
    )


def test_measuring_shows_the_verdict_and_trains_nothing(dock, standin, qtbot) -> None:
    panel = dock.noise_panel
    qtbot.mouseClick(panel.measure_button, Qt.MouseButton.LeftButton)
    wait(dock, qtbot)
    assert panel.verdict.text() == VERDICT
    np.testing.assert_array_equal(panel.editor.pattern, [[1, 1, 1]])
    assert standin.reached == ""
    assert len(dock._viewer.layers) == 1


def test_an_edited_mask_tells_its_gain_and_is_used_by_the_next_run(dock, standin, qtbot) -> None:
    panel = dock.noise_panel
    panel.measure()
    wait(dock, qtbot)
    assert not panel.automatic_button.isEnabled()
    click(qtbot, panel.editor, 1, 0)
    wait(dock, qtbot)
    assert panel.verdict.text().startswith("Your own mask of 5 pixels, 3 high and 3 wide.")
    assert "dB" in panel.verdict.text() or "neither gains nor costs" in panel.verdict.text()
    dock.denoise()
    wait(dock, qtbot)
    mask = standin.runs[-1]["settings"].mask
    assert (mask.source, mask.pattern) == ("editor", ("010", "111", "010"))
    np.testing.assert_array_equal(panel.editor.pattern, [[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    qtbot.mouseClick(panel.automatic_button, Qt.MouseButton.LeftButton)
    assert panel.verdict.text() == VERDICT
    np.testing.assert_array_equal(panel.editor.pattern, [[1, 1, 1]])
    assert dock.settings().mask.source == "raw"


def test_shapes_and_files(dock, qtbot, tmp_path, monkeypatch) -> None:
    panel = dock.noise_panel
    actions = {action.text(): action for action in panel.shape_button.menu().actions()}
    panel.use_pattern(np.ones((1, 5), bool))
    expected = {
        "Column": np.ones((5, 1)),
        "Row": np.ones((1, 5)),
        "Diagonal /": np.eye(5)[::-1],
        "Square": np.ones((5, 5)),
    }
    for name, pattern in expected.items():
        actions[name].trigger()
        np.testing.assert_array_equal(panel.editor.pattern, pattern)
    path = str(tmp_path / "mask.npy")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (path, ""))
    actions["Save…"].trigger()
    assert BlindMask.load(path).pattern.shape == (5, 5)
    actions["Single pixel"].trigger()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (path, ""))
    actions["Load…"].trigger()
    np.testing.assert_array_equal(panel.editor.pattern, np.ones((5, 5)))
    np.save(path, np.ones((2, 2)))
    actions["Load…"].trigger()
    assert "odd sides" in dock.message.text
    np.testing.assert_array_equal(panel.editor.pattern, np.ones((5, 5)))


def test_each_image_keeps_its_own_measurement(dock, qtbot) -> None:
    panel = dock.noise_panel
    panel.measure()
    wait(dock, qtbot)
    first = dock.image.layer
    other = dock._viewer.add_image(np.random.default_rng(1).normal(100, 10, (64, 64)), name="other")
    assert dock.image.layer is other
    assert "Not measured yet" in panel.verdict.text()
    dock.image.layer = first
    assert panel.verdict.text() == VERDICT


def test_an_image_that_cannot_be_measured_is_answered_by_a_sentence(dock, qtbot) -> None:
    blank = dock._viewer.add_image(np.full((64, 64), 5, np.uint8), name="blank", contrast_limits=(0, 1))
    dock.image.layer = blank
    dock.noise_panel.measure()
    wait(dock, qtbot)
    assert "constant" in dock.message.text
    assert "Not measured yet" in dock.noise_panel.verdict.text()


def test_measure_is_heard_while_a_gain_is_worked_out(dock, qtbot) -> None:
    panel = dock.noise_panel
    panel.measure()
    wait(dock, qtbot)
    first = dock.image.layer
    click(qtbot, panel.editor, 1, 0)
    assert panel.gains.is_busy
    other = dock._viewer.add_image(np.random.default_rng(1).normal(100, 10, (64, 64)), name="other")
    dock.image.layer = other
    qtbot.mouseClick(panel.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock._state.of(other).measured is not None, timeout=10_000)
    assert dock._state.of(first).measured is not None
