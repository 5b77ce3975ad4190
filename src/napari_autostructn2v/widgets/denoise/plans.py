"""What a run does: decided when its turn comes, from what the docks say by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ..image import Outcome, RoiState, Source, keeping, model_provenance
from ..work import Task, denoise_task, predict_task
from .advanced_form import AdvancedForm
from .model_panel import ModelPanel

__all__ = ["RunPlans"]


class RunPlans:
    """The three kinds of run; each method is a `PlannedRun` for :class:`~.run_control.RunControl`.

    Parameters
    ----------
    tuning : RoiState
    advanced : AdvancedForm
    models : ModelPanel
        Its model at hand is the one that is trained on, or applied.
    """

    def __init__(self, tuning: RoiState, advanced: AdvancedForm, models: ModelPanel) -> None:
        self._tuning, self._advanced, self._models = tuning, advanced, models

    def denoise(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Train on an image and denoise it."""
        settings = self._tuning.settings_for(source.layer)
        task = denoise_task(source.data, settings, preview_plane=source.plane_number, dtype=self._advanced.result_dtype)
        return keeping(task, source.name), partial(Outcome.of_result, source, settings)

    def train_on(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Train the model at hand on, with the settings of its own run, and denoise an image."""
        denoiser = self._models.denoiser
        assert denoiser is not None, "the button is disabled without a model"
        # Where and in which pieces the work is done is a matter of this computer and not of the run.
        here = self._tuning.settings
        settings = replace(denoiser.settings, device=here.device, tile=here.tile)
        task = denoise_task(
            source.data,
            settings,
            preview_plane=source.plane_number,
            dtype=self._advanced.result_dtype,
            start=denoiser,
        )
        return keeping(task, source.name), partial(Outcome.of_result, source, settings)

    def apply(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        """Denoise an image with the model at hand, without training."""
        denoiser = self._models.denoiser
        assert denoiser is not None, "the button is disabled without a model"
        origin = model_provenance(source.name, self._models.name, denoiser)
        task = predict_task(
            source.data,
            denoiser,
            self._tuning.settings,
            plane=source.plane_number,
            dtype=self._advanced.result_dtype,
        )
        return task, partial(Outcome.of_prediction, source, origin)
