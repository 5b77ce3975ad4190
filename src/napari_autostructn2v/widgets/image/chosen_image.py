"""The image that the docks are about: the one whose layer is selected, or one that the user holds on to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtCore import QObject, Signal

from ..parts import connect_while_alive
from .layer_order import image_of, is_made_here, selection_is_kept

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["ChosenImage"]


class ChosenImage(QObject):
    """One image layer of a viewer, the same for all docks.

    It follows the selected layer: an image is chosen, a result chooses the image that it was made from, and other
    layers (patches, labels, points) change nothing. While it is locked, only the user's own choice counts.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    parent : QObject
    """

    #: Another image was chosen, or None.
    changed = Signal(object)
    #: The images to choose from, or their names, are others.
    offered_changed = Signal()
    #: Whether the choice is locked.
    lock_changed = Signal(bool)

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layer: Image | None = None
        self._is_locked = False
        events = viewer.layers.events
        for emitter in (events.inserted, events.removed, events.reordered, events.renamed):
            connect_while_alive(self, emitter, self._on_layers)
        connect_while_alive(self, viewer.layers.selection.events.active, self._on_active)
        self._on_layers()
        self._on_active()

    @property
    def layer(self) -> Image | None:
        """The chosen image layer, None where the viewer has none."""
        return self._layer

    @property
    def is_locked(self) -> bool:
        """Whether the choice stays when another layer is selected."""
        return self._is_locked

    def lock(self, locked: bool) -> None:
        """Hold on to the chosen image, or follow the selected layer again."""
        if locked != self._is_locked:
            self._is_locked = locked
            self.lock_changed.emit(locked)
            self._on_active()

    def offered(self) -> list[Image]:
        """Return the images to choose from, topmost first: all image layers but those that were made from one."""
        return [
            layer for layer in reversed(self._viewer.layers) if isinstance(layer, Image) and not is_made_here(layer)
        ]

    def choose(self, layer: Image | None) -> None:
        """Turn to another image; what is not offered is passed over."""
        if layer is self._layer or not any(layer is other for other in self.offered()):
            return
        self._layer = layer
        self.changed.emit(layer)

    def _on_layers(self, event: Any = None) -> None:
        offered = self.offered()
        self.offered_changed.emit()
        if not any(layer is self._layer for layer in offered):
            active = image_of(self._viewer.layers.selection.active)
            chosen = active if any(layer is active for layer in offered) else next(iter(offered), None)
            if chosen is not self._layer:
                self._layer = chosen
                self.changed.emit(chosen)

    def _on_active(self, event: Any = None) -> None:
        if not self._is_locked and not selection_is_kept(self._viewer):
            self.choose(image_of(self._viewer.layers.selection.active))
