"""Write the rectangles of many patches into a Shapes layer within a frame of the screen.

napari builds, triangulates and stacks each shape in Python: 50 to 500 microseconds a rectangle. All patches are the
same square in other places, so one square is built by napari and the arrays of all others are that square moved, which
takes about a hundredth of the time. Those arrays are private to napari. Therefore :func:`fits_napari` first writes
three squares both ways and compares every array; where anything differs, :class:`RectangleWriter` keeps to the public
methods.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from napari.layers import Shapes
from napari.layers.base import ActionType
from napari.utils.colormaps.standardize_color import transform_color

__all__ = ["RectangleWriter", "corners_of", "fits_napari"]

#: What the fast way writes, compared by :func:`fits_napari` with what napari itself would have written.
_VIEW_ARRAYS = (
    "_vertices", "_vertices_index", "_z_index", "_z_order", "_edge_color", "_face_color", "_displayed",
    "displayed_vertices", "displayed_vertices_to_shape_num", "displayed_index",
)  # fmt: skip

_MESH_ARRAYS = (
    "vertices", "vertices_centers", "vertices_offsets", "vertices_index", "triangles", "triangles_index",
    "triangles_colors", "triangles_z_order", "displayed_triangles", "displayed_triangles_colors",
    "displayed_triangles_to_shape_index",
)  # fmt: skip

_SHAPE_ARRAYS = (
    "data", "data_displayed", "_bounding_box", "_box", "_face_vertices", "_face_triangles", "_edge_vertices",
    "_edge_offsets", "_edge_triangles", "slice_key",
)  # fmt: skip


class RectangleWriter:
    """Keeps the rectangles of a two-dimensional Shapes layer equal to a list of patches.

    Width and colours are the layer's current ones, so that what a user picks in the layer controls holds for all.

    Parameters
    ----------
    layer : napari.layers.Shapes
    fast : bool, optional
        Write napari's arrays directly; by default where :func:`fits_napari` says so.
    """

    def __init__(self, layer: Shapes, *, fast: bool | None = None) -> None:
        self._layer = layer
        self._fast = fits_napari() if fast is None else fast
        self._corners: list[tuple[int, int]] = []
        self._style: tuple[Any, ...] = ()
        self._square: Any = None
        self._squares: dict[tuple[int, int], Any] = {}

    def write(self, corners: np.ndarray, side: int) -> None:
        """Show one square a patch and nothing else.

        Parameters
        ----------
        corners : (N, 2) ndarray, int
            Row and column of the upper left pixel of each patch, all different.
        side : int
            In pixels.
        """
        layer = self._layer
        wanted = [(row, column) for row, column in np.asarray(corners).tolist()]
        if layer.selected_data:
            layer.selected_data = set()
        with layer.block_thumbnail_update():
            if self._fast:
                self._write_arrays(wanted, side)
            else:
                self._write_publicly(wanted, side)

    def tell(self) -> None:
        """Tell those who follow the layer (the viewer, other plugins) that its shapes have changed.

        The fast way leaves that to the caller: once after a sweep of the slider is enough, and it costs as much as all
        the writing.
        """
        if self._fast:
            layer = self._layer
            layer.events.data(value=layer.data, action=ActionType.CHANGED, data_indices=(-1,), vertex_indices=((),))

    def forget(self) -> None:
        """Take nothing for granted about what the layer shows: a hand has been at it."""
        self._squares = {}
        self._style = ()

    def _write_publicly(self, wanted: list[tuple[int, int]], side: int) -> None:
        """Remove and add what changed."""
        layer = self._layer
        style = (side, layer.current_edge_width, layer.current_edge_color, layer.current_face_color)
        if style != self._style or layer.nshapes != len(self._corners):
            layer.data = []
            self._corners, self._style = [], style
        keep = set(wanted)
        gone = [index for index, corner in enumerate(self._corners) if corner not in keep]
        present = set(self._corners)
        new = [corner for corner in wanted if corner not in present]
        if gone:
            layer.remove(gone)
        if new:
            layer.add_rectangles(
                _square(side) + np.array(new)[:, None],
                edge_width=layer.current_edge_width,
                edge_color=layer.current_edge_color,
                face_color=layer.current_face_color,
                z_index=[0] * len(new),
            )
        self._corners = [corner for corner in self._corners if corner in keep] + new  # napari appends

    def _write_arrays(self, wanted: list[tuple[int, int]], side: int) -> None:
        layer = self._layer
        edge, face = transform_color(layer.current_edge_color)[0], transform_color(layer.current_face_color)[0]
        order = tuple(layer._slice_input.order)
        style = (side, float(layer.current_edge_width), order)
        if style != self._style:
            self._style = style
            self._square = _napari_rectangle(side, style[1], order)
            self._squares = {}
        _fill(layer._data_view, self._square, np.array(wanted, np.float32).reshape(-1, 2), edge, face)
        layer._data_view.shapes = self._shapes(wanted)
        layer._data_view._clear_cache()
        hovered, layer._value = layer._value[0] is not None, (None, None)
        layer._feature_table.resize(len(wanted))
        layer.text.apply(layer.features)
        layer.refresh(thumbnail=False, highlight=hovered)

    def _shapes(self, wanted: list[tuple[int, int]]) -> list[Any]:
        """Return a napari rectangle for each corner; those of the last call are used again."""
        known = self._squares
        new = [corner for corner in wanted if corner not in known]
        shapes = dict(zip(new, _moved(self._square, np.array(new, np.float32).reshape(-1, 2)), strict=True))
        shown = [known[corner] if corner in known else shapes[corner] for corner in wanted]
        self._squares = dict(zip(wanted, shown, strict=True))
        return shown


def corners_of(layer: Shapes) -> tuple[np.ndarray, np.ndarray]:
    """Return what the shapes of a layer enclose.

    Returns
    -------
    low, high : (N, 2) ndarray
        First and last row and column of each shape's bounding box as pixel edges: a patch at (0, 0) of side 8 goes
        from 0 to 8.
    """
    if not layer.nshapes:
        return np.empty((0, 2)), np.empty((0, 2))
    boxes = np.array([(shape[:, -2:].min(axis=0), shape[:, -2:].max(axis=0)) for shape in layer.data]) + 0.5
    return boxes[:, 0], boxes[:, 1]


@cache
def fits_napari() -> bool:
    """Return whether this napari holds its rectangles the way that the fast writer writes them."""
    corners = np.array([(0, 0), (5, 3), (40, 16)])
    try:
        ours, theirs = (_sample(fast, corners) for fast in (True, False))
        views = ours._data_view, theirs._data_view
        same = all(_equal(*views, name) for name in _VIEW_ARRAYS)
        same = same and all(_equal(views[0]._mesh, views[1]._mesh, name) for name in _MESH_ARRAYS)
        return same and all(
            _equal(*pair, name) for pair in zip(views[0].shapes, views[1].shapes, strict=True) for name in _SHAPE_ARRAYS
        )
    except Exception:  # whatever another napari does here, the public methods still work
        return False


def _sample(fast: bool, corners: np.ndarray) -> Shapes:
    layer = Shapes(ndim=2, edge_width=1.5, edge_color="red", face_color="transparent")
    layer.current_edge_width = 1.5
    RectangleWriter(layer, fast=fast).write(corners, 16)
    return layer


def _equal(first: Any, second: Any, name: str) -> bool:
    ours, theirs = np.asarray(getattr(first, name)), np.asarray(getattr(second, name))
    return ours.shape == theirs.shape and np.allclose(ours, theirs, atol=1e-4)


def _square(side: int) -> np.ndarray:
    """Corners of a patch at (0, 0); pixel centres are whole numbers, so its edge lies half a pixel outside."""
    low, high = -0.5, side - 0.5
    return np.array([(low, low), (low, high), (high, high), (high, low)])


def _napari_rectangle(side: int, edge_width: float, order: tuple[int, ...]) -> Any:
    from napari.layers.shapes._shapes_models import Rectangle

    square = Rectangle(_square(side), edge_width=edge_width, z_index=0, dims_order=list(order), ndisplay=2)
    _ = square.data_displayed, square.dims_displayed  # cached, to be copied with the rest
    return square


def _moved(square: Any, shifts: np.ndarray) -> list[Any]:
    """Return a copy of a napari rectangle at each place; (N, 2) shifts along rows and columns."""
    displayed = shifts[:, list(square.dims_displayed)][:, None]
    data = square._data + shifts[:, None]
    boxes = square._bounding_box + shifts[:, None]
    shown = square.data_displayed + displayed
    edges = square._edge_vertices + displayed
    handles = square._box + displayed
    shapes = []
    for index in range(len(shifts)):
        shape = object.__new__(type(square))
        shape.__dict__.update(
            square.__dict__,
            _data=data[index],
            _bounding_box=boxes[index],
            _face_vertices=shown[index],
            data_displayed=shown[index],
            _edge_vertices=edges[index],
            _box=handles[index],
        )
        shapes.append(shape)
    return shapes


def _fill(view: Any, square: Any, shifts: np.ndarray, edge: np.ndarray, face: np.ndarray) -> None:
    """Write the arrays of a ShapeList and its mesh for squares at (N, 2) places."""
    count = len(shifts)
    shifts = shifts[:, None, list(square.dims_displayed)]
    numbers = np.arange(count, dtype=np.int32)
    starts = np.arange(count + 1, dtype=np.int32)

    faces = len(square._face_vertices)
    centers = np.concatenate([square._face_vertices, square._edge_vertices]).astype(np.float32)
    offsets = np.concatenate([np.zeros((faces, 2)), square._edge_offsets]).astype(np.float32)
    triangles = np.concatenate([square._face_triangles, square._edge_triangles + faces]).astype(np.int32)
    colors = np.empty((len(triangles), 4), np.float32)
    colors[: len(square._face_triangles)] = face
    colors[len(square._face_triangles) :] = edge

    mesh = view._mesh
    mesh.vertices = (centers + square.edge_width * offsets + shifts).astype(np.float32).reshape(-1, 2)
    mesh.vertices_centers = (centers + shifts).reshape(-1, 2)
    mesh.vertices_offsets = np.tile(offsets, (count, 1))
    mesh.vertices_index = starts * len(centers)
    mesh.triangles = (triangles + (numbers * len(centers))[:, None, None]).reshape(-1, 3)
    mesh.triangles_index = starts * len(triangles)
    mesh.triangles_colors = np.tile(colors, (count, 1))
    mesh.triangles_z_order = np.arange(count * len(triangles), dtype=np.int32)
    mesh.displayed_triangles = mesh.triangles
    mesh.displayed_triangles_colors = mesh.triangles_colors
    mesh.displayed_triangles_to_shape_index = np.repeat(numbers, len(triangles))

    corners = len(square.data_displayed)
    view._vertices = (square.data_displayed + shifts).reshape(-1, 2)
    view._vertices_index = starts * corners
    view._z_index = np.zeros(count, np.int32)
    view._z_order = numbers.astype(np.int64)
    view._edge_color = np.tile(edge, (count, 1))
    view._face_color = np.tile(face, (count, 1))
    view._displayed = np.ones(count, bool)
    view.displayed_vertices = view._vertices
    view.displayed_vertices_to_shape_num = np.repeat(numbers, corners)
    view.displayed_index = view._vertices_index[:-1]
