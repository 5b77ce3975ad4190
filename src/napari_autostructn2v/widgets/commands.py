"""What the plugin's menu entries do."""

from __future__ import annotations

import napari.viewer

__all__ = ["denoise_active_layer"]


def denoise_active_layer(viewer: napari.viewer.Viewer) -> None:
    """Open the Denoise dock and denoise the active layer with what the dock says.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """
    from .layer_choice import unwrapped

    viewer = unwrapped(viewer)
    dock_widget, dock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")
    dock_widget.show()
    dock_widget.raise_()
    dock.denoise_layer(viewer.layers.selection.active)
