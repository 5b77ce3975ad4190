"""The layers of a batch: each is run as the Denoise dock runs or applies a model, and its result is a layer."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from ...batch import OpenImage
from ...errors import InputError, counted
from ...progress import Progress
from ..image import ModelAtHand, Outcome, Source, ViewerState, applying_run, training_run
from ..work import Failure, StopRequest, Task
from .rows import BatchRow
from .wish import BatchWish

if TYPE_CHECKING:
    from napari.layers import Image, Layer

    from ...denoiser import Denoiser

__all__ = ["LayerRuns"]

_GONE = Failure("The layer is no longer in the viewer; take the row out of the table.", "input")

#: What the model is called in the metadata of its results.
_NAME = "one model for all images of a batch"


class LayerRuns(QObject):
    """Follows the runs of the layers of a batch.

    Parameters
    ----------
    state : ViewerState
        Whose queue the layers go through.
    parent : QObject
    """

    #: This row has changed.
    row_changed = Signal(object)
    #: All are through, or a stop came.
    ended = Signal()

    def __init__(self, state: ViewerState, parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._left: list[BatchRow] = []
        self._wish = BatchWish()
        self._models: tuple[Denoiser, ...] = ()
        self._begun = 0.0
        state.control.started.connect(self._on_started)
        state.control.progressed.connect(self._on_progress)
        state.control.finished.connect(self._on_finished)
        state.control.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether layers of the batch are still to be denoised."""
        return bool(self._left)

    def images(self, rows: Sequence[BatchRow]) -> tuple[OpenImage, ...]:
        """Return the layers of rows as images to train one model on; those that cannot be denoised are left out."""
        found = []
        for row in rows:
            layer = None if row.layer is None else row.layer()
            if layer is None:
                continue
            try:
                source = Source.of(self._state.of(layer).pixels, self._state.viewer, layer)
            except InputError:  # said when its turn comes
                continue
            parts = sorted(source.parts, key=lambda part: part.number)
            found.append(OpenImage(source.name, tuple(part.data for part in parts), tuple(part.name for part in parts)))
        return tuple(found)

    def start(self, rows: Sequence[BatchRow], wish: BatchWish, models: tuple[Denoiser, ...] = ()) -> None:
        """Denoise the layers of rows, one after the other; without any, that is over at once.

        Parameters
        ----------
        rows : sequence of BatchRow
        wish : BatchWish
        models : tuple of Denoiser
            One model for all, one a channel; without any each layer has its own.
        """
        self._wish, self._models = wish, models
        layers: list[Layer] = []
        for row in rows:
            layer = None if row.layer is None else row.layer()
            if layer is None:
                row.take_layer_failure(_GONE)
                self.row_changed.emit(row)
            else:
                self._left.append(row)
                layers.append(layer)
        if layers:
            self._state.control.start(layers, self._plan, replace=True)
        else:
            self.ended.emit()

    def stop(self) -> None:
        """Forget the layers whose turn has not come, and end the present run with what there is."""
        present = self._state.control.layer
        self._left = [row for row in self._left if row.layer is not None and row.layer() is present]
        self._state.control.stop()

    def _plan(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        if self._models:
            channels = len(source.parts)
            model = ModelAtHand(self._models[0], _NAME, others=self._models[1:])
            known = len(self._models) == channels
            run = applying_run(source, model, self._state.common, self._state.result_dtype, known=known)
            return run if known or len(self._models) == 1 else (_refusing(len(self._models), channels), run[1])
        settings = self._wish.settings
        if not self._wish.settings_file:  # otherwise the file says which patches and which mask
            settings = self._state.of(source.layer).settings(settings)
        here = self._state.common
        settings = replace(settings, device=here.device, tile=here.tile)
        return training_run(source, settings, self._state.result_dtype)

    def _row_of(self, layer: Layer | None) -> BatchRow | None:
        return next((row for row in self._left if row.layer is not None and row.layer() is layer), None)

    def _on_started(self, layer: Layer | None) -> None:
        self._begun = time.monotonic()

    def _on_progress(self, events: list[Progress]) -> None:
        row = self._row_of(self._state.control.layer)
        if row is not None and events:
            row.take_progress(events[-1])
            self.row_changed.emit(row)

    def _on_finished(self, outcome: Outcome, result: Image | None) -> None:
        row = self._row_of(self._state.control.layer)
        if row is not None:
            row.take_layer(outcome, result, time.monotonic() - self._begun, with_one_model=bool(self._models))
            self._end(row)

    def _on_failed(self, layer: Layer | None, failure: Failure) -> None:
        row = self._row_of(layer)
        if row is not None:
            row.take_layer_failure(failure)
            self._end(row)

    def _end(self, row: BatchRow) -> None:
        self._left = [other for other in self._left if other is not row]
        self.row_changed.emit(row)
        if not self._left:
            self._models = ()
            self.ended.emit()


def _refusing(models: int, channels: int) -> Task:
    def task(stop: StopRequest) -> Generator[Progress, None, None]:
        yield Progress("measuring")
        raise InputError(
            f"The model of all images has {counted(models, 'channel')}, and this image has {channels}. Choose One each."
        )

    return task
