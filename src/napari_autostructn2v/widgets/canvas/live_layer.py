"""A layer that shows what is in view denoised, while the user scrolls through an image of any size."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject, QTimer, Signal

from ...errors import InputError
from ...large import Remembered
from ..image import ADDING, METADATA_KEY, ImageState, ModelAtHand, Source, add_quietly, mark_as_made, read_later
from ..parts import connect_while_alive
from ..work import Failure, Latest, LiveAnswer, live_task
from .view import region_in_view, why_no_plane

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from ...denoiser import Piece, PlaneByPlane

__all__ = ["LiveLayer"]

#: Bytes of denoised planes that are remembered.
_MOST_BYTES = 2**28

#: Milliseconds between two looks whether a view is denoised: those of other work would be a fifth of the wait.
_LOOK = 10

#: Pixels, at most, that are denoised to show a part of a large plane.
_MOST_PIXELS = 2**24

_NO_COLOURS = (
    "Live denoising shows grey values, and this is a colour picture. Press Apply under Models to denoise its colours."
)

_QUICK_LOOK = "Quick look, not trained on this image"

_ZOOM_IN = "More than 16 megapixels are in view. Zoom in, and they are denoised."


class _View(NamedTuple):
    """What is in view: the channel, the plane of it, and the pieces of the plane."""

    channel: int
    plane: tuple[int, ...]
    pieces: tuple[Piece, ...]
    corner: tuple[int, int]


class LiveLayer(QObject):
    """Owns the layer "NAME live": the plane in view, or the part of it that is, denoised with the model at hand.

    Planes are denoised beside the window, the newest one asked for first, and those seen last are remembered. Where one
    is not there yet the original is seen. `changed` is emitted when it is switched on or off and when `words` are
    others, `failed` with a `Failure` when it had to be switched off.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    parent : QObject
        With whose end the work ends.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.image: ImageState | None = None  # what is shown live; None while it is off
        self.words = ""
        self.layer: Image | None = None
        self._source: Source | None = None
        self._model: ModelAtHand | None = None
        self._is_quick_look = False
        self._device = "auto"
        self._about: tuple[Any, ...] = ()
        self._channels: dict[int, PlaneByPlane] = {}
        self.remembered = Remembered(_MOST_BYTES)
        self._view: _View | None = None  # asked for last
        self._is_complete = False  # whether all of it is shown
        self._disconnect: list[Callable[[], None]] = []
        self.worker = Latest(self, interval=_LOOK)
        self.worker.finished.connect(self._on_finished)
        self.worker.failed.connect(self._on_failed)
        self.worker.runner.progressed.connect(self._on_progress)
        # Later and once for all that changes together.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._look)

    def start(self, image: ImageState, device: str, model: ModelAtHand | None = None) -> None:
        """Show an image live.

        Parameters
        ----------
        image : ImageState
        device : str
        model : ModelAtHand or None
            Which was not trained on the image, for a quick look until there is one; None takes that of the image.
        """
        self.stop()
        layer, self._model, self._device = image.layer, model or image.model, device
        self._is_quick_look = model is not None
        self._about = _about(image)
        try:
            source = Source.of(image.pixels, self._viewer)
            self._source = replace(source, data=read_later(source.data))
            if self._source.is_rgb:
                raise InputError(_NO_COLOURS)
            self.image = image
            self._planes_of(0)  # says whether model and image go together
        except InputError as error:
            self._fail(Failure.from_error(error))
            return
        assert layer is not None
        viewer = self._viewer
        dims, camera = viewer.dims.events, viewer.scene.camera.events
        for emitter in (dims.point, dims.ndisplay, dims.order, camera.zoom, camera.center, viewer.canvas.events.size):
            self._disconnect.append(connect_while_alive(self, emitter, self._on_view))
        self._disconnect.append(connect_while_alive(self, viewer.layers.events.removed, self._on_removed))
        self._disconnect.append(connect_while_alive(self, layer.events.data, self._on_pixels))
        image.changed.connect(self._on_image)
        self._disconnect.append(partial(image.changed.disconnect, self._on_image))
        self._look()
        self.changed.emit()

    def stop(self) -> None:
        """Take the layer away and forget what was denoised."""
        self._timer.stop()
        self.worker.forget()
        for disconnect in self._disconnect:
            disconnect()
        self._disconnect.clear()
        was_on, self.image = self.image is not None, None
        self._source, self._model, self._view, self._channels, self.words = None, None, None, {}, ""
        self.remembered = Remembered(_MOST_BYTES)
        self._take_away()
        if was_on:
            self.changed.emit()

    # ---- what is in view

    def _on_view(self, event: Any = None) -> None:
        self._timer.start()

    def _look(self) -> None:
        """Show what is in view if it is remembered, and have it denoised otherwise."""
        if self._source is None or self._source.layer is None:
            return
        source = self._source = self._source.looking_at(self._viewer)
        why = why_no_plane(self._viewer, "Live denoising")
        view = None if why else self._in_view(source)
        if view is None:
            self._view = None
            self.worker.forget()
            self._take_away()
            self._say(why or _ZOOM_IN)
            return
        if view == self._view and (self.worker.is_busy or self._is_complete):
            return
        self._view, self._is_complete = view, False
        planes = self._planes_of(view.channel)
        if all(planes.remembered(view.plane, piece) is not None for piece in view.pieces):
            self.worker.forget()
            self._show()
        else:
            self.worker.ask(view, live_task(planes, view.plane, view.pieces))
            self._say("Denoising…")

    def _in_view(self, source: Source) -> _View | None:
        """Return what is in view; None where that is too much."""
        layer = source.layer
        assert layer is not None
        part = source.seen_part
        shape = part.data.shape[-2:]
        region = region_in_view(self._viewer, layer, shape)
        rows, columns = (slice(int(first + 0.5), max(int(last + 1), int(first + 1.5))) for first, last in region)
        pieces = tuple(self._planes_of(part.number).pieces(rows, columns))
        if sum((piece.bottom - piece.top) * (piece.right - piece.left) for piece in pieces) > _MOST_PIXELS:
            return None
        corner = min(piece.top for piece in pieces), min(piece.left for piece in pieces)
        return _View(part.number, part.place, pieces, corner)

    def _planes_of(self, channel: int) -> PlaneByPlane:
        from ...denoiser import PlaneByPlane

        if channel not in self._channels:
            assert self._source is not None and self._model is not None
            part = next(part for part in self._source.parts if part.number == channel)
            model = self._model.of(channel)
            self._channels[channel] = PlaneByPlane(model, part.data, self.remembered, device=self._device)
        return self._channels[channel]

    # ---- what is shown

    def _show(self) -> None:
        """Show what there is of the view; what is missing lets the original through."""
        view, source = self._view, self._source
        if view is None or source is None:
            return
        planes = self._planes_of(view.channel)
        known = [planes.remembered(view.plane, piece) for piece in view.pieces]
        top, left = view.corner
        bottom, right = (max(piece[at] for piece in view.pieces) for at in (1, 3))
        self._is_complete = all(values is not None for values in known)
        dtype = source.data.dtype if self._is_complete else np.dtype(np.float32)
        shown = np.full((bottom - top, right - left), 0 if self._is_complete else np.nan, dtype)
        for piece, values in zip(view.pieces, known, strict=True):
            if values is not None:
                shown[piece.top - top : piece.bottom - top, piece.left - left : piece.right - left] = values
        shown = shown.reshape((1,) * len(source.plane) + shown.shape)
        place = source.plane_placement(view.corner)
        if self.layer is None:
            self.layer = self._new_layer(shown, source, place)
        else:
            self.layer.data = shown
            self.layer.translate = place["translate"]

    def _new_layer(self, shown: np.ndarray, source: Source, place: dict[str, Any]) -> Image:
        assert self._model is not None
        # On top of its source, whatever the source does to what lies below it.
        blending = "translucent" if source.look["blending"] in ADDING else source.look["blending"]
        origin = {METADATA_KEY: {"source": source.name, "role": "live", "model": self._model.name}}
        look = source.look | {"blending": blending}
        layer = Image(shown, name=f"{source.name} live", rgb=False, metadata=origin, **place, **look)
        mark_as_made(layer, source.reference)
        add_quietly(self._viewer, layer)
        return layer

    def _take_away(self) -> None:
        layer, self.layer = self.layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _say(self, words: str) -> None:
        if words != self.words:
            self.words = words
            self.changed.emit()

    # ---- what comes from the worker

    def _on_progress(self, events: Sequence[object]) -> None:
        if self._view is not None and len(self._view.pieces) > 1:
            self._show()

    def _on_finished(self, view: _View, answer: LiveAnswer | None) -> None:
        if answer is None or view != self._view:
            return
        self._show()
        assert self._model is not None
        took = f"{answer.seconds:.1f} s" if answer.seconds >= 1 else f"{1000 * answer.seconds:.0f} ms"
        by = _QUICK_LOOK if self._is_quick_look else f"Live with the model {self._model.name}"
        words = [f"{by}: {took} for this view.", answer.said]
        self._say(" ".join(filter(None, words)))

    def _on_failed(self, view: _View, failure: Failure) -> None:
        self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        self.stop()
        self.failed.emit(failure)

    # ---- what happens to the image

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer or (self._source is not None and event.value is self._source.layer):
            self.stop()

    def _on_pixels(self, event: Any = None) -> None:
        self._on_image()

    def _on_image(self, aspect: str = "") -> None:
        """Begin anew with other pixels, or with another model."""
        image = self.image
        if image is None or all(old is new for old, new in zip(self._about, _about(image), strict=True)):
            return
        if image.model is None:
            self.stop()
        else:
            self.start(image, self._device)


def _about(image: ImageState) -> tuple[Any, ...]:
    """Return what has to be the same for what was denoised to count."""
    levels = image.pixels.levels
    return levels[0] if levels else None, sys.intern(image.pixels.reading.axes), image.model
