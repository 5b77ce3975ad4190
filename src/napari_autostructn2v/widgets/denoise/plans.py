"""What a run does: decided when its turn comes, from what is known of its image by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..image import (
    ModelAtHand,
    Outcome,
    Part,
    Source,
    ViewerState,
    for_each_part,
    model_provenance,
    outcome_of_predictions,
    training_run,
)
from ..work import Task, predict_task

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
        model = self._model(source)
        origin = model_provenance(source.name, model.name, model.denoiser)
        common, dtype = self._state.common, self._state.result_dtype

        def predict(part: Part) -> Task:
            return predict_task(part.data, model.of(part.number), common, plane=part.plane, dtype=dtype)

        self._forecast.expect_prediction(source)
        return for_each_part(source, predict), partial(_outcome_of_predictions, source, origin)

    def _model(self, source: Source) -> ModelAtHand:
        model = self._state.of(source.layer).model
        assert model is not None, "the button is disabled without a model"
        return model


def _outcome_of_predictions(source: Source, origin: dict[str, Any], answer: Any) -> Outcome:
    several = isinstance(answer, list)
    return (outcome_of_predictions if several else Outcome.of_prediction)(source, origin, answer)
