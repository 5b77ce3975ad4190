"""What has to be known of an image layer to run on it, taken down before the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

import numpy as np
from napari.layers import Image
from napari.utils.transforms import Affine

from ...errors import InputError
from ...large import is_large, memory_of_run, on_disk_as_dask
from ..work import AxesUnclear
from .pixels import Pixels
from .reading import Reading
from .view_plane import plane_index

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer


__all__ = ["Part", "Source", "read_later"]

_LOOK = ("contrast_limits", "colormap", "gamma", "blending", "interpolation2d")

_PLANE = Reading("YX")

_LOOK_OF_COLOUR = ("blending", "interpolation2d")


@dataclass(frozen=True, eq=False)
class Part:
    """One channel of an image, or all of an image without channels.

    Parameters
    ----------
    name : str
        Such as "channel 2" or "green"; empty where there is only one.
    number : int
        Of the channel.
    data : (..., Y, X) array-like
    plane : int
        Index, over all leading axes flattened, of the plane in view.
    place : tuple of int
        The same along each leading axis.
    is_seen : bool
        Whether the viewer shows this channel.
    """

    name: str
    number: int
    data: Any
    plane: int
    place: tuple[int, ...]
    is_seen: bool


@dataclass(frozen=True, eq=False)
class Source:
    """What has to be known of an image layer to run on it and to place the result, even if the layer is gone by then.

    Parameters
    ----------
    name : str
    data : array-like
        The finest level; may be lazy. Missing pixels are filled where the user has asked for that.
    placement : dict
        Keyword arguments of a new layer: scale, translate, rotate, shear, affine, units, axis_labels.
    look : dict
        Keyword arguments of a new layer: contrast_limits, colormap, gamma, blending, interpolation2d.
    plane : tuple of int
        Index, along all axes but rows and columns (and colours), of the plane in view.
    reading : Reading
        Which axis is which.
    is_filled : bool
        Whether missing pixels were filled.
    reference : weak reference, optional
        To the layer itself.
    """

    name: str
    data: Any
    placement: dict[str, Any]
    look: dict[str, Any]
    plane: tuple[int, ...] = ()
    reading: Reading = _PLANE
    is_filled: bool = False
    reference: ReferenceType[Image] | None = None

    @property
    def layer(self) -> Image | None:
        """The layer itself, None once it is gone for good."""
        return None if self.reference is None else self.reference()

    @classmethod
    def of(cls, pixels: Pixels, viewer: ViewerModel, layer: Layer | None = None) -> Source:
        """Take down what is needed of an image of a viewer.

        Parameters
        ----------
        pixels : Pixels
        viewer : napari viewer
        layer : Layer, optional
            What was asked for, where that is no image.

        Raises
        ------
        InputError
            If there is no layer, it is not an image, too large for the memory, or may be channels.
        """
        layer = layer if pixels.layer is None else pixels.layer
        if layer is None:
            raise InputError(
                "There is no image to denoise. Open one with File > Open, or try File > Open Sample > autoStructN2V."
            )
        if not isinstance(layer, Image):
            kind = type(layer).__name__
            raise InputError(f"“{layer.name}” is a {kind} layer; choose an image layer to denoise.")
        data = on_disk_as_dask(pixels.levels[0])
        if not pixels.reading.is_sure:
            raise AxesUnclear(
                f"“{layer.name}” has {len(data.shape)} axes ({' × '.join(map(str, data.shape))}) and does not say "
                "whether one of them is channels. Which is it?"
            )
        if not is_large(data):
            _check_memory(data)
        return cls(
            name=layer.name,
            data=data,
            placement={
                name: getattr(layer, name) for name in ("scale", "translate", "rotate", "shear", "units", "axis_labels")
            }
            | {"affine": layer.affine.affine_matrix},
            look={name: getattr(layer, name) for name in (_LOOK_OF_COLOUR if layer.rgb else _LOOK)},
            plane=plane_index(layer, viewer.dims),
            reading=pixels.reading,
            is_filled=pixels.is_filled,
            reference=ref(layer),
        )

    def looking_at(self, viewer: ViewerModel) -> Source:
        """Return the same with the plane that is in view now."""
        layer = self.layer
        return self if layer is None else replace(self, plane=plane_index(layer, viewer.dims))

    @property
    def is_rgb(self) -> bool:
        """Whether each pixel has colours."""
        return self.reading.axes.endswith("S")

    @property
    def parts(self) -> list[Part]:
        """What a model each is trained on: the channels, the one in view first."""
        layout = self.reading.layout(self.data.shape)
        at = dict(zip(layout.leading.removesuffix("S"), self.plane, strict=True))
        parts = []
        for number, channel in enumerate(channel for channel in layout.channels if not channel.is_alpha):
            free = layout.free(channel)
            data = self.data[layout.slices(channel, [slice(None)] * len(free))]
            seen = all(at[axis] == position for axis, position in channel.index if axis in at)
            place = tuple(at[axis] for axis in free)
            plane = int(np.ravel_multi_index(place, data.shape[:-2])) if place else 0
            parts.append(Part(channel.name, number, data, plane, place, seen))
        return sorted(parts, key=lambda part: not part.is_seen)

    @property
    def seen_part(self) -> Part:
        """The channel in view; the first colour of an RGB image."""
        return self.parts[0]

    def whole(self, arrays: Sequence[Any]) -> Any:
        """Put the channels, in their order, together again; opacity is that of the image."""
        layout = self.reading.layout(self.data.shape)
        channels = layout.channels
        if len(channels) == 1 and not channels[0].index:
            return arrays[0]
        given = iter(arrays)
        each = []
        for channel in channels:
            own = self.data[layout.slices(channel, [slice(None)] * len(layout.free(channel)))]
            each.append(own if channel.is_alpha else next(given))
        if any(hasattr(array, "dask") for array in each):
            import dask.array as da

            stacked = da.stack(each)
        else:
            stacked = np.stack([np.asarray(array) for array in each])
        fixed = [axis for axis, _ in channels[0].index]
        stacked = stacked.reshape(*(layout.size(axis) for axis in fixed), *stacked.shape[1:])
        order = [*fixed, *(axis for axis in layout.axes if axis not in fixed)]
        return stacked.transpose([order.index(axis) for axis in layout.axes])

    def plane_placement(self, corner: tuple[int, int] = (0, 0)) -> dict[str, Any]:
        """Return the placement of the plane in view alone, or of a piece of it that begins at a row and a column."""
        place = self.placement
        linear = Affine(scale=place["scale"], rotate=place["rotate"], shear=place["shear"]).linear_matrix
        return place | {"translate": place["translate"] + linear @ (*self.plane, *corner)}


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


def read_later(data: Any) -> Any:
    """Return an array on disk, which is read whole by any look at one of its channels, as one that is not."""
    if isinstance(data, np.ndarray) or hasattr(data, "dask"):
        return data
    import dask.array

    return dask.array.from_array(data, chunks=(*(1,) * (len(data.shape) - 2), *data.shape[-2:]))
