"""Runs layers of a viewer one after the other; what comes of it becomes layers, and is kept with their image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from ...errors import InputError
from ...progress import Progress
from ..work import ChannelProgress, Failure, Runner, Task, is_better_than_last
from .findings import ModelAtHand
from .results import Outcome, ResultLayers
from .source import Source
from .state import ImageState

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Layer

__all__ = ["PlannedRun", "RunControl"]

_WITH_NOTHING = "Cancelled before there was a result."

_WITH_MODEL = (
    "Cancelled before the whole image was denoised. Under Models, Apply denoises it with the model so far; Continue "
    "trains the model further."
)

_BESIDE_EARLIER = "Cancelled. What it had reached is a layer of its own; the earlier result and its model stay."

#: Says how to run on a source: the task, and how to read its answer.
PlannedRun = Callable[[Source], tuple[Task, Callable[[Any], Outcome]]]


class RunControl(QObject):
    """One run at a time in a viewer, and a queue of layers that wait for theirs.

    Parameters
    ----------
    viewer : napari viewer
    known : callable
        Returns the state of an image layer.
    parent : QObject
        With whose end the run ends.
    """

    #: A run has begun, on this layer.
    started = Signal(object)
    #: Events of the run, a list of `Progress`.
    progressed = Signal(list)
    #: The run has ended with this `Outcome`, and with this layer where there is a denoised image.
    finished = Signal(object, object)
    #: The run of a layer (None where there was none), or its start, came to nothing: the layer and a `Failure`.
    failed = Signal(object, object)
    #: A batch of files has begun, which has the one thread for itself.
    batch_started = Signal()
    #: Its events, a list of `Progress`.
    batch_progressed = Signal(list)
    #: What its task returned, None if it was stopped before it had begun; or a `Failure`.
    batch_ended = Signal(object)

    def __init__(self, viewer: ViewerModel, known: Callable[[Layer | None], ImageState], parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._known = viewer, known
        self.layer: Layer | None = None  # that of the present run, or of the last one
        self.state: ImageState | None = None  # of that layer, where it is an image
        self.position, self.total = 0, 0  # in the queue
        self._queue: list[Layer | None] = []
        self._plan: PlannedRun | None = None
        self._read: Callable[[Any], Outcome] | None = None
        self._replace = True
        self._results: ResultLayers | None = None
        self._previewed = ""  # the phase of the preview on show
        self._mask_source = ""
        self.is_batch = False  # whether what is under way is a batch of files
        self.runner = Runner(parent)
        self.runner.progressed.connect(self._on_progress)
        self.runner.finished.connect(self._on_finished)
        self.runner.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self.runner.is_running

    @property
    def is_stopping(self) -> bool:
        """Whether the run was asked to end and has not yet."""
        return self.runner.is_stopping

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
        self.position, self.total = 0, len(layers)
        for layer in self._queue:
            if layer is not None:
                self._known(layer).wait_for_run(True)
        self._start_next()

    def start_batch(self, task: Task) -> None:
        """Run a task that works on files; layers whose turn comes meanwhile wait for its end."""
        self.layer, self.state, self.is_batch = None, None, True
        self.runner.start(task)
        self.batch_started.emit()

    def again(self, layer: Layer | None) -> None:
        """Run on a layer once more as in the last `start`, after those that wait for their turn."""
        self._queue.append(layer)
        self.total = self.total + 1 if self.is_running else 1
        self.position = self.position if self.is_running else 0
        self._start_next()

    def stop(self) -> None:
        """End the present run with what there is, and forget the others."""
        for layer in self._queue:
            self._known(layer).wait_for_run(False)
        self._queue.clear()
        self.runner.stop()

    def leave(self) -> None:
        """End everything because the viewer goes."""
        self._results = None
        self.stop()

    def _start_next(self) -> None:
        while self._queue and not self.is_running and self._plan is not None:
            layer = self.layer = self._queue.pop(0)
            self.position += 1
            self.state = self._known(layer)
            try:
                source = Source.of(self.state.pixels, self._viewer, layer)
            except InputError as error:
                self._tell_failure(Failure.from_error(error))
                continue
            task, self._read = self._plan(source)
            self._results = ResultLayers(self._viewer, source, replace=self._replace)
            self._previewed, self._mask_source = "", self.state.mask.source
            self.runner.start(task)  # its events are collected later
            self.state.begin_run()
            self.started.emit(layer)

    def _tell_failure(self, failure: Failure) -> None:
        if self.state is not None:
            self.state.end_run(failure=failure)
        self.failed.emit(self.layer, failure)

    def _on_progress(self, events: list[Progress]) -> None:
        if self.is_batch:
            self.batch_progressed.emit(events)
        if self._results is None or self.state is None:
            return
        for event in events:
            if event.measurement is not None:
                follows = self._mask_source in ("raw", "stage1")
                mask = event.measurement.mask if follows else None
                self.state.take_measurement(event.measurement, mask, _channel_of(event))
        self.state.take_events(events)
        self.progressed.emit(events)
        shown = next((event for event in reversed(events) if event.preview is not None), None)
        if shown is None or shown.preview is None:
            return
        if not is_better_than_last(shown, self._previewed):
            return
        self._results.show_preview(shown.preview, _channel_of(shown))
        self._previewed = shown.phase

    def _end_batch(self, answer: Any) -> None:
        self.is_batch = False
        self.batch_ended.emit(answer)
        self._start_next()

    def _on_finished(self, answer: Any) -> None:
        if self.is_batch:
            self._end_batch(answer)
            return
        results, self._results = self._results, None
        if results is None or self._read is None or self.state is None:
            return
        layer: Image | None = None
        try:
            outcome = self._read(answer)
            if outcome.denoised is not None:
                layer = results.finish(outcome)
            elif self._previewed in ("", "measuring"):
                results.discard()  # nothing has been learned yet
            else:
                results.abandon()
        except Exception as error:  # whatever happens to the viewer's layers must not leave the dock busy for ever
            self._tell_failure(Failure.from_error(error))
        else:
            self.state.end_run(_record(self.state, outcome, layer))
            self.finished.emit(outcome, layer)
        self._start_next()

    def _on_failed(self, failure: Failure) -> None:
        if self.is_batch:
            self._end_batch(failure)
            return
        results, self._results = self._results, None
        if results is not None:
            results.abandon()
        self._tell_failure(failure)
        self._start_next()


def _channel_of(event: Progress) -> int:
    return event.channel if isinstance(event, ChannelProgress) else 0


def _record(state: ImageState, outcome: Outcome, layer: Image | None) -> str:
    """Take down what a run has found out, and return what is left to say; a cancelled run replaces no finished one."""
    result = outcome.result
    for channel, own in enumerate(outcome.each):
        if own is not None and own.measurement is not None:
            automatic = own.mask if own.settings.mask.source in ("raw", "stage1") else None
            state.take_measurement(own.measurement, automatic, channel)
    model = state.model
    beside = outcome.is_stopped and model is not None and not model.stopped
    models = [own.denoiser for own in outcome.each if own is not None and own.denoiser is not None]
    if models and not beside:
        name = f"trained on “{outcome.source.name}”"
        # Those of some channels alone would be taken for those of others.
        others = tuple(models[1:]) if len(models) == len(outcome.each) else ()
        state.take_model(ModelAtHand(models[0], name, stopped=outcome.is_stopped, others=others))
    if layer is None:
        return _WITH_MODEL if result is not None and result.denoiser is not None else _WITH_NOTHING
    if outcome.is_stopped and state.result is not None and state.outcome is not None and not state.outcome.is_stopped:
        return _BESIDE_EARLIER
    state.take_outcome(outcome, layer)
    return ""
