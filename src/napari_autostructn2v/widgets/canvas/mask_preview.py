"""A layer that shows at once, before any training, what an edited blind mask does to the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject, QTimer, Signal

from ..image import ADDING, METADATA_KEY, Source, add_quietly, mark_as_made
from ..parts import connect_while_alive
from ..work import Failure, Runner, linear_preview_task

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["MaskPreview"]

#: Milliseconds without another edit after which the preview is worked out.
_SETTLED = 250


class MaskPreview(QObject):
    """Owns the layer "NAME mask preview", which shows the plane in view as a linear prediction under the mask.

    Parameters
    ----------
    viewer : napari viewer
    parent : QObject
    """

    #: The user has taken the layer off the viewer.
    removed = Signal()
    #: The preview could not be worked out: a `Failure`.
    failed = Signal(object)

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layer: Image | None = None
        self._wanted: tuple[Source, np.ndarray, bool] | None = None
        self._working_on: tuple[Source, np.ndarray, bool] | None = None
        self.runner = Runner(self)
        self.runner.finished.connect(self._on_finished)
        self.runner.failed.connect(self._on_failed)
        self._timer = QTimer(self, singleShot=True, interval=_SETTLED)
        self._timer.timeout.connect(self._work)
        connect_while_alive(self, viewer.layers.events.removed, self._on_removed)

    @property
    def is_busy(self) -> bool:
        """Whether a preview is still to come."""
        return self._timer.isActive() or self.runner.is_running

    def show(self, source: Source, pattern: np.ndarray, *, remove_line_offsets: bool) -> None:
        """Show an image under a mask, soon."""
        self._wanted = source, pattern, remove_line_offsets
        self._timer.start()

    def close(self) -> None:
        """Take the layer off the viewer, and put none there that is still being worked out."""
        self._wanted = self._working_on = None
        self._timer.stop()
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _work(self) -> None:
        if self.runner.is_running or self._wanted is None:
            return  # what is wanted by then follows
        self._working_on, self._wanted = self._wanted, None
        source, pattern, flattened = self._working_on
        part = source.seen_part
        self.runner.start(linear_preview_task(part.data, part.place, pattern, remove_line_offsets=flattened))

    def _on_finished(self, plane: np.ndarray) -> None:
        working_on, self._working_on = self._working_on, None
        if self._wanted is not None:
            self._timer.start()
        elif working_on is not None:
            self._put(plane, working_on[0])

    def _on_failed(self, failure: Failure) -> None:
        self._working_on = None
        self.failed.emit(failure)

    def _put(self, plane: np.ndarray, source: Source) -> None:
        plane = plane.reshape((1,) * len(source.plane) + plane.shape)
        name, place = f"{source.name} mask preview", source.plane_placement()
        layer = self._layer
        if layer is not None and layer.name == name and layer.data.shape == plane.shape:
            layer.data = plane
            layer.translate = place["translate"]
            return
        self.close()
        # On top of its source, whatever the source does to what lies below it.
        blending = "translucent" if source.look["blending"] in ADDING else source.look["blending"]
        origin = {METADATA_KEY: {"source": source.name, "role": "mask preview"}}
        look = source.look | {"blending": blending}
        name = f"{name} ({source.seen_part.name})" if source.is_rgb else name
        self._layer = Image(plane, name=name, rgb=False, metadata=origin, **place, **look)
        mark_as_made(self._layer, source.reference)
        add_quietly(self._viewer, self._layer)

    def _on_removed(self, event: object) -> None:
        if self._layer is not None and getattr(event, "value", None) is self._layer:
            self.close()
            self.removed.emit()
