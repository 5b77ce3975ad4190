"""Which other planes a stage is shown: where it may help, each way is trained for a while, and the best goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..noise import Measurement
from ..progress import Progress
from ..settings import Settings, StageSettings

if TYPE_CHECKING:
    from ..network import Context, Training, UNet

__all__ = ["Entry", "about_stack", "contexts_to_try", "race", "times_for_stack", "with_time_for_stacks"]

#: Share of the steps after which it shows who is best.
_RACE = 0.25

#: Times the training of a single plane that a network with other planes is given, since it has more to learn from: of
#: a small stack, and of one of so many pixels.
_BUDGET, _BUDGET_OF_LARGE, _LARGE = 2, 3, 1_000_000

#: Of fewer planes each is denoised alone.
_FEWEST_PLANES = 3

#: Planes from which it is worth while to look beyond the adjacent ones.
_MANY_PLANES = 6


@dataclass(eq=False)
class Entry:
    """A network with its context, and its training.

    Parameters
    ----------
    network : UNet
    context : Context
    training : generator of Progress
        Returns the `Training`.
    settings : StageSettings
        Of this training: of all steps and rates, those that are used.
    judged : float or None
        Error on held-out pixels by which the race is decided; None before.
    """

    network: UNet
    context: Context
    training: Generator[Progress, None, Training]
    settings: StageSettings
    judged: float | None = None


def contexts_to_try(measurement: Measurement, settings: Settings) -> tuple[Context, ...]:
    """List what the last stage may be shown of other planes, according to the settings and to what planes share.

    Parameters
    ----------
    measurement : Measurement
    settings : Settings
    """
    from ..network import NEAR, NEAR_AND_FAR, NO_CONTEXT

    shared, choice = measurement.leave_out, settings.context
    if shared is None or not _may_help(settings, measurement.length, shared):
        return (NO_CONTEXT,)
    drifts = measurement.drift is not None
    near, far = (replace(context, leave_out=shared, follows_drift=drifts) for context in (NEAR, NEAR_AND_FAR))
    if choice != "auto":
        return (near if choice == "near" else far,)
    return NO_CONTEXT, far if measurement.length >= _MANY_PLANES + 2 * shared else near


def times_for_stack(settings: Settings, shape: Sequence[int], leave_out: int | None = 0) -> float:
    """Return how many times longer the last stage of a stack trains than that of a single plane.

    Parameters
    ----------
    settings : Settings
    shape : sequence of int
        (N, Y, X) of the stack.
    leave_out : int or None
        As in :class:`~..noise.Measurement`, where that has been measured.
    """
    if leave_out is None or not _may_help(settings, shape[0], leave_out):
        return 1.0
    return _budget(shape) * (1 + _RACE if settings.context == "auto" else 1)


def _may_help(settings: Settings, length: int, leave_out: int) -> bool:
    return settings.context != "none" and length >= _FEWEST_PLANES + 2 * leave_out


def _budget(shape: Sequence[int]) -> int:
    return _BUDGET_OF_LARGE if math.prod(shape) >= _LARGE else _BUDGET


def with_time_for_stacks(stage: StageSettings, contexts: tuple[Context, ...], shape: Sequence[int]) -> StageSettings:
    """Return the settings of a stage with the training that a network with other planes needs.

    Parameters
    ----------
    stage : StageSettings
    contexts : tuple of Context
        That are tried.
    shape : sequence of int
        (N, Y, X) of the planes that are trained on.
    """
    if not any(context.channels for context in contexts):
        return stage
    # Where photons are few, the held-out error scatters, and a training was ended by chance.
    return replace(stage, num_epochs=_budget(shape) * stage.num_epochs, early_stopping=False)


def steps_judged_after(stage: StageSettings) -> int:
    """Return the steps after which the race is decided."""
    return max(1, round(_RACE * stage.steps))


def race(
    enter: Callable[[Context], Entry], contexts: tuple[Context, ...], steps: int, judged_at: int
) -> Generator[tuple[Progress, Entry], None, tuple[Entry, Training, tuple[Entry, ...]]]:
    """Train with every context up to a step, then go on with the one of the least error.

    Parameters
    ----------
    enter : callable
        Makes the network and begins its training, which tells an error at `judged_at` where there are several.
    contexts : tuple of Context
    steps : int
        Of a whole training.
    judged_at : int

    Yields
    ------
    progress : Progress
        Steps are counted over all trainings, those of the best one last.
    entry : Entry
        That is being trained.

    Returns
    -------
    winner : Entry
    training : Training
        How it ended.
    entries : tuple of Entry
        All that were trained, at least for a while.
    """
    entries: list[Entry] = []
    extra = (len(contexts) - 1) * judged_at
    for number, context in enumerate(contexts):
        entry = enter(context)
        entries.append(entry)
        while len(contexts) > 1 and entry.judged is None:
            try:
                event = next(entry.training)
            except StopIteration as end:  # stopped
                return entry, end.value, tuple(entries)
            if event.step >= judged_at:
                entry.judged = event.held_out
            done = number * judged_at + event.step
            yield _counted(event, done, steps + extra), entry
    winner = min(entries, key=lambda entry: entry.judged or 0.0)
    for entry in entries:
        if entry is not winner:
            entry.training.close()  # its crops and sums of planes take as much memory as the image
    while True:
        try:
            event = next(winner.training)
        except StopIteration as end:
            return winner, end.value, tuple(entries)
        yield _counted(event, extra + event.step, extra + event.total), winner


def about_stack(winner: Entry, entries: tuple[Entry, ...], measurement: Measurement, settings: Settings) -> str:
    """Say with which other planes a stack was denoised, and why, in a sentence; empty for a single plane."""
    if measurement.length < _FEWEST_PLANES or settings.context == "none":
        return ""
    if measurement.leave_out is None:
        return "The planes share a pattern of noise, so every plane was denoised alone."
    if not winner.context.channels and len(entries) < 2:
        return "There are too few planes to learn from their neighbours, so every plane was denoised alone."
    if len(entries) < 2 or any(entry.judged is None for entry in entries):
        return ""
    without, with_others = (entry.judged or 0.0 for entry in entries)
    change = 100 * abs(1 - with_others / without)
    if not winner.context.channels:
        return f"Other planes did not help (error {change:.1f} % larger), so every plane was denoised alone."
    shared, reach = winner.context.leave_out, min(winner.context.reach, measurement.length - 1)
    beside = f"up to {reach} planes on either side" if reach > 1 else "the planes next to it"
    left = f", without the {shared} nearest, which share its noise" if shared else ""
    drift = measurement.drift if winner.context.follows_drift else None
    moved = "" if drift is None else f", moved onto it by the measured drift of up to {np.abs(drift).max():.0f} pixels"
    return (
        f"Every plane was denoised with {beside}{left}{moved} "
        f"(error on held-out pixels, noise included, {change:.1f} % smaller than alone)."
    )


def _counted(event: Progress, step: int, total: int) -> Progress:
    left = event.seconds_left
    if left is not None:
        left *= (total - step) / max(1, event.total - event.step) if event.total > event.step else 1
    return replace(event, step=step, total=total, seconds_left=left)
