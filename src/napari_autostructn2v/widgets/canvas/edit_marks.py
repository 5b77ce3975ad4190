"""Marks of the patches that a hand has put in or taken out: where patches overlap, their outlines alone hide it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Points
from qtpy.QtCore import QObject

from ..image import METADATA_KEY, keeping_selection, raise_above
from ..parts import connect_while_alive
from .placing import place_of, put_on

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["EditMarks"]

#: Of a mark, as a share of the side of a patch.
_SIZE = 0.35

_PUT_IN, _TAKEN_OUT = "cross", "x"


class EditMarks(QObject):
    """Owns a Points layer with a + on each patch that was put in by hand, and an x where one was taken out.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    color : str
        Of the marks, such as ``"#e69f00"``.
    parent : QObject
        The marks go when the parent does.
    """

    def __init__(self, viewer: Viewer, color: str, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._color = viewer, color
        self._layer: Points | None = None
        self._place: tuple[Any, ...] = ()
        connect_while_alive(self, viewer.layers.events.removed, self._on_removed)

    @property
    def layer(self) -> Points | None:
        """The Points layer, None while there is nothing to mark."""
        return self._layer

    def show(
        self,
        added: tuple[tuple[int, int], ...],
        removed: tuple[tuple[int, int], ...],
        side: int,
        image: Image,
        name: str,
    ) -> None:
        """Mark patches on an image; without any, the layer goes.

        Parameters
        ----------
        added, removed : tuple of (int, int)
            Upper left corners in pixels of the image.
        side : int
            Of a patch, in pixels.
        image : napari.layers.Image
        name : str
            Of the layer.
        """
        if not added and not removed:
            self.close()
            return
        centres = np.array([*added, *removed], float) + (side - 1) / 2
        symbols = [_PUT_IN] * len(added) + [_TAKEN_OUT] * len(removed)
        look = {
            "size": _SIZE * side,
            "face_color": self._color,
            "border_color": "black",
            "border_width": 0.1,
            "symbol": symbols,
        }
        place = place_of(image)
        if self._layer is not None and place == self._place and len(self._layer.data) == len(centres):
            self._layer.data = centres
            self._layer.symbol = symbols
            self._layer.name = name
        else:
            self.close()
            self._layer = Points(centres, name=name, metadata={METADATA_KEY: {"role": "patches"}}, **look)
            self._layer.editable = False
            put_on(self._layer, image)
            with keeping_selection(self._viewer):
                self._viewer.add_layer(self._layer)
        self._place = place
        raise_above(self._viewer, self._layer, image)

    def close(self) -> None:
        """Take the layer off the viewer."""
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer:
            self._layer = None
