"""What of an image the canvas shows: which rows and columns, and why it shows none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

__all__ = ["region_in_view", "why_no_plane"]


def why_no_plane(viewer: Viewer, what: str) -> str:
    """Say in a sentence why there is no plane of rows and columns in view; empty where there is one.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    what : str
        Needs the plane.
    """
    dims = viewer.dims
    if dims.ndisplay != 2:
        return f"{what} needs the view in two dimensions: press Ctrl+Y, or the cube below the layer list."
    if set(dims.displayed) != {dims.ndim - 2, dims.ndim - 1}:
        return f"{what} needs rows and columns in view: press Ctrl+E until they are."
    return ""


def region_in_view(viewer: Viewer, layer: Image, shape: tuple[int, ...]) -> np.ndarray:
    """Return first and last row, and first and last column, in view, as far as an image reaches.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    layer : napari.layers.Image
    shape : (int, int, ...)
        Rows and columns of the image.

    Returns
    -------
    (2, 2) float64
        In pixels, from -0.5, the upper or left edge of the first one.
    """
    camera, displayed = viewer.scene.camera, list(viewer.dims.displayed)
    reach = np.asarray(viewer.canvas.size) / camera.zoom / 2
    corners = []
    for sign in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        point = np.array(viewer.dims.point, float)
        point[displayed] = np.asarray(camera.center[-2:]) + sign * reach
        corners.append(layer.world_to_data(point)[-2:])
    edge = np.asarray(shape[:2])
    low = np.clip(np.min(corners, axis=0), -0.5, edge - 0.5)
    high = np.clip(np.max(corners, axis=0), -0.5, edge - 0.5)
    return np.stack([low, high], axis=1)
