"""Where new layers go: above the images, below what is drawn on them, and without taking the selection away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, WeakKeyDictionary, WeakSet

from napari.layers import Image

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = [
    "METADATA_KEY",
    "add_quietly",
    "image_of",
    "is_made_from",
    "is_made_here",
    "keeping_selection",
    "made_from",
    "mark_as_made",
    "origin_of",
    "raise_above",
    "selection_is_kept",
]

#: Where the metadata of a layer keep what is known about its origin.
METADATA_KEY = "autostructn2v"

#: The image of each layer that was made here: by its layer, since another one may get its name once it is gone.
_made_from: WeakKeyDictionary[Layer, ReferenceType[Image] | None] = WeakKeyDictionary()

#: Lists of layers whose selection is about to be put back.
_kept: WeakSet[Any] = WeakSet()


def origin_of(layer: Layer) -> dict[str, Any]:
    """Return what a layer says about where it comes from; empty for layers of other origin."""
    origin = layer.metadata.get(METADATA_KEY)
    return origin if isinstance(origin, dict) else {}


def mark_as_made(layer: Layer, source: ReferenceType[Image] | None) -> None:
    """Remember that a layer was made here, and from which image."""
    _made_from[layer] = source


def is_made_here(layer: Layer) -> bool:
    """Return whether a layer is a result, a comparison or a preview; a copy that the user has made of one is not."""
    return layer in _made_from


def made_from(layer: Layer) -> Image | None:
    """Return the image that a layer was made from, None if that is gone or the layer is of other origin."""
    reference = _made_from.get(layer)
    return None if reference is None else reference()


def image_of(layer: Layer | None) -> Image | None:
    """Return the image that a layer is about: itself, or what it was made from; None for labels and the like."""
    if not isinstance(layer, Image):
        return None
    return made_from(layer) if is_made_here(layer) else layer


def is_made_from(layer: Layer, source: ReferenceType[Image] | None) -> bool:
    """Return whether a layer was made here from an image, which may be gone by now."""
    return source is not None and _made_from.get(layer) == source


def selection_is_kept(viewer: ViewerModel) -> bool:
    """Return whether the selection of the moment is a passing one, made by a layer that is just being added."""
    return viewer.layers in _kept


@contextmanager
def keeping_selection(viewer: ViewerModel) -> Iterator[None]:
    """Put the selection back as it was, whatever is added inside."""
    layers = viewer.layers
    selected, active = set(layers.selection), layers.selection.active
    _kept.add(layers)
    try:
        yield
        if selected:
            layers.selection = selected
            layers.selection.active = active
    finally:
        _kept.discard(layers)


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
    if index is None:
        index = max((place + 1 for place, other in enumerate(layers) if isinstance(other, Image)), default=len(layers))
    with keeping_selection(viewer):
        layers.insert(index, layer)
        for patches in [other for other in layers if origin_of(other).get("role") == "patches"]:
            raise_above(viewer, patches, layer)


def raise_above(viewer: ViewerModel, upper: Layer, lower: Layer) -> None:
    """Move a layer to the top unless it already lies above another one."""
    layers = viewer.layers
    if upper in layers and lower in layers and layers.index(upper) < layers.index(lower):
        layers.move(layers.index(upper), len(layers))
