"""The plane of an image layer that is on the screen, and the patches that settings select in it."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from weakref import ref

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject, Signal

from ...errors import InputError
from ...images import check_image
from ...progress import Progress
from ...roi import ALIKE, CommonScale, PatchSelection, RoiScorer, StackScorer, suggest_threshold
from ...settings import RoiSettings
from ..image import ImageState, Reading, plane_index
from ..work import Latest, StopRequest, Task

if TYPE_CHECKING:
    from napari.components import Dims

__all__ = ["PlanePreview"]

#: A plane with more pixels than this is looked at in a coarser level of its pyramid, or in every second, third pixel.
MAX_PIXELS = 2**26

#: The same for planes that have to be fetched first: from a file, a server or a computation.
MAX_LAZY_PIXELS = 2**22


class PlanePreview(QObject):
    """One plane at a time, with its preprocessing remembered.

    Only that plane is ever read, and only a part of it where it is large and not in memory. What is not in memory is
    read beside the window; `ready` tells when it is there.
    """

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._layer: ref[Image] | None = None
        self._index: tuple[int, ...] | None = None
        self._planes: _Planes | None = None
        self._shown: tuple[Any, ...] | None = None  # pixels, whether these are filled, axes, and channel
        self._scorer: RoiScorer | None = None
        self._error: InputError | None = None
        self._reader = Latest(self)
        self._reader.finished.connect(self._on_read)
        #: What a user should know about how the plane was looked at; empty if at every pixel.
        self.note = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane at full resolution; (0, 0) while there is none."""
        return self._scorer.shape if self._scorer is not None else (0, 0)

    @property
    def error(self) -> InputError | None:
        """Why the plane cannot be used, None if it can."""
        return self._error

    @property
    def is_reading(self) -> bool:
        """Whether the plane is on its way."""
        return self._reader.is_busy

    def auto_threshold(self, settings: RoiSettings) -> float:
        """Return a threshold that suits the plane."""
        if self._scorer is None:
            return settings.roi_threshold
        return suggest_threshold(self._scorer, settings)

    def are_alike(self, settings: RoiSettings) -> bool:
        """Return whether the selected patches show a network next to nothing of the image's range of brightness."""
        return self._scorer is not None and self._scorer.diversity(settings) < ALIKE

    def structured_share(self, settings: RoiSettings) -> float:
        """Return the share of the selected patches, 0 to 1, that visibly hold more than noise."""
        return 0.0 if self._scorer is None else self._scorer.structured_share(settings)

    def likely_background(self) -> Literal["dark", "bright"] | None:
        """Return what empty regions of the plane clearly look like, None where that is open."""
        return None if self._scorer is None else self._scorer.likely_background()

    def look_at(self, state: ImageState, layer: Image, dims: Dims) -> bool:
        """Turn to what the viewer shows of an image, in the channel that is chosen.

        Parameters
        ----------
        state : ImageState
        layer : napari.layers.Image
            Of the state.
        dims : Dims

        Returns
        -------
        bool
            Whether the plane is another one than before.
        """
        known = self._layer is not None and self._layer() is layer
        reading, channel = state.pixels.reading, state.channel
        shown = layer.data, state.pixels.is_filled, reading.axes, channel
        new_data = not known or self._shown is None or any(a != b for a, b in _pairs(shown, self._shown))
        index = _without_channel(plane_index(layer, dims), reading)
        if not new_data and index == self._index:
            return False
        self._layer, self._shown, self._index = ref(layer), shown, index
        self._scorer = self._error = None
        self._reader.forget()
        if new_data:
            self._planes, self.note = None, ""
        try:
            image = _Levels.of(state)
            if self._planes is None and image.is_in_memory:
                self._planes = _Planes(image)
            if self._planes is not None and image.is_in_memory:
                self._show(self._planes, self._planes.scorer(index))
            else:
                self._reader.ask(index, _reading_task(image, self._planes, index))
        except InputError as error:
            self._error = error
        return True

    def forget(self) -> None:
        """Look again even if nothing seems to have changed."""
        self._shown = None

    def _show(self, planes: _Planes, scorer: RoiScorer) -> None:
        self._planes, self._scorer, self.note = planes, scorer, planes.note

    def _on_read(self, index: object, read: tuple[_Planes, RoiScorer] | InputError) -> None:
        if isinstance(read, InputError):
            self._error = read
        else:
            self._show(*read)
        self.ready.emit()

    def select(self, settings: RoiSettings) -> PatchSelection:
        """Return the patches of the plane.

        Raises
        ------
        InputError
            If the layer, or the plane, cannot be used.
        """
        if self._error is not None:
            raise self._error
        if self._scorer is None:
            raise InputError("No image is open. Open one by File > Open File(s), or File > Open Sample.")
        return self._scorer.select(settings)


