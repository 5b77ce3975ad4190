"""What a run does: decided when its turn comes, from what is known of its image by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ..image import ModelAtHand, Outcome, Source, ViewerState, keeping, model_provenance
from ..work import Task, denoise_task, predict_task

__all__ = ["RunPlans"]


class RunPlans:
    """The three kinds of run; each method is a `PlannedRun` for :class:`~..image.RunControl`.

    Parameters
    ----------
    state : ViewerState
    """

    def __init__(self, state: ViewerState) -> None:
        self._state = state

    def denoise(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Train on an image and denoise it."""
        settings = self._state.of(source.layer).settings(self._state.common)
        task = denoise_task(source.data, settings, preview_plane=source.plane_number, dtype=self._state.result_dtype)
        return keeping(task, source.name), partial(Outcome.of_result, source, settings)

    def train_on(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Train the model at hand on, with the settings of its own run, and denoise an image."""
        denoiser = self._model(source).denoiser
        # Where and in which pieces the work is done is a matter of this computer and not of the run.
        here = self._state.common
        settings = replace(denoiser.settings, device=here.device, tile=here.tile)
        task = denoise_task(
            source.data,
            settings,
            preview_plane=source.plane_number,
            dtype=self._state.result_dtype,
            start=denoiser,
        )
        return keeping(task, source.name), partial(Outcome.of_result, source, settings)

    def apply(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Denoise an image with the model at hand, without training."""
        model = self._model(source)
        origin = model_provenance(source.name, model.name, model.denoiser)
        task = predict_task(
            source.data,
            model.denoiser,
            self._state.common,
            plane=source.plane_number,
            dtype=self._state.result_dtype,
        )
        return task, partial(Outcome.of_prediction, source, origin)

    def _model(self, source: Source) -> ModelAtHand:
        model = self._state.of(source.layer).model
        assert model is not None, "the button is disabled without a model"
        return model
