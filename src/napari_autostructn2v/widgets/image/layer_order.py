"""Where new layers go: above the images, below what is drawn on them, and without taking the selection away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["METADATA_KEY", "add_quietly", "origin_of", "raise_above"]

#: Where the metadata of a layer keep what is known about its origin.
METADATA_KEY = "autostructn2v"


def origin_of(layer: Layer) -> dict[str, Any]:
    """Return what a layer says about where it comes from; empty for layers of other origin."""
    origin = layer.metadata.get(METADATA_KEY)
    return origin if isinstance(origin, dict) else {}


def add_quietly(viewer: ViewerModel, layer: Layer, index: int | None = None) -> None:
    """Add a layer to a viewer and leave the selection as it is.

    Parameters
    ----------
    viewer : napari viewer
    layer : Layer
    index : int, optional
        Its place; by default right above the topmost image, so that patches, points and labels stay in view.
    """
    layers = viewer.layers
    selected, active = set(layers.selection), layers.selection.active
    if index is None:
        index = max((place + 1 for place, other in enumerate(layers) if isinstance(other, Image)), default=len(layers))
    layers.insert(index, layer)
    for patches in [other for other in layers if origin_of(other).get("role") == "patches"]:
        raise_above(viewer, patches, layer)
    if selected:
        layers.selection = selected
        layers.selection.active = active


def raise_above(viewer: ViewerModel, upper: Layer, lower: Layer) -> None:
    """Move a layer to the top unless it already lies above another one."""
    layers = viewer.layers
    if upper in layers and lower in layers and layers.index(upper) < layers.index(lower):
        layers.move(layers.index(upper), len(layers))
