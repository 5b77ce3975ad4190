"""A run that trains on an image, or applies a model to it: its task, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ...settings import Settings
from ..work import Task, denoise_task, each_channel, help_predictions, help_results, predict_task
from .channel_outcomes import outcome_of_predictions, outcome_of_results
from .keeping import keeping
from .results import Outcome, model_provenance
from .source import Part, Source

if TYPE_CHECKING:
    from .findings import ModelAtHand

__all__ = ["applying_run", "for_each_part", "training_run"]


def training_run(
    source: Source, settings: Settings, dtype: str | None, start: ModelAtHand | None = None
) -> tuple[Task, Callable[[Any], Outcome]]:
    """Return the task that trains on an image and denoises it, channel by channel, and how to read its answer.

    Parameters
    ----------
    source : Source
    settings : Settings
    dtype : str or None
        Of the result; by default that of the image.
    start : ModelAtHand, optional
        What to train on from.
    """

    def train(part: Part) -> Task:
        task = denoise_task(
            part.data,
            settings,
            preview_plane=part.plane if part.is_seen else None,
            dtype=dtype,
            start=None if start is None else start.of(part.number),
        )
        return keeping(task, f"{source.name} · {part.name}" if part.name else source.name)

    task = for_each_part(source, train)
    if len(source.parts) > 1:
        task = help_results(task, _channels(source))
    return task, partial(_outcome, source, settings)


def applying_run(
    source: Source, model: ModelAtHand, settings: Settings, dtype: str | None, *, known: bool = False
) -> tuple[Task, Callable[[Any], Outcome]]:
    """Return the task that denoises an image with a trained model, and how to read its answer.

    Parameters
    ----------
    source : Source
    model : ModelAtHand
    settings : Settings
        How noise is measured, and which device and tile are used.
    dtype : str or None
        Of the result; by default that of the image.
    known : bool
        Whether the model was trained on this image among others.
    """

    def predict(part: Part) -> Task:
        return predict_task(part.data, model.of(part.number), settings, plane=part.plane, dtype=dtype, known=known)

    origin = model_provenance(source.name, model.name, model.denoiser)
    task = for_each_part(source, predict)
    if len(source.parts) > 1:
        task = help_predictions(task, _channels(source))
    return task, partial(_outcome_of_predictions, source, origin)


def for_each_part(source: Source, plan: Callable[[Part], Task]) -> Task:
    """Return a task for the only channel, or for one after the other, the one in view first."""
    parts = source.parts
    if len(parts) == 1:
        return plan(parts[0])
    return each_channel([(part.number, part.name, plan(part)) for part in parts])


def _channels(source: Source) -> list[Any]:
    return [part.data for part in sorted(source.parts, key=lambda part: part.number)]


def _outcome_of_predictions(source: Source, origin: dict[str, Any], answer: Any) -> Outcome:
    several = isinstance(answer, list)
    return (outcome_of_predictions if several else Outcome.of_prediction)(source, origin, answer)


def _outcome(source: Source, settings: Settings, answer: Any) -> Outcome:
    several = isinstance(answer, list)
    return (outcome_of_results if several else Outcome.of_result)(source, settings, answer)
