"""Both docks of the plugin share one place as tabs, until the user drags them apart."""

from __future__ import annotations

import numpy as np
from qtpy.QtWidgets import QApplication, QDockWidget, QWidget

from napari_autostructn2v.widgets.batch import BatchDock
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.roi import RoiDock


def test_the_second_dock_opens_as_a_tab_before_the_first(make_napari_viewer, qtbot) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (64, 64)), name="cells")
    window = viewer.window._qt_window
    other: QDockWidget = viewer.window.add_dock_widget(QWidget(), name="of another plugin")
    tuning = viewer.window.add_dock_widget(RoiDock(viewer), name="ROI tuning (napari-autostructn2v)")
    qtbot.wait(50)
    denoising = viewer.window.add_dock_widget(DenoiseDock(viewer), name="Denoise (napari-autostructn2v)")
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(denoising) == [tuning], timeout=20_000)
    assert other not in window.tabifiedDockWidgets(denoising)
    assert (tuning.windowTitle(), denoising.windowTitle()) == ("ROI tuning", "Denoise"), (
        "two tabs fit beside each other"
    )
    # Apart they stay, hidden and shown again.
    denoising.setFloating(True)
    denoising.hide()
    denoising.show()
    qtbot.wait(50)
    assert denoising.isFloating()


def test_a_dock_that_opens_takes_the_keyboard(make_napari_viewer, qtbot) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (64, 64)), name="cells")
    viewer.window._qt_window.activateWindow()
    # Each opens before the other, whose fields no one sees from then on.
    for kind, first in ((RoiDock, "image.combo"), (DenoiseDock, "image.combo"), (BatchDock, "layers_button")):
        dock = kind(viewer)
        viewer.window.add_dock_widget(dock, name=kind.__name__)
        expected = dock
        for part in first.split("."):
            expected = getattr(expected, part)
        qtbot.waitUntil(lambda expected=expected: QApplication.focusWidget() is expected, timeout=20_000)
