"""Layers leave the graphics driver a little at a time, since some drivers end napari when they leave at once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject

from .viewer_events import connect_while_alive

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["GentleRemoval"]


class GentleRemoval(QObject):
    """Keeps the shader programs of removed layers for a few frames and lets one of them go with each frame.

    With Mesa's software renderer (22.3, as on remote desktops and virtual machines), napari ends with a segmentation
    fault two frames after more than one program was deleted between two frames: after a Shapes layer, which has four,
    or two images were removed. One program a frame does no harm.

    The programs are private to napari and vispy. Where they are not found nothing is kept.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    parent : QObject
        Programs are kept for as long as this lives.
    """

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._layers = viewer.layers
        self._kept: deque[Any] = deque()
        self._canvas = getattr(getattr(viewer.window, "_qt_viewer", None), "canvas", None)
        scene = getattr(self._canvas, "_scene_canvas", None)
        if scene is None:
            return
        connect_while_alive(self, viewer.layers.events.removing, self._on_removing)
        scene.events.draw.connect(self._on_drawn, position="last")

    def __len__(self) -> int:
        """Return how many programs are still kept."""
        return len(self._kept)

    def _on_removing(self, event: Any) -> None:
        visual = getattr(self._canvas, "layer_to_visual", {}).get(self._layers[event.index])
        self._kept.extend(_programs(getattr(visual, "node", None)))

    def _on_drawn(self, event: Any) -> None:
        if self._kept:
            self._kept.popleft()


def _programs(node: Any) -> list[Any]:
    """Return the shader programs of a vispy node and of what it consists of."""
    program = getattr(node, "_program", None)
    parts = [*getattr(node, "_subvisuals", ()), *getattr(node, "children", ())]
    return ([] if program is None else [program]) + [found for part in parts for found in _programs(part)]
