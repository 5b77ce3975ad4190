"""What has to be known of an image layer to run on it, taken down before the run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

import numpy as np
from napari.layers import Image
from napari.utils.transforms import Affine

from ...errors import InputError
from ...large import is_large, memory_of_run, on_disk_as_dask
from .view_plane import plane_index

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["Source"]


@dataclass(frozen=True, eq=False)
class Source:
    """What has to be known of an image layer to run on it and to place the result, even if the layer is gone by then.

    Parameters
    ----------
    name : str
    data : array-like
        The finest level; may be lazy.
    placement : dict
        Keyword arguments of a new layer: scale, translate, rotate, shear, affine, units, axis_labels.
    look : dict
        Keyword arguments of a new layer: contrast_limits, colormap, gamma, blending, interpolation2d.
    plane : tuple of int
        Index, along all axes but the last two, of the plane in view.
    reference : weak reference, optional
        To the layer itself.
    """

    name: str
    data: Any
    placement: dict[str, Any]
    look: dict[str, Any]
    plane: tuple[int, ...] = ()
    reference: ReferenceType[Image] | None = None

    @property
    def layer(self) -> Image | None:
        """The layer itself, None once it is gone for good."""
        return None if self.reference is None else self.reference()

    @classmethod
    def of(cls, layer: Layer | None, viewer: ViewerModel) -> Source:
        """Take down what is needed of a layer of a viewer.

        Raises
        ------
        InputError
            If there is no layer, it is not an image, or colour, or too large for the memory.
        """
        if layer is None:
            raise InputError(
                "There is no image to denoise. Open one with File > Open, or try File > Open Sample > autoStructN2V."
            )
        if not isinstance(layer, Image):
            kind = type(layer).__name__
            raise InputError(f"“{layer.name}” is a {kind} layer; choose an image layer to denoise.")
        if layer.rgb:
            raise InputError(
                f"“{layer.name}” is a colour image (RGB). Right-click it in the layer list, choose Split RGB, and "
                "denoise each channel."
            )
        data = on_disk_as_dask(layer.data[0] if layer.multiscale else layer.data)
        if not is_large(data):
            _check_memory(data)
        return cls(
            name=layer.name,
            data=data,
            placement={
                name: getattr(layer, name) for name in ("scale", "translate", "rotate", "shear", "units", "axis_labels")
            }
            | {"affine": layer.affine.affine_matrix},
            look={
                name: getattr(layer, name)
                for name in ("contrast_limits", "colormap", "gamma", "blending", "interpolation2d")
            },
            plane=plane_index(layer, viewer.dims),
            reference=ref(layer),
        )

    def looking_at(self, viewer: ViewerModel) -> Source:
        """Return the same with the plane that is in view now."""
        layer = self.layer
        return self if layer is None else replace(self, plane=plane_index(layer, viewer.dims))

    @property
    def plane_number(self) -> int:
        """The plane in view, counted over all leading axes."""
        if not self.plane:
            return 0
        return int(np.ravel_multi_index(self.plane, self.data.shape[:-2]))

    def plane_placement(self) -> dict[str, Any]:
        """Return the placement of the plane in view alone."""
        place = self.placement
        linear = Affine(scale=place["scale"], rotate=place["rotate"], shear=place["shear"]).linear_matrix
        return place | {"translate": place["translate"] + linear @ (*self.plane, 0, 0)}


def _check_memory(data: Any) -> None:
    """Raise if an image cannot be worked on in memory."""
    import psutil

    needed = memory_of_run(int(np.prod(data.shape, dtype=np.int64)))
    free = psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"The image needs about {needed / 1e9:.1f} GB of memory to be denoised and {free / 1e9:.1f} GB are free. "
            "Crop it, or take some of its planes."
        )
