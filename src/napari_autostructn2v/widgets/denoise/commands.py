"""What the plugin's menu entries do."""

from __future__ import annotations

import napari.viewer
from napari.layers import Image
from qtpy.QtWidgets import QDockWidget

from ..image import image_of
from ..parts import unwrapped
from .dock import DenoiseDock

__all__ = ["denoise_active_layer"]

#: As napari calls the dock when it is opened from its menu, which then finds and toggles this one.
_NAME = "Denoise (autoStructN2V)"


def denoise_active_layer(viewer: napari.viewer.Viewer) -> None:
    """Open the Denoise dock and denoise the selected image layers, one after the other, with what the dock says.

    Of a result, the image that it was made from is denoised.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """
    viewer = unwrapped(viewer)
    dock = _opened(viewer)
    selected = [layer for layer in viewer.layers if layer in viewer.layers.selection]
    images = dict.fromkeys(image_of(layer) or layer for layer in selected if isinstance(layer, Image))
    # With nothing but other layers selected, the dock says why these cannot be denoised.
    dock.denoise_layers(list(images) or selected)


def _opened(viewer: napari.viewer.Viewer) -> DenoiseDock:
    """Return the dock of a viewer, which is brought to the front, and opened where there is none."""
    window = viewer.window
    for container in window._qt_window.findChildren(QDockWidget):
        dock = container.findChild(DenoiseDock)
        if dock is not None:
            container.show()
            container.raise_()
            return dock
    dock = DenoiseDock(viewer)
    window.add_dock_widget(dock, name=_NAME)
    return dock