class _Levels(NamedTuple):
    """The arrays of a layer, finest first, taken down in the window's thread."""

    arrays: list[Any]

    @classmethod
    def of(cls, state: ImageState) -> _Levels:
        arrays, reading = state.pixels.levels, state.pixels.reading
        if arrays[0].ndim < 2:
            raise InputError(f"{state.name} has only one axis; patches need an image with rows and columns.")
        return cls([_channel_of(array, reading, state.channel) for array in arrays])

    @property
    def is_in_memory(self) -> bool:
        """Whether nothing has to be fetched from a file, a server or a computation."""
        return all(isinstance(array, np.ndarray) and not isinstance(array, np.memmap) for array in self.arrays)

    def reduced(self) -> tuple[Any, tuple[int, int], str]:
        """Return data in a size that can be looked at, rows and columns at full size, and a note."""
        finest = self.arrays[0]
        shape = (int(finest.shape[-2]), int(finest.shape[-1]))
        most = MAX_PIXELS if self.is_in_memory else MAX_LAZY_PIXELS
        data = next((level for level in self.arrays if math.prod(level.shape[-2:]) <= most), self.arrays[-1])
        step = max(1, math.ceil(math.sqrt(math.prod(data.shape[-2:]) / most)))
        if step > 1:
            data = data[..., ::step, ::step]
        if tuple(data.shape[-2:]) == shape:
            return data, shape, ""
        every = round(shape[1] / data.shape[-1])
        return data, shape, f"Large image: patches are judged by one in {every} × {every} pixels."


def _pairs(one: tuple[Any, ...], other: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    """Pair what is shown with what was; arrays are the same or not, whatever is in them."""
    yield id(one[0]), id(other[0])
    yield from zip(one[1:], other[1:], strict=True)


def _channel_of(array: Any, reading: Reading, channel: int) -> Any:
    """Return one channel of a level, all of it where there are none."""
    layout = reading.layout(array.shape)
    own = [item for item in layout.channels if not item.is_alpha][channel]
    return array[layout.slices(own, [slice(None)] * len(layout.free(own)))] if own.index else array


def _without_channel(index: tuple[int, ...], reading: Reading) -> tuple[int, ...]:
    return tuple(at for axis, at in zip(reading.axes, index, strict=False) if axis != "C")


def _reading_task(image: _Levels, known: _Planes | None, index: tuple[int, ...]) -> Task:
    """Return the task that reads what is needed to select patches in a plane; its answer is an error or two objects."""

    def task(stop: StopRequest) -> Generator[Progress, None, tuple[_Planes, RoiScorer] | InputError]:
        yield Progress("measuring", message="Reading")
        try:
            planes = known or _Planes(image)
            return planes, planes.scorer(index)
        except InputError as error:
            return error
        except Exception as error:  # lazy data can fail in as many ways as there are file formats
            return InputError(f"The plane on the screen could not be read: {error}.")

    return task


class _Planes:
    """The scorers of a layer's planes; a stack is equalised as a whole, so that one threshold fits all its planes."""

    def __init__(self, image: _Levels) -> None:
        self._data, self._shape, self.note = image.reduced()
        self._axes = tuple(int(size) for size in self._data.shape[:-2])
        self._full_axes = tuple(int(size) for size in image.arrays[0].shape[:-2])
        self._stack: StackScorer | None = None
        self._common: CommonScale | None = None
        if not self._axes:
            return
        if not self.note:
            self._stack = StackScorer(self._data)
            return
        count = math.prod(self._axes)
        sampled = np.unique(np.linspace(0, count - 1, min(count, 8)).astype(int))
        planes = [np.asarray(self._data[np.unravel_index(index, self._axes)]) for index in sampled]
        check_image(np.stack(planes))
        self._common = CommonScale(planes, self._shape)

    def scorer(self, index: tuple[int, ...]) -> RoiScorer:
        """Return the scorer of the plane at a place along the leading axes of the full-size data."""
        # The leading axes of a coarse level may be shorter as well.
        place = tuple(
            min(position * short // long, short - 1)
            for position, short, long in zip(index, self._axes, self._full_axes, strict=True)
        )
        if self._stack is not None:
            return self._stack.plane(int(np.ravel_multi_index(place, self._axes)))
        return RoiScorer(np.asarray(self._data[place]), shape=self._shape, common=self._common)
