"""Shows which image a dock is about, lets the user take another, and hold on to it."""

from __future__ import annotations

from typing import Any

from napari.layers import Image
from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from ..parts import LockButton
from .chosen_image import ChosenImage

__all__ = ["ImageChoice"]

_CHOOSE = "The image to work on. It follows the layer that is selected in the layer list, unless it is locked."

_LOCK = {
    False: "Stay with this image when another layer is selected.",
    True: "Locked: stays with this image. Click to follow the selected layer again.",
}


class ImageChoice(QWidget):
    """A list of the viewer's images and a lock; a view of a `ChosenImage`, which may have several.

    The choice is a layer rather than a name, so renaming, reordering and adding layers leave it alone.

    Parameters
    ----------
    chosen : ChosenImage
    """

    #: The newly chosen layer, or None.
    layer_changed = Signal(object)

    def __init__(self, chosen: ChosenImage) -> None:
        super().__init__()
        self._chosen = chosen
        self.combo = QComboBox()
        self.combo.setToolTip(_CHOOSE)
        self.combo.setAccessibleName("Image")
        # A long layer name must not widen the dock.
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(12)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.lock_button = LockButton()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.combo, stretch=1)
        layout.addWidget(self.lock_button)
        self.setFocusProxy(self.combo)
        self.setToolTip(_CHOOSE)
        self.combo.currentIndexChanged.connect(self._on_index)
        self.lock_button.toggled.connect(chosen.lock)
        chosen.changed.connect(self._on_chosen)
        chosen.offered_changed.connect(self._refill)
        chosen.lock_changed.connect(self._show_lock)
        self._refill()
        self._show_lock(chosen.is_locked)

    @property
    def layer(self) -> Image | None:
        """The chosen image layer, None where the viewer has none."""
        return self._chosen.layer

    @layer.setter
    def layer(self, layer: Image | None) -> None:
        self._chosen.choose(layer)

    def _refill(self) -> None:
        layers = self._chosen.offered()
        with QSignalBlocker(self.combo):
            self.combo.clear()
            for layer in layers:
                self.combo.addItem(layer.name, layer)
            if not layers:
                self.combo.addItem("(no image open)", None)
        self.combo.setEnabled(bool(layers))
        self.lock_button.setEnabled(bool(layers))
        self._show_choice()

    def _show_choice(self) -> None:
        chosen = self._chosen.layer
        index = next((i for i in range(self.combo.count()) if self.combo.itemData(i) is chosen), -1)
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(index)

    def _on_index(self, index: int) -> None:
        self._chosen.choose(self.combo.itemData(index))

    def _on_chosen(self, layer: Any) -> None:
        self._show_choice()
        self.layer_changed.emit(layer)

    def _show_lock(self, locked: bool) -> None:
        with QSignalBlocker(self.lock_button):
            self.lock_button.setChecked(locked)
        self.lock_button.setAccessibleName("Locked to this image" if locked else "Lock to this image")
        self.lock_button.setToolTip(_LOCK[locked])
