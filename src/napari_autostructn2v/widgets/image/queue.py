"""Runs layers of a viewer one after the other, and turns what comes of it into layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from ...errors import InputError
from ...progress import Progress
from ..work import Failure, Runner, Task
from .results import Outcome, ResultLayers
from .source import Source

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer

__all__ = ["PlannedRun", "RunControl"]

#: Share of stage 2 after which its previews are better than the last one of stage 1.
_LATE_ENOUGH = 0.3

#: Says how to run on a source: the task, and how to read its answer.
PlannedRun = Callable[[Source], tuple[Task, Callable[[Any], Outcome]]]


class RunControl(QObject):
    """One run at a time, and a queue of layers that wait for theirs.

    Parameters
    ----------
    viewer : napari viewer
    parent : QObject
        With whose end the run ends.
    """

    #: A run has begun, on this layer.
    started = Signal(object)
    #: Events of the run, a list of `Progress`.
    progressed = Signal(list)
    #: The run has ended with this `Outcome`, and with this layer where there is a denoised image.
    finished = Signal(object, object)
    #: The run, or its start, came to nothing: a `Failure`.
    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.layer: Layer | None = None  # that of the present run, or of the last one
        self._queue: list[Layer | None] = []
        self._plan: PlannedRun | None = None
        self._read: Callable[[Any], Outcome] | None = None
        self._replace = True
        self._results: ResultLayers | None = None
        self._previewed = ""  # the phase of the preview on show
        self.runner = Runner(parent)
        self.runner.progressed.connect(self._on_progress)
        self.runner.finished.connect(self._on_finished)
        self.runner.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self.runner.is_running

    def start(self, layers: Sequence[Layer | None], plan: PlannedRun, *, replace: bool = True) -> None:
        """Run on layers one after the other.

        Parameters
        ----------
        layers : sequence of layers
            None, or one that is no image, fails with a sentence.
        plan : callable
        replace : bool
            Whether results take the place of earlier ones.
        """
        self._queue, self._plan, self._replace = list(layers), plan, replace
        self._start_next()

    def again(self, layer: Layer | None) -> None:
        """Run on a layer once more as in the last `start`, after those that wait for their turn."""
        self._queue.append(layer)
        self._start_next()

    def stop(self) -> None:
        """End the present run with what there is, and forget the others."""
        self._queue.clear()
        self.runner.stop()

    def leave(self, *, viewer_stays: bool) -> None:
        """End everything because the dock goes; an unfinished preview stays in the viewer if that stays."""
        results, self._results = self._results, None
        self.stop()
        if results is not None and viewer_stays:
            results.abandon()

    def _start_next(self) -> None:
        while self._queue and not self.is_running and self._plan is not None:
            layer = self.layer = self._queue.pop(0)
            try:
                source = Source.of(layer, self._viewer)
            except InputError as error:
                self.failed.emit(Failure(str(error), "input"))
                continue
            task, self._read = self._plan(source)
            self._results = ResultLayers(self._viewer, source, replace=self._replace)
            self._previewed = ""
            self.started.emit(layer)
            self.runner.start(task)

    def _on_progress(self, events: list[Progress]) -> None:
        if self._results is None:
            return
        self.progressed.emit(events)
        event = next((event for event in reversed(events) if event.preview is not None), None)
        if event is None or event.preview is None:
            return
        # At the beginning of stage 2 the last preview of stage 1 is still the better picture.
        if event.phase != self._previewed and self._previewed and event.step < _LATE_ENOUGH * event.total:
            return
        if self._results.show_preview(event.preview):
            self._previewed = event.phase

    def _on_finished(self, answer: Any) -> None:
        results, self._results = self._results, None
        if results is None or self._read is None:
            return
        layer: Image | None = None
        try:
            outcome = self._read(answer)
            if outcome.denoised is None:
                results.abandon()
            else:
                layer = results.finish(outcome)
        except Exception as error:  # whatever happens to the viewer's layers must not leave the dock busy for ever
            self.failed.emit(Failure.from_error(error))
        else:
            self.finished.emit(outcome, layer)
        self._start_next()

    def _on_failed(self, failure: Failure) -> None:
        results, self._results = self._results, None
        if results is not None:
            results.abandon()
        self.failed.emit(failure)
        self._start_next()
