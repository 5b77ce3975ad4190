"""How much of a result its layer shows; kept in the metadata of the layer."""

from __future__ import annotations

from napari.layers import Image

from .layer_order import METADATA_KEY, origin_of

__all__ = ["note_strength", "strength_of"]

_KEY = "strength"


def strength_of(layer: Image) -> float:
    """Return the share of the result in what a layer shows, from 0 to 1."""
    return float(origin_of(layer).get(_KEY, 1.0))


def note_strength(layer: Image, strength: float) -> None:
    """Write into the metadata of a result how much of it the layer shows."""
    layer.metadata[METADATA_KEY] = origin_of(layer) | {_KEY: strength}
