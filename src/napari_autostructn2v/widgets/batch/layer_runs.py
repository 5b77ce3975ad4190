"""The layers of a batch: each is run as the Denoise dock runs it, and its result is a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from ...progress import Progress
from ..image import Outcome, Source, ViewerState, training_run
from ..work import Failure, Task
from .rows import BatchRow
from .wish import BatchWish

if TYPE_CHECKING:
    from napari.layers import Image, Layer

__all__ = ["LayerRuns"]

_GONE = Failure("The layer is no longer in the viewer; take the row out of the table.", "input")


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
        state.control.progressed.connect(self._on_progress)
        state.control.finished.connect(self._on_finished)
        state.control.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether layers of the batch are still to be denoised."""
        return bool(self._left)

    def start(self, rows: Sequence[BatchRow], wish: BatchWish) -> None:
        """Denoise the layers of rows, one after the other; without any, that is over at once."""
        self._wish = wish
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
        settings = self._wish.settings
        if not self._wish.settings_file:  # otherwise the file says which patches and which mask
            settings = self._state.of(source.layer).settings(settings)
        here = self._state.common
        settings = replace(settings, device=here.device, tile=here.tile)
        return training_run(source, settings, self._state.result_dtype)

    def _row_of(self, layer: Layer | None) -> BatchRow | None:
        return next((row for row in self._left if row.layer is not None and row.layer() is layer), None)

    def _on_progress(self, events: list[Progress]) -> None:
        row = self._row_of(self._state.control.layer)
        if row is not None and events:
            row.take_progress(events[-1])
            self.row_changed.emit(row)

    def _on_finished(self, outcome: Outcome, result: Image | None) -> None:
        row = self._row_of(self._state.control.layer)
        if row is not None:
            row.take_layer(outcome, result)
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
            self.ended.emit()
