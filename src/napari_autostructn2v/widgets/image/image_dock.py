"""What the docks about one image have in common: they follow the chosen one, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from ..parts import DockTabs, MessageBar, add_shortcuts, unwrapped
from .image_choice import ImageChoice
from .viewer_state import viewer_state

if TYPE_CHECKING:
    import napari.viewer

__all__ = ["ImageDock"]


class ImageDock(QWidget):
    """The content of a dock about the chosen image of a viewer.

    A dock makes and lays out its widgets and then calls `_follow`, which connects it.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = unwrapped(napari_viewer)
        self._state = viewer_state(self._viewer)
        self.image = ImageChoice(self._state.chosen)
        self.setFocusProxy(self.image)
        self.message = MessageBar()

    def _follow(self, keys: Mapping[str, Callable[[], object]]) -> None:
        """Follow the chosen image, share a place with the other docks, and call slots by keys."""
        self._state.changed.connect(self._on_state)
        self._state.chosen_changed.connect(self._on_chosen)
        self.shortcuts = add_shortcuts(self, keys)
        DockTabs(self, self._viewer.window.remove_dock_widget)

    def _on_state(self, aspect: str) -> None:
        """Show what has changed of the chosen image: one of `viewer_state.ASPECTS`."""
        raise NotImplementedError

    def _on_chosen(self) -> None:
        """Show another image, or what there is to say where none is open."""
        raise NotImplementedError
