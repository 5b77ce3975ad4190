"""Open napari with the sample image and both docks, ready for the button Denoise."""

from __future__ import annotations

import napari

PLUGIN = "napari-autostructn2v"


def open_demo() -> napari.Viewer:
    viewer = napari.Viewer(title="napari-autostructn2v: press Denoise")
    viewer.open_sample(PLUGIN, "scan_lines")
    viewer.window.add_plugin_dock_widget(PLUGIN, "ROI tuning")
    viewer.window.add_plugin_dock_widget(PLUGIN, "Denoise", tabify=True)
    return viewer


if __name__ == "__main__":
    open_demo()
    napari.run()
