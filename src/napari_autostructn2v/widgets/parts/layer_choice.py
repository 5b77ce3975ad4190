"""A drop-down list of the viewer's image layers that follows the viewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from napari.layers import Image
from qtpy.QtCore import QObject, QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QSizePolicy, QWidget

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["LayerChoice", "connect_while_alive", "unwrapped"]


def unwrapped(viewer: Viewer) -> Viewer:
    """Return the viewer behind the proxy that napari hands to plugins.

    Layers reached through the proxy are proxies as well, are not identical with themselves and warn about attributes
    that napari's own Qt models need.
    """
    return getattr(viewer, "__wrapped__", viewer)


def connect_while_alive(owner: QObject, emitter: Any, callback: Callable[..., Any]) -> Callable[[], None]:
    """Connect a bound method to a napari event until `owner` is destroyed, or what is returned is called.

    napari drops callbacks of collected Python objects by itself, but not those whose Qt half is gone already.
    """
    emitter.connect(callback)
    reference = WeakMethod(callback)

    def disconnect() -> None:
        method = reference()
        if method is not None:
            emitter.disconnect(method)

    def end() -> None:
        owner.destroyed.disconnect(disconnect)
        disconnect()

    owner.destroyed.connect(disconnect)
    return end


class LayerChoice(QComboBox):
    """Chooses one of the image layers of a viewer.

    The choice is a layer rather than a name, so renaming, reordering and adding layers (a result, for instance) leave
    it alone. When the chosen layer is removed, the active image or else the topmost one takes its place.

    magicgui's own list matches by name: renaming the chosen layer would move the choice to another image.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    parent : QWidget, optional
    """

    #: The newly chosen layer, or None.
    layer_changed = Signal(object)

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = unwrapped(viewer)
        self._current: Image | None = None
        self.setToolTip("The image to work on: any grey-scale image layer of the viewer.")
        # A long layer name must not widen the dock.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        events = self._viewer.layers.events
        for emitter in (events.inserted, events.removed, events.reordered, events.renamed):
            connect_while_alive(self, emitter, self._refill)
        self.currentIndexChanged.connect(self._on_index)
        self._refill()

    @property
    def layer(self) -> Image | None:
        """The chosen image layer, None where the viewer has none."""
        return self._current

    @layer.setter
    def layer(self, layer: Image | None) -> None:
        index = next((i for i in range(self.count()) if self.itemData(i) is layer), -1)
        if index >= 0:
            self.setCurrentIndex(index)

    def _refill(self, event: Any = None) -> None:
        layers = [layer for layer in reversed(self._viewer.layers) if isinstance(layer, Image)]
        chosen = self._current if any(layer is self._current for layer in layers) else self._default(layers)
        with QSignalBlocker(self):
            self.clear()
            for layer in layers:
                self.addItem(layer.name, layer)
            if not layers:
                self.addItem("(no image open)", None)
            self.setCurrentIndex(next((i for i, layer in enumerate(layers) if layer is chosen), 0))
        self.setEnabled(bool(layers))
        self._choose(chosen)

    def _default(self, layers: list[Image]) -> Image | None:
        active = self._viewer.layers.selection.active
        if any(layer is active for layer in layers):
            return active
        return layers[0] if layers else None

    def _on_index(self, index: int) -> None:
        self._choose(self.itemData(index))

    def _choose(self, layer: Image | None) -> None:
        if layer is not self._current:
            self._current = layer
            self.layer_changed.emit(layer)
