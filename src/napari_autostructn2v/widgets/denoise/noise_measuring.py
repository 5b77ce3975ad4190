"""Measures the noise of images beside the window, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

import numpy as np
from qtpy.QtCore import QObject, Signal

from ...errors import InputError
from ..image import ImageState, Source, ViewerState
from ..work import Failure, Runner, measure_task

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from ...noise import Measurement

__all__ = ["NoiseMeasuring"]

#: Pixels up to which the noise is measured unasked; that takes about a second.
_SMALL = 2**22


class _Measuring(NamedTuple):
    """Of which image the noise is measured, whether a mask follows from it, and in which channel."""

    image: ImageState
    follows: bool
    channel: int


class NoiseMeasuring(QObject):
    """Measures the chosen image when asked, and small ones unasked; what comes out goes to the image's state.

    `failed` is emitted with a `Failure` if the noise could not be measured.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    state : ViewerState
    parent : QObject
    """

    failed = Signal(object)

    def __init__(self, viewer: Viewer, state: ViewerState, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._state = viewer, state
        self._to_measure: list[ImageState] = []
        self._measured_now: _Measuring | None = None
        self._tried: WeakSet[ImageState] = WeakSet()  # to measure unasked, once
        self._unasked: WeakSet[ImageState] = WeakSet()  # what fails there is complained about when it is asked for
        self.runner = Runner(self)
        self.runner.finished.connect(self._on_measured)
        self.runner.failed.connect(self._on_failed)

    def measure(self) -> None:
        """Measure the noise of the chosen image."""
        image = self._state.image
        self._unasked.discard(image)
        if image.is_measuring:
            return
        try:
            Source.of(image.pixels, self._viewer)
        except InputError as error:
            self.failed.emit(Failure.from_error(error))
            return
        image.show_measuring(True)
        self._to_measure.append(image)
        self._measure_next()

    def measure_if_small(self) -> None:
        """Measure the chosen image unless that is known, would take more than a moment, or needs to be asked about."""
        image = self._state.image
        levels = image.pixels.levels
        known = image.measured is not None or image.is_measuring or image in self._tried
        if known or not levels or not isinstance(levels[0], np.ndarray) or isinstance(levels[0], np.memmap):
            return
        if levels[0].size > _SMALL or not image.pixels.reading.is_sure:
            return
        self._tried.add(image)
        self.measure()
        self._unasked.add(image)

    def has_tried(self, image: ImageState) -> bool:
        """Whether an image was measured unasked, or could not be."""
        return image in self._tried

    def _measure_next(self) -> None:
        while self._to_measure and not self.runner.is_running:
            image = self._to_measure.pop(0)
            try:
                source = Source.of(image.pixels, self._viewer)
            except InputError:  # closed in the meantime
                image.show_measuring(False)
                continue
            part = next(part for part in source.parts if part.number == image.channel)
            self._measured_now = _Measuring(image, image.mask.source in ("raw", "stage1"), part.number)
            self.runner.start(measure_task(part.data, image.settings(self._state.common)))

    def _on_measured(self, measurement: Measurement | None) -> None:
        if self._measured_now is not None:
            (image, follows, channel), self._measured_now = self._measured_now, None
            if measurement is None:
                image.show_measuring(False)
            else:
                image.take_measurement(measurement, measurement.mask if follows else None, channel)
        self._measure_next()

    def _on_failed(self, failure: Failure) -> None:
        if self._measured_now is not None:
            self._measured_now.image.show_measuring(False)
            unasked = self._measured_now.image in self._unasked
            self._unasked.discard(self._measured_now.image)
            self._measured_now = None
            if unasked:
                self._measure_next()
                return
        self.failed.emit(failure)
        self._measure_next()
