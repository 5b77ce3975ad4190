"""Before and after: the difference, and a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

import numpy as np
from napari.layers import Image

from ...large import is_large
from ..image import METADATA_KEY, Source, add_quietly, mark_as_made, origin_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["Comparison"]


class Comparison:
    """Shows a result against its source in a viewer.

    Parameters
    ----------
    viewer : napari viewer
    source : Source
    result : napari.layers.Image
        As large as the source.
    """

    def __init__(self, viewer: ViewerModel, source: Source, result: Image) -> None:
        self._viewer, self._source = viewer, source
        self._result: ReferenceType[Image] = ref(result)
        self._difference: Image | None = None
        self._was_visible: list[tuple[ReferenceType[Layer], bool]] = []
        self._named: list[ReferenceType[Layer]] = []  # whose names are written on the canvas

    @property
    def source(self) -> Source:
        """What was denoised."""
        return self._source

    @property
    def result(self) -> Image | None:
        """The result, None once it has been removed from the viewer."""
        layer = self._result()
        return layer if layer is not None and layer in self._viewer.layers else None

    @property
    def difference(self) -> Image | None:
        """The layer of the difference, None while it is not shown."""
        return self._difference

    def show_difference(self) -> Image | None:
        """Show what was removed, source minus result, as a layer; None if the result is gone."""
        result = self.result
        if result is None:
            return None
        before, after = self._source.data, result.data
        if not is_large(after):
            before, after = np.asarray(before), np.asarray(after)
        removed = before.astype(np.float32) - after.astype(np.float32)
        spread = 3 * float(np.std(np.asarray(removed[self._source.plane]))) or 1.0
        if self._source.is_rgb:
            removed = (0.5 + removed / (2 * spread)).clip(0, 1)  # grey where nothing was removed
        if self._difference is not None and self._difference in self._viewer.layers:
            self._difference.data = removed
            return self._difference
        self._difference = self._add(removed, f"{self._source.name} removed", self._source.placement)
        if self._source.is_rgb:
            return self._difference
        self._difference.contrast_limits = (-spread, spread)
        self._difference.colormap = "gray"
        return self._difference

    def hide_difference(self) -> None:
        """Take the difference away."""
        self._take_away(self._difference)
        self._difference = None

    def show_grid(self, shown: bool) -> None:
        """Show source, stage 1 and result side by side, or on top of each other as they were before."""
        result = self.result
        if shown and result is not None:
            images = {self._source.layer, result, *self._stage1_layers()}
            self._was_visible = [(ref(layer), layer.visible) for layer in self._viewer.layers]
            for layer in self._viewer.layers:
                layer.visible = layer in images
                if layer.visible and not layer.name_overlay.visible:
                    layer.name_overlay.visible = True
                    self._named.append(ref(layer))
        else:
            for reference, visible in self._was_visible:
                layer = reference()
                if layer is not None:
                    layer.visible = visible
            for reference in self._named:
                layer = reference()
                if layer is not None:
                    layer.name_overlay.visible = False
            self._was_visible, self._named = [], []
        self._viewer.canvas.grid.enabled = shown
        self._viewer.reset_view()

    def _stage1_layers(self) -> list[Layer]:
        return [
            layer
            for layer in self._viewer.layers
            if origin_of(layer).get("role") == "stage 1" and origin_of(layer).get("source") == self._source.name
        ]

    def _add(self, data: np.ndarray, name: str, placement: dict[str, Any]) -> Image:
        look = {key: self._source.look[key] for key in ("blending", "interpolation2d")}
        layer = Image(
            data,
            name=name,
            rgb=self._source.is_rgb,
            metadata={METADATA_KEY: {"source": self._source.name, "role": "comparison"}},
            **placement,
            **look,
        )
        mark_as_made(layer, self._source.reference)
        add_quietly(self._viewer, layer)  # above all images: what is asked for is to be seen
        return layer

    def _take_away(self, layer: Image | None) -> None:
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
