"""Plots follow napari's theme at once."""

from __future__ import annotations

import numpy as np

from napari_autostructn2v.widgets.plots import LossPlot


def test_the_background_of_plots_is_that_of_the_window(make_napari_viewer, qtbot) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.random.default_rng(0).normal(size=(128, 128)), name="cells")
    dock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "ROI tuning")[1]
    losses = LossPlot(lambda event: "")
    viewer.window.add_dock_widget(losses, name="losses")
    plots = dock.background.section.histogram, losses
    qtbot.waitUntil(lambda: dock.selections[0] is not None)

    def corners() -> list[int]:
        return [plot.grab().toImage().pixelColor(1, 1).lightness() for plot in plots]

    assert max(corners()) < 100, "dark"
    viewer.theme = "light"
    qtbot.waitUntil(lambda: min(corners()) > 180)
    viewer.theme = "dark"
    qtbot.waitUntil(lambda: max(corners()) < 100)
