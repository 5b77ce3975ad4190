"""What the plugin's menu entries do."""

from __future__ import annotations

import napari.viewer
from napari.layers import Image

__all__ = ["denoise_active_layer"]


def denoise_active_layer(viewer: napari.viewer.Viewer) -> None:
    """Open the Denoise dock and denoise the selected image layers, one after the other, with what the dock says.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """
    from ..parts import unwrapped

    viewer = unwrapped(viewer)
    dock_widget, dock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")
    dock_widget.show()
    dock_widget.raise_()
    selected = [layer for layer in viewer.layers if layer in viewer.layers.selection]
    images = [layer for layer in selected if isinstance(layer, Image)]
    # With nothing but other layers selected, the dock says why these cannot be denoised.
    dock.denoise_layers(images or selected)
