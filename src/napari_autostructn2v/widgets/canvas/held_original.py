"""Shows the original while a key is held, and what was there before once it is released."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

from napari.layers import Image
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication

from ..image import ADDING, ViewerState, origin_of

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

__all__ = ["HELD_KEY", "HeldOriginal"]

HELD_KEY = "H"


class HeldOriginal(QObject):
    """Hides what lies over the chosen image as long as `HELD_KEY` is held while the canvas has the keyboard.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    state : ViewerState
    parent : QObject
        With whose end the key is free again; without effect where the user has given it another meaning.
    """

    def __init__(self, viewer: Viewer, state: ViewerState, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._state = viewer, state
        self._before: list[tuple[ReferenceType[Layer], bool]] = []
        self._named: ReferenceType[Layer] | None = None
        me = ref(self)  # napari keeps the function, and that must not keep the dock

        def hold(viewer: Any) -> Iterator[None]:
            held = me()
            if held is not None:
                held.press()
            yield
            if held is not None:
                held.release()

        try:
            viewer.bind_key(HELD_KEY, hold)
        except ValueError:  # the user has bound it
            return
        parent.destroyed.connect(_unbinder(viewer))
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self.release)  # then the release of the key goes elsewhere

    def press(self) -> None:
        """Show the original."""
        source = self._state.image.layer
        layers = self._viewer.layers
        if self._before or source is None or source not in layers or self._state.image.result is None:
            return
        self._before = [(ref(layer), layer.visible) for layer in layers]
        for layer in list(layers)[layers.index(source) + 1 :]:
            if (isinstance(layer, Image) and layer.blending not in ADDING) or origin_of(layer).get(
                "role"
            ) == "comparison":
                layer.visible = False
        source.visible = True
        if not source.name_overlay.visible:
            source.name_overlay.visible = True
            self._named = ref(source)

    def release(self, *_: object) -> None:
        """Show what was there before."""
        before, self._before = self._before, []
        for reference, visible in before:
            layer = reference()
            if layer is not None:
                layer.visible = visible
        named, self._named = None if self._named is None else self._named(), None
        if named is not None:
            named.name_overlay.visible = False


def _unbinder(viewer: Viewer) -> Any:
    viewer_reference = ref(viewer)

    def unbind() -> None:
        viewer = viewer_reference()
        if viewer is not None:
            viewer.bind_key(HELD_KEY, None)

    return unbind
