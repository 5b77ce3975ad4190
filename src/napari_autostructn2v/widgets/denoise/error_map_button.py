"""A button that makes the error map of the result of the chosen image, as a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton

from ...progress import Progress
from ..image import ImageState, Outcome, ViewerState, add_error_map
from ..work import Failure, Latest, each_channel, error_map_task

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from ...denoiser import Denoiser

__all__ = ["ErrorMapButton"]

_TITLE = "Error map"

_ABOUT = (
    "Add a layer that shows how far each place of the result is likely to be from the truth, in grey values. It takes "
    "about a quarter of the time of the training."
)

_NO_MODEL = "An error map needs the model that made the result; run again, or take up its model below."


class _MapAsked(NamedTuple):
    """Of which image and which result of it the error is estimated."""

    image: ImageState
    outcome: Outcome


class ErrorMapButton(QPushButton):
    """Estimates the error of the last result beside the window; a second click ends that.

    `failed` is emitted with a `Failure` where no map can be made.

    Parameters
    ----------
    viewer : napari viewer
    state : ViewerState
    """

    failed = Signal(object)

    def __init__(self, viewer: ViewerModel, state: ViewerState) -> None:
        super().__init__(_TITLE)
        self._viewer, self._state = viewer, state
        self.worker = Latest(self)
        self.worker.finished.connect(self._on_finished)
        self.worker.failed.connect(self._on_failed)
        self.worker.runner.progressed.connect(self._on_progress)
        self.clicked.connect(self.toggle)
        state.changed.connect(self.refresh)
        state.chosen_changed.connect(self.refresh)
        self.refresh()

    def toggle(self) -> None:
        """Make the map of the chosen image, or give it up."""
        if self.worker.is_busy:
            self.worker.forget()
            self.refresh()
            return
        image, models = self._state.image, self._models
        if image.outcome is None or not models:
            return
        device = self._state.common.device
        tasks = [
            # One model may be for all channels.
            (part.number, part.name, error_map_task(part.data, models[min(part.number, len(models) - 1)], device))
            for part in image.outcome.source.parts
        ]
        self.worker.ask(_MapAsked(image, image.outcome), each_channel(tasks))
        self.refresh()

    def refresh(self, aspect: object = None) -> None:
        """Show whether there is a result with its model, and whether work is going on."""
        busy = self.worker.is_busy
        self.setText(f"Cancel {_TITLE.lower()}" if busy else _TITLE)
        possible = busy or bool(self._models)
        self.setEnabled(possible)
        self.setToolTip(_ABOUT if possible else _NO_MODEL)

    @property
    def _models(self) -> tuple[Denoiser, ...]:
        """The models that made the result, of each channel; none where they are gone."""
        image = self._state.image
        if image.outcome is None or image.outcome.denoised is None:
            return ()
        trained = tuple(None if result is None else result.denoiser for result in image.outcome.each)
        if trained and None not in trained:
            return tuple(model for model in trained if model is not None)
        return () if trained or image.model is None else image.model.each

    def _on_progress(self, events: Sequence[Progress]) -> None:
        event = events[-1]
        if self.worker.is_busy and event.total:
            self.setText(f"Cancel {_TITLE.lower()} ({event.step / event.total:.0%})")

    def _on_finished(self, asked: _MapAsked, maps: list[np.ndarray | None]) -> None:
        self.refresh()
        made = [values for values in maps if values is not None]
        if len(made) < len(maps) or asked.outcome is not asked.image.outcome:
            return
        add_error_map(self._viewer, asked.outcome.source, made)

    def _on_failed(self, asked: _MapAsked, failure: Failure) -> None:
        self.refresh()
        self.failed.emit(failure)
