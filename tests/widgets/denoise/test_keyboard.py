"""The Denoise dock by keyboard alone."""

from __future__ import annotations

import numpy as np
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
