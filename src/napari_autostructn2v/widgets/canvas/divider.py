"""A line over an image that is dragged with the mouse: the original left of it, the result right of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Shapes
from qtpy.QtCore import QObject, QTimer, Signal

from ..image import METADATA_KEY, Source, add_quietly, mark_as_made
from ..parts import connect_while_alive
from .placing import put_on
from .view import region_in_view, why_no_plane

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["Divider"]

#: Pixels of the screen: how near the mouse has to be to the line, how wide line and shadow are, the labels.
_NEAR, _LINE, _SHADOW = 8, 2, 6
_LABEL_HEIGHT, _LETTER, _GAP = 22, 8, 8

_LABELS = "original", "denoised"

#: Readable on dark and on bright images: a bright line and bright letters, each on something dark.
_BRIGHT, _DARK = "#ffffff", (0.0, 0.0, 0.0, 0.6)


class Divider(QObject):
    """Owns the layer with the two halves of the plane in view, and the one with line and labels.

    `moved` is emitted with the position of the line when it was dragged, from 0 (left edge) to 1, `changed` when it can
    or can no longer be shown, and `removed` when the user has taken one of the layers off the viewer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    parent : QObject
    """

    moved = Signal(float)
    changed = Signal()
    removed = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._source: Source | None = None
        self._find_result: Callable[[], Image | None] = lambda: None
        self.position = 0.5
        self.hindrance = ""  # why it cannot be shown, in a sentence
        self._halves: Image | None = None
        self._guides: Shapes | None = None
        self._made_of: tuple[Any, ...] = ()  # plane in view, and the result that it was read from
        self._pair: tuple[np.ndarray, np.ndarray] | None = None
        # Later and once for all that changes together.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._show)
        self._disconnect: list[Callable[[], None]] = []

    @property
    def is_on(self) -> bool:
        """Whether the divider is asked for."""
        return self._source is not None

    def show(self, source: Source, find_result: Callable[[], Image | None]) -> None:
        """Show two halves.

        Parameters
        ----------
        source : Source
        find_result : callable
            Returns the layer of the result, None once it is gone.
        """
        self.hide()
        self._source, self._find_result = source, find_result
        dims, camera = self._viewer.dims.events, self._viewer.scene.camera.events
        for emitter in (
            dims.point,
            dims.ndisplay,
            dims.order,
            camera.zoom,
            camera.center,
            self._viewer.canvas.events.size,
        ):
            self._disconnect.append(connect_while_alive(self, emitter, self.follow))
        self._disconnect.append(connect_while_alive(self, self._viewer.layers.events.removed, self._on_removed))
        self._viewer.mouse_drag_callbacks.append(self._on_drag)
        self._viewer.mouse_move_callbacks.append(self._on_hover)
        self._show()

    def hide(self) -> None:
        """Take both layers away."""
        if self._source is None:
            return
        self._timer.stop()
        self._source, self._pair, self._made_of = None, None, ()
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect.clear()
        self._viewer.mouse_drag_callbacks.remove(self._on_drag)
        self._viewer.mouse_move_callbacks.remove(self._on_hover)
        self._take_away()
        self.hindrance = ""

    def move_to(self, position: float) -> None:
        """Move the line to a place from 0 (left edge) to 1."""
        self.position = min(1.0, max(0.0, position))
        self._show()

    def follow(self, event: Any = None) -> None:
        """Show what is in view now, soon."""
        self._timer.start()

    # ---- what is drawn

    def _show(self) -> None:
        source, result = self._source, self._find_result()
        if source is None or result is None:
            return
        hindrance = why_no_plane(self._viewer, "The divider")
        if hindrance != self.hindrance:
            self.hindrance = hindrance
            self.changed.emit()
        if hindrance:
            self._take_away()
            return
        source = source.looking_at(self._viewer)
        made_of = source.plane, result.data
        if self._pair is None or made_of[0] != self._made_of[0] or made_of[1] is not self._made_of[1]:
            self._pair = np.asarray(source.data[source.plane]), np.asarray(result.data[source.plane])
            self._made_of = made_of
        before, after = self._pair
        column = self._column
        halves = np.concatenate([before[:, :column].astype(after.dtype), after[:, column:]], axis=1)
        self._put(halves.reshape((1,) * len(source.plane) + halves.shape), source, result)
        self._draw_guides()

    @property
    def _column(self) -> int:
        """The first column of the result."""
        assert self._pair is not None
        return round(self.position * self._pair[0].shape[1])

    def _put(self, halves: np.ndarray, source: Source, result: Image) -> None:
        place = source.plane_placement()
        if self._halves is not None and self._halves in self._viewer.layers:
            self._halves.data = halves
            self._halves.translate = place["translate"]
            return
        origin = {METADATA_KEY: {"source": source.name, "role": "comparison"}}
        look = {key: source.look[key] for key in ("blending", "interpolation2d")}
        if not source.is_rgb:
            look |= {"contrast_limits": result.contrast_limits, "colormap": result.colormap, "gamma": result.gamma}
        name = f"{source.name} before | after"
        self._halves = Image(halves, name=name, rgb=source.is_rgb, metadata=origin, **place, **look)
        mark_as_made(self._halves, source.reference)
        add_quietly(self._viewer, self._halves)  # above all images: what is asked for is to be seen
        self._guides = Shapes(
            [_box(0, 1, 0, 1)] * 4,
            shape_type="rectangle",
            face_color=[_DARK, _BRIGHT, _DARK, _DARK],
            edge_width=0,
            opacity=1,
            features={"label": [" ", " ", *_LABELS]},
            text={"string": "{label}", "color": _BRIGHT, "size": 10},
            name=f"{source.name} before | after (line)",
            metadata=origin,
        )
        put_on(self._guides, self._halves)
        mark_as_made(self._guides, source.reference)
        add_quietly(self._viewer, self._guides, len(self._viewer.layers))

    def _draw_guides(self) -> None:
        """Draw line and labels in the part of the image that is in view, as large on the screen as ever."""
        if self._guides is None or self._guides not in self._viewer.layers or self._pair is None:
            return
        (top, bottom), (left, right) = self._region
        height, width = (1 / size for size in self._pixel_size)
        at = min(max(self._column - 0.5, left), right)  # at the edge of the view where it lies outside
        label = [len(text) * _LETTER * width for text in _LABELS]
        low = top + _GAP * height
        high = low + _LABEL_HEIGHT * height
        boxes = [
            _box(top, bottom, at - _SHADOW / 2 * width, at + _SHADOW / 2 * width),
            _box(top, bottom, at - _LINE / 2 * width, at + _LINE / 2 * width),
            _box(low, high, at - _GAP * width - label[0], at - _GAP * width),
            _box(low, high, at + _GAP * width, at + _GAP * width + label[1]),
        ]
        self._guides.data = boxes

    @property
    def _pixel_size(self) -> np.ndarray:
        """Height and width of a pixel of the image on the screen."""
        assert self._halves is not None
        edges = np.diag(np.asarray(self._halves.scale[-2:], float))
        return np.linalg.norm(edges, axis=1) * self._viewer.scene.camera.zoom

    @property
    def _region(self) -> np.ndarray:
        """First and last row and column in view, as far as the image reaches."""
        assert self._pair is not None and self._halves is not None
        return region_in_view(self._viewer, self._halves, self._pair[0].shape)

    def _take_away(self) -> None:
        layers, self._halves, self._guides = (self._halves, self._guides), None, None
        for layer in layers:
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    def _on_removed(self, event: Any) -> None:
        if event.value is self._halves or event.value is self._guides:
            self.hide()
            self.removed.emit()

    # ---- the mouse

    def _is_near(self, event: Any) -> bool:
        if self._halves is None or self._pair is None or event.dims_displayed is None or self.hindrance:
            return False
        (_, _), (left, right) = self._region
        at = min(max(self._column - 0.5, left), right)
        return bool(abs(self._column_at(event) - at) * self._pixel_size[1] < _NEAR)

    def _column_at(self, event: Any) -> float:
        assert self._halves is not None
        return float(self._halves.world_to_data(event.position)[-1])

    def _on_hover(self, viewer: Viewer, event: Any) -> None:
        """Show that the line can be taken hold of."""
        near = self._is_near(event)
        if near != (viewer.cursor.style == "pointing"):
            viewer.cursor.style = "pointing" if near else "standard"

    def _on_drag(self, viewer: Viewer, event: Any) -> Iterator[None]:
        if event.button != 1 or not self._is_near(event):
            return
        event.handled = True  # the image stays where it is
        yield
        while event.type == "mouse_move":
            event.handled = True
            if self._pair is not None and self._halves is not None:
                self.move_to((self._column_at(event) + 0.5) / self._pair[0].shape[1])
                self.moved.emit(self.position)
            yield


def _box(top: float, bottom: float, left: float, right: float) -> np.ndarray:
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]], float)
