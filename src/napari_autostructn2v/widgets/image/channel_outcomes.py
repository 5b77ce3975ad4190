"""What the runs of several channels came to, as the outcome of one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .results import Outcome, notes_of, provenance
from .source import Source
from .verdict import judge

if TYPE_CHECKING:
    from ...noise import Quality
    from ...pipeline import Result
    from ...settings import Settings
    from ..work import Prediction

__all__ = ["outcome_of_predictions", "outcome_of_results"]

_LIGHTS = ("green", "yellow", "red")


def outcome_of_results(source: Source, settings: Settings, results: Sequence[Result | None] | None) -> Outcome:
    """Return what the trainings of the channels came to; a channel that was not reached stays as it was.

    Parameters
    ----------
    source : Source
    settings : Settings
    results : sequence of Result or None
        In the order of the channels.
    """
    results = tuple(results or ())
    done = [result for result in results if result is not None]
    if not done:
        return Outcome(source, None, None, {})
    names = _names(source)
    stopped = len(done) < len(results) or any(result.report.stopped for result in done)
    worst = _worst([None if result is None else result.report.quality for result in results])
    chosen = results[worst] or done[0]
    seconds: dict[str, float] = {}
    for result in done:
        for phase, taken in result.report.seconds.items():
            seconds[phase] = seconds.get(phase, 0.0) + taken
    report = replace(
        chosen.report,
        verdict=_of_each(names, [result.report.verdict if result else "" for result in results]),
        seconds=seconds,
        stopped=stopped,
        messages=_once(names, [() if result is None else result.report.messages for result in results]),
    )
    denoised, stage1 = None, None
    if any(result.denoised is not None for result in done):
        denoised = _whole(source, [None if result is None else result.denoised for result in results])
        if settings.stages == "both" and all(result is not None and result.stage2 is not None for result in results):
            stage1 = _whole(source, [None if result is None else result.stage1 for result in results])
    merged = replace(chosen, denoised=denoised, stage1=stage1, report=report)
    origin = provenance(source.name, settings, merged) | {
        "masks": {name: list(result.mask.to_rows()) for name, result in zip(names, results, strict=True) if result}
    }
    return Outcome(
        source, denoised, stage1, origin, merged, chosen.report.quality, notes_of(source), results, names[worst]
    )


def outcome_of_predictions(
    source: Source, origin: dict[str, Any], predictions: Sequence[Prediction | None] | None
) -> Outcome:
    """Return what trained models made of the channels; nothing if a stop came before the last one.

    Parameters
    ----------
    source : Source
    origin : dict
    predictions : sequence of Prediction or None
        In the order of the channels.
    """
    made = [prediction for prediction in predictions or () if prediction is not None]
    if not made or len(made) < len(predictions or ()):
        return Outcome(source, None, None, {})
    names = _names(source)
    notes = _once(names, [prediction.notes for prediction in made])
    worst = _worst([prediction.quality for prediction in made])
    denoised = source.whole([prediction.denoised for prediction in made])
    origin = origin | {"messages": list(notes)}
    notes = (*notes_of(source), *notes)
    return Outcome(source, denoised, None, origin, None, made[worst].quality, notes, judged=names[worst])


def _names(source: Source) -> list[str]:
    return [part.name for part in sorted(source.parts, key=lambda part: part.number)]


def _whole(source: Source, arrays: Sequence[Any]) -> Any:
    """Put channels together, of which some may not have been denoised."""
    dtype = next(array.dtype for array in arrays if array is not None)
    parts = sorted(source.parts, key=lambda part: part.number)
    return source.whole(
        [
            array
            if array is not None
            else (part.data if hasattr(part.data, "dask") else np.asarray(part.data)).astype(dtype)
            for part, array in zip(parts, arrays, strict=True)
        ]
    )


def _worst(qualities: Sequence[Quality | None]) -> int:
    """Return which channel has the worst light, and among those the most doubt."""

    def doubt(at: int) -> tuple[int, float]:
        quality = qualities[at]
        return (-1, 0.0) if quality is None else (_LIGHTS.index(judge(quality).light), quality.doubt)

    return max(range(len(qualities)), key=doubt)


def _once(names: Sequence[str], messages: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what there is to say about channels, each sentence once, after the names of those that it is about."""
    about: dict[str, list[str]] = {}
    for name, said in zip(names, messages, strict=True):
        for sentence in said:
            about.setdefault(sentence, []).append(name)
    return tuple(f"{_capital(', '.join(those))}: {sentence}" for sentence, those in about.items())


def _of_each(names: Sequence[str], sentences: Sequence[str]) -> str:
    """Return one sentence where all channels have the same, a line for each sentence otherwise."""
    said = {sentence for sentence in sentences if sentence}
    if len(said) == 1:
        return said.pop()
    return "\n".join(_once(names, [(sentence,) if sentence else () for sentence in sentences]))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
