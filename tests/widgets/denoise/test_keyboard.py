"""The Denoise dock by keyboard alone."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from napari_autostructn2v.widgets.denoise import DenoiseDock


def test_the_tab_key_goes_from_top_to_bottom(make_napari_viewer, qtbot) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.random.default_rng(0).normal(size=(2, 64, 64)), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    qtbot.waitUntil(dock.isVisible)
    viewer.window._qt_window.activateWindow()
    dock.image.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is dock.image.combo)
    passed = [dock.image.combo]
    while passed[-1] is not dock.run_button and len(passed) < 12:
        qtbot.keyClick(passed[-1], Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget())
    heights = [widget.mapTo(dock, QPoint(0, widget.height() // 2)).y() for widget in passed]
    assert heights == sorted(heights)
    assert passed[-1] is dock.run_button
    assert set(dock.options.quality.values()) & set(passed), "one of the buttons; the arrow keys choose among them"
    assert dock.options.stages_combo in passed


@pytest.mark.parametrize("preset", ["fast", "best"])
def test_the_tab_key_stops_at_the_chosen_quality(make_napari_viewer, qtbot, preset) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.random.default_rng(0).normal(size=(64, 64)), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    qtbot.waitUntil(dock.isVisible)
    viewer.window._qt_window.activateWindow()
    choice = dock.options.quality
    choice[preset].click()
    dock.image.lock_button.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is dock.image.lock_button)
    qtbot.keyClick(dock.image.lock_button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is choice[preset]
    qtbot.keyClick(choice[preset], Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is dock.options.stages_combo
    dock.options.stages_combo.setFocus()
    qtbot.keyClick(dock.options.stages_combo, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(choice[preset], Qt.Key.Key_Right if preset == "fast" else Qt.Key.Key_Left)
    assert choice["balanced"].isChecked() and QApplication.focusWidget() is choice["balanced"]


def test_every_section_is_gone_through_in_the_order_in_which_it_is_read(make_napari_viewer, qtbot) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.random.default_rng(0).normal(size=(64, 64)), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    for section in (dock.noise_section, dock.model_section, dock.advanced_section):
        section.expand()
    qtbot.waitUntil(lambda: dock.advanced.reset_button.y() > 200)  # laid out
    qtbot.waitUntil(dock.isVisible)
    viewer.window._qt_window.activateWindow()
    qtbot.waitUntil(viewer.window._qt_window.isActiveWindow)
    for section in (dock.noise_section, dock.model_section, dock.advanced_section):
        stops, content = [], section.content
        section.button.setFocus()
        qtbot.waitUntil(lambda heading=section.button: QApplication.focusWidget() is heading)
        qtbot.keyClick(section.button, Qt.Key.Key_Tab)
        while content.isAncestorOf(QApplication.focusWidget()) and len(stops) < 60:
            stops.append(QApplication.focusWidget())
            qtbot.keyClick(stops[-1], Qt.Key.Key_Tab)
        places = [stop.mapTo(content, stop.rect().center()) for stop in stops]
        rows = [place.y() // 12 for place in places]
        # Without a model there is nothing to do with one but to open it.
        assert len(stops) > (0 if content is dock.model_panel else 3) and rows == sorted(rows), content
    assert dock.noise_panel.editor.focusPolicy() & Qt.FocusPolicy.TabFocus
