"""The pixels of an image layer as they are worked on: its arrays, which axis is which, and gaps that were filled."""

from __future__ import annotations

from typing import Any
from weakref import ref

from napari.layers import Image

from ...images import Channel
from .reading import Reading, read_axes

__all__ = ["Pixels"]


class Pixels:
    """What there is to work on of an image layer.

    Parameters
    ----------
    layer : napari.layers.Image or None
    """

    def __init__(self, layer: Image | None) -> None:
        self._layer = None if layer is None else ref(layer)
        #: What the user has said of the axes; empty where they are read from labels and units.
        self.said_axes = ""
        self._filled: tuple[Any, Any] | None = None  # the pixels of the layer, and without gaps

    @property
    def layer(self) -> Image | None:
        """The layer, None once it is gone, or where no image is open."""
        return None if self._layer is None else self._layer()

    @property
    def levels(self) -> list[Any]:
        """Its arrays, finest first; missing pixels are filled once the user has asked for that."""
        layer = self.layer
        if layer is None:
            return []
        if self._filled is not None and self.is_filled:
            return [self._filled[1]]
        return list(layer.data) if layer.multiscale else [layer.data]

    @property
    def reading(self) -> Reading:
        """Which of its axes is which."""
        layer = self.layer
        return Reading("YX") if layer is None else read_axes(layer, self.said_axes)

    @property
    def channel_names(self) -> list[str]:
        """Of the channels that each have a model of their own; one empty name where there are none."""
        levels = self.levels
        channels = self.reading.layout(levels[0].shape).channels if levels else [Channel()]
        return [channel.name for channel in channels if not channel.is_alpha]

    @property
    def is_filled(self) -> bool:
        """Whether missing pixels have been filled."""
        layer = self.layer
        # New pixels may have no gaps, or others.
        return layer is not None and self._filled is not None and self._filled[0] is layer.data

    def take_filled(self, filled: Any) -> None:
        """Work with these pixels in place of those that the layer has now."""
        layer = self.layer
        self._filled = None if layer is None else (layer.data, filled)
