"""Error maps become image layers that lie where the image lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image

from .layer_order import METADATA_KEY, add_quietly, is_made_from, mark_as_made, origin_of
from .source import Source

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["add_error_map"]

_ROLE = "error map"

#: Percentile of the error at which the colours end; a few pixels would leave the others dark.
_BRIGHTEST = 99.8


def add_error_map(viewer: ViewerModel, source: Source, maps: Sequence[np.ndarray]) -> Image:
    """Add an error map as a layer, in the place of an earlier one of the same image.

    Parameters
    ----------
    viewer : napari viewer
    source : Source
    maps : sequence of (..., Y, X) float32
        Of each channel; those of the colours of an RGB image become one.
    """
    data = np.sqrt(np.mean(np.square(maps), axis=0)) if source.is_rgb else source.whole(maps)
    for layer in list(viewer.layers):
        if origin_of(layer).get("role") == _ROLE and is_made_from(layer, source.reference):
            viewer.layers.remove(layer)
    layer = Image(
        data,
        name=f"{source.name} error map",
        colormap="inferno",
        contrast_limits=(0.0, max(float(np.percentile(data, _BRIGHTEST)), float(np.finfo(np.float32).tiny))),
        metadata={METADATA_KEY: {"source": source.name, "role": _ROLE}},
        **source.placement,
    )
    mark_as_made(layer, source.reference)
    add_quietly(viewer, layer, None)
    return layer
