"""What a run does: decided when its turn comes, from what is known of its image by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..image import ModelAtHand, Outcome, Source, ViewerState, applying_run, training_run
from ..work import Task

if TYPE_CHECKING:
    from .forecast import Forecast

__all__ = ["RunPlans"]


class RunPlans:
    """The three kinds of run; each method is a `PlannedRun` for :class:`~..image.RunControl`.

    Parameters
    ----------
    state : ViewerState
    forecast : Forecast
        Follows each run.
    """

    def __init__(self, state: ViewerState, forecast: Forecast) -> None:
        self._state, self._forecast = state, forecast

    def denoise(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Train on an image and denoise it."""
        settings = self._state.of(source.layer).settings(self._state.common)
        task, read = training_run(source, settings, self._state.result_dtype)
        return self._forecast.following(source, task), read

    def train_on(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Train the model at hand on, with the settings of its own run, and denoise an image."""
        model = self._model(source)
        # Where and in which pieces the work is done is a matter of this computer and not of the run.
        here = self._state.common
        settings = replace(model.denoiser.settings, device=here.device, tile=here.tile)

        self._forecast.expect_training_on(source)
        return training_run(source, settings, self._state.result_dtype, model)

    def apply(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Denoise an image with the model at hand, without training."""
        self._forecast.expect_prediction(source)
        return applying_run(source, self._model(source), self._state.common, self._state.result_dtype)

    def _model(self, source: Source) -> ModelAtHand:
        model = self._state.of(source.layer).model
        assert model is not None, "the button is disabled without a model"
        return model
