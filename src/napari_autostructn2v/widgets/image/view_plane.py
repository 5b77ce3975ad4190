"""Which plane of a layer the viewer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari.components import Dims
    from napari.layers import Image

__all__ = ["plane_index"]


def plane_index(layer: Image, dims: Dims) -> tuple[int, ...]:
    """Return where along the leading axes of a layer (time, depth, channel) the viewer is, in pixels."""
    leading = layer.ndim - 2
    if leading <= 0:
        return ()
    point = np.array(dims.point[-layer.ndim :], float)
    units = tuple(dims.units)[-layer.ndim :] if dims.units else layer.units
    for axis, (shown, own) in enumerate(zip(units, layer.units, strict=True)):
        if shown != own and shown.is_compatible_with(own):
            point[axis] = (point[axis] * shown).to(own).magnitude
    position = np.asarray(layer.world_to_data(point))[:leading]
    shape = (layer.data[0] if layer.multiscale else layer.data).shape
    return tuple(int(np.clip(np.rint(p), 0, size - 1)) for p, size in zip(position, shape, strict=False))
