"""Gives a layer of two dimensions the place that the rows and columns of an image have in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Image, Layer

__all__ = ["place_of", "put_on"]


def put_on(layer: Layer, image: Image) -> None:
    """Move a layer of two dimensions onto an image."""
    for name, value in _transform(image).items():
        setattr(layer, name, value)


def place_of(image: Image) -> tuple[Any, ...]:
    """Return where an image is, to be compared: setting a transform redraws the canvas even where nothing changes."""
    return tuple(value.tobytes() if isinstance(value, np.ndarray) else value for value in _transform(image).values())


def _transform(image: Image) -> dict[str, Any]:
    return {
        "scale": np.asarray(image.scale)[-2:],
        "translate": np.asarray(image.translate)[-2:],
        "rotate": np.asarray(image.rotate)[-2:, -2:],
        "shear": np.asarray(image.shear)[-1:],
        "affine": np.asarray(image.affine.affine_matrix)[-3:, -3:],
        "units": tuple(image.units)[-2:],
        "axis_labels": tuple(image.axis_labels)[-2:],
    }
