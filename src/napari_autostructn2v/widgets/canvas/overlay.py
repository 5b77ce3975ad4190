"""The patches of one stage on the canvas: a Shapes layer, all its traps, and what a hand does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Shapes
from napari.utils.colormaps.standardize_color import transform_color
from qtpy.QtCore import QObject, QTimer, Signal

from ..image import METADATA_KEY, keeping_selection, raise_above
from ..parts import connect_while_alive, unwrapped
from .placing import place_of, put_on
from .rectangles import RectangleWriter, corners_of

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["PatchOverlay"]

#: Width of an edge as a share of the longer side of the image: about a pixel and a half of a usual screen.
_EDGE_SHARE = 1 / 600

#: Milliseconds without a change after which a slider is taken to have come to rest.
_SETTLED = 150

#: Opacity of a patch's face; where patches overlap by half, four lie on each other.
_FACE_ALPHA = 0.05


class PatchOverlay(QObject):
    """Owns the Shapes layer that shows the patches of one stage; nobody else touches its data.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    color : str
        Of the edges, such as ``"#e69f00"``.
    parent : QObject
        The overlay, and its layer, go when the parent does.
    """

    #: Corners put in and corners taken out by hand, each a list of (row, column).
    edited = Signal(list, list)
    #: The layer was shown or hidden: by its eye, or by being deleted.
    visibility_changed = Signal(bool)

    def __init__(self, viewer: Viewer, color: str, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = unwrapped(viewer)
        self._color = color
        self._layer: Shapes | None = None
        self._writer: RectangleWriter | None = None
        self._shown = np.empty((0, 2), int)
        self._side = 0
        self._image_shape = (0, 0)
        self._place: tuple[Any, ...] = ()
        self._busy = False
        self._edit_timer = QTimer(self, singleShot=True, interval=0)
        self._edit_timer.timeout.connect(self._collect_edit)
        self._tell_timer = QTimer(self, singleShot=True, interval=_SETTLED)
        self._tell_timer.timeout.connect(self._tell)
        connect_while_alive(self, self._viewer.layers.events.removed, self._on_removed)

    @property
    def layer(self) -> Shapes | None:
        """The Shapes layer, None while there is none."""
        return self._layer

    def show(
        self, coords: np.ndarray, side: int, image: Image, image_shape: tuple[int, int], name: str, *, editable: bool
    ) -> None:
        """Show patches on an image; makes the layer if there is none.

        Parameters
        ----------
        coords : (N, 2) ndarray, int
            Upper left corners in pixels of the image.
        side : int
            Of a patch, in pixels.
        image : napari.layers.Image
            The rectangles lie on it whatever its scale, rotation and translation are.
        image_shape : tuple of int
            Rows and columns of the image at full resolution.
        name : str
            Of the layer.
        editable : bool
            Whether the rectangles can be drawn, moved and deleted.
        """
        layer = self._layer or self._make_layer(image, image_shape, name)
        if self._edit_timer.isActive() or getattr(layer, "_is_moving", False) or getattr(layer, "_is_creating", False):
            return  # a rectangle is in the hand: what becomes of it calls for a new picture anyway
        self._busy = True
        try:
            if layer.name != name and not layer.name.startswith(f"{name} ["):
                layer.name = name
            self._put_on(layer, image)
            raise_above(self._viewer, layer, image)
            layer.editable = editable
            if self._image_shape != image_shape:
                layer.current_edge_width = _edge_width(image_shape)
            self._writer.write(coords, side)  # type: ignore[union-attr]
        finally:
            self._busy = False
        self._shown, self._side, self._image_shape = coords, side, image_shape
        self._tell_timer.start()

    def set_visible(self, visible: bool) -> None:
        """Show or hide the layer, if there is one, without telling anybody."""
        if self._layer is not None and self._layer.visible != visible:
            self._busy = True
            try:
                self._layer.visible = visible
            finally:
                self._busy = False

    def close(self) -> None:
        """Take the layer off the viewer."""
        self._edit_timer.stop()
        self._tell_timer.stop()
        layer, self._layer, self._writer = self._layer, None, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _make_layer(self, image: Image, image_shape: tuple[int, int], name: str) -> Shapes:
        layer = Shapes(
            ndim=2, name=name, edge_width=_edge_width(image_shape), edge_color=self._color, face_color="transparent",
            opacity=0.9, metadata={METADATA_KEY: {"role": "patches"}},
        )  # fmt: skip
        self._busy = True
        try:
            # Width before colours: napari hands the current ones to new shapes, not those of the constructor.
            layer.current_edge_width = _edge_width(image_shape)
            layer.current_edge_color = self._color
            layer.current_face_color = np.append(transform_color(self._color)[0, :3], _FACE_ALPHA)
            self._place = ()
            self._put_on(layer, image)
            self._writer = RectangleWriter(layer)
            with keeping_selection(self._viewer):
                self._viewer.add_layer(layer)
        finally:
            self._busy = False
        connect_while_alive(self, layer.events.data, self._on_data)
        connect_while_alive(self, layer.events.visible, self._on_visible)
        self._layer = layer
        self._image_shape = image_shape
        return layer

    def _put_on(self, layer: Shapes, image: Image) -> None:
        """Give the layer the place in the world that the last two axes of the image have."""
        place = place_of(image)
        if place != self._place:
            self._place = place
            put_on(layer, image)

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer and self._layer is not None:
            self._layer = self._writer = None
            self._edit_timer.stop()
            self._tell_timer.stop()
            self.visibility_changed.emit(False)

    def _on_visible(self, event: Any = None) -> None:
        if self._layer is not None and not self._busy:
            self.visibility_changed.emit(bool(self._layer.visible))

    def _on_data(self, event: Any = None) -> None:
        # napari goes on working with the shape after it has told of it, so that the answer has to wait.
        if not self._busy and str(getattr(event, "action", "")) in ("added", "removed", "changed"):
            self._edit_timer.start()

    def _tell(self) -> None:
        if self._writer is not None:
            self._busy = True
            try:
                self._writer.tell()
            finally:
                self._busy = False

    def _collect_edit(self) -> None:
        """Tell what a hand has put in and taken out."""
        layer, writer = self._layer, self._writer
        if layer is None or writer is None:
            return
        low, high = corners_of(layer)
        kept = np.all(np.abs(high - low - self._side) < 1e-3, axis=1)
        kept &= np.all(np.abs(low - np.rint(low)) < 1e-3, axis=1)
        shown = {(row, column) for row, column in self._shown.tolist()}
        present = {(row, column) for row, column in np.rint(low[kept]).astype(int).tolist()} & shown
        added = [corner for corner in _snapped(low, high, self._side, self._image_shape) if corner not in present]
        removed = sorted(shown - present)
        writer.forget()
        self.edited.emit(sorted(set(added)), removed)


def _edge_width(image_shape: tuple[int, int]) -> float:
    return max(1.0, round(max(image_shape) * _EDGE_SHARE, 1))


def _snapped(low: np.ndarray, high: np.ndarray, side: int, shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the patch nearest to each box that lies inside the image."""
    corners = np.rint((low + high - side) / 2).astype(int)
    corners = np.clip(corners, 0, np.maximum(np.array(shape) - side, 0))
    return [(row, column) for row, column in corners.tolist()]
