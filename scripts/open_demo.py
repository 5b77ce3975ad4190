"""Open napari with the sample image and both docks, ready for the button Denoise."""

from __future__ import annotations

import napari
from qtpy.QtCore import QTimer

PLUGIN = "napari-autostructn2v"


def open_demo() -> napari.Viewer:
    viewer = napari.Viewer(title="napari-autostructn2v: press Denoise")
    viewer.open_sample(PLUGIN, "scan_lines")
    viewer.window.add_plugin_dock_widget(PLUGIN, "ROI tuning")
    viewer.window.add_plugin_dock_widget(PLUGIN, "Denoise", tabify=True)
    QTimer.singleShot(0, viewer.reset_view)  # the docks left the picture less room than it was fitted to
    return viewer


if __name__ == "__main__":
    open_demo()
    napari.run()
