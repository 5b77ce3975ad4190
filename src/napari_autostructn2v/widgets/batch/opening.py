"""Opens an image of a batch and its result as layers, with the scale and the units that their files tell."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from napari.layers import Image

from ...batch import layout_of, plan_for
from ...errors import InputError
from ...files import ImageFile, open_image, pixel_sizes
from ...large import IN_MEMORY_PIXELS, on_disk_as_dask
from ..image import METADATA_KEY, add_quietly, mark_as_made, viewer_state
from .rows import BatchRow
from .wish import BatchWish

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

__all__ = ["files_in_use", "open_row"]

#: Where the metadata of a layer keep which file it shows.
_FILE = "autostructn2v_file"


def open_row(viewer: Viewer, row: BatchRow, wish: BatchWish) -> str:
    """Add an image, and its result where there is one, to a viewer; both come into view.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    row : BatchRow
    wish : BatchWish
        Says what the planes of stacks are whose files do not say it.

    Returns
    -------
    str
        What kept the image from being opened; empty if nothing did.
    """
    if row.layer is not None:
        return _show_layer(viewer, row)
    try:
        before = _shown(viewer, row.source) or _added(viewer, row.source, wish, row.name)
        if row.state == "done" and row.target is not None:
            after = _shown(viewer, row.target)
            if after is not None:
                viewer.layers.remove(after)  # the file may have been made anew since
            after = _added(viewer, row.target, wish, f"{before.name} denoised", before)
            after.visible = True
    except InputError as error:
        return str(error)
    return ""


def files_in_use(layers: Iterable[Layer]) -> list[Path]:
    """Return the files that layers read while they are looked at: to replace one would take its pixels away."""
    paths = []
    for layer in layers:
        levels = layer.data if getattr(layer, "multiscale", False) else [layer.data]
        path = layer.metadata.get(_FILE) or layer.source.path
        if path and not isinstance(levels[0], np.ndarray):
            paths.append(Path(path))
    return paths


def _show_layer(viewer: Viewer, row: BatchRow) -> str:
    """Select the layer of a row, and bring its result into view."""
    layer = None if row.layer is None else row.layer()
    if layer is None or layer not in viewer.layers:
        return "The layer is no longer in the viewer."
    viewer.layers.selection.active = layer
    for shown in (layer, viewer_state(viewer).of(layer).result):
        if shown is not None and shown in viewer.layers:
            shown.visible = True
    return ""


def _shown(viewer: Viewer, path: Path) -> Image | None:
    return next((layer for layer in viewer.layers if layer.metadata.get(_FILE) == str(path.absolute())), None)


def _added(viewer: Viewer, path: Path, wish: BatchWish, name: str, source: Image | None = None) -> Image:
    image = open_image(path)
    is_large = math.prod(image.array.shape) > IN_MEMORY_PIXELS
    try:
        data, options = _as_layer(image, wish, lazily=is_large)
    finally:
        if not is_large:  # a large one is read as it is looked at
            image.close()
    options["metadata"] = {_FILE: str(path.absolute())}
    if source is not None:
        options["metadata"][METADATA_KEY] = {"source": source.name, "role": "denoised"}
        if not source.rgb:
            options |= {"contrast_limits": source.contrast_limits, "colormap": source.colormap}
    layer = Image(data, name=name, **options)
    if source is not None:
        mark_as_made(layer, ref(source))
        add_quietly(viewer, layer)
    else:
        viewer.add_layer(layer)
    return layer


def _as_layer(image: ImageFile, wish: BatchWish, *, lazily: bool) -> tuple[Any, dict[str, Any]]:
    """Return the pixels of a file with rows and columns last, and what a layer says about them."""
    axes = layout_of(image, plan_for(wish.settings, unnamed=wish.unnamed)).axes
    data = on_disk_as_dask(image.array) if lazily else image.read()
    order = "".join(axis for axis in axes if axis not in "YXS") + "YX" + ("S" if "S" in axes else "")
    data = data.transpose([axes.index(axis) for axis in order])
    letters = order.removesuffix("S")
    sizes = pixel_sizes(image)
    known = [sizes.get(axis, (1.0, "")) for axis in letters]
    return data, {
        "rgb": "S" in axes,
        "scale": [size for size, _ in known],
        "units": [unit or "pixel" for _, unit in known],
        "axis_labels": list(letters.lower()),
    }
