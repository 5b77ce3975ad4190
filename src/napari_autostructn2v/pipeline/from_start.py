"""Training from the network that has seen images: where it is done, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import numpy as np

from ..progress import Progress
from ..settings import Settings, StageSettings, has_start
from .race import Entry

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..network import Training

__all__ = ["adapt", "sets_out_from_start"]

#: After this share of the steps, and at least so many, it shows whether the start fits an image. On images of
#: microscopes held-out errors had fallen by at most 1 % then, on a page of text by 6, on checkers and lattices by half.
_JUDGED_AFTER, _JUDGED_AFTER_STEPS, _MOST_GAIN = 0.25, 20, 0.05


def sets_out_from_start(
    name: str,
    stage: StageSettings,
    blind_mask: np.ndarray,
    settings: Settings,
    earlier: Denoiser | None,
) -> bool:
    """Return whether a last stage is trained from the network that has seen images.

    Other planes are new to it: where there are some, all that are tried set out from it and are trained for long.

    Parameters
    ----------
    name : {"1", "2"}
    stage : StageSettings
    blind_mask : (H, W) bool
    settings : Settings
    earlier : Denoiser or None
        What an earlier run ended with, which goes on as it began.
    """
    if earlier is not None and name in earlier.networks:
        return name in earlier.from_start
    return settings.start == "general" and has_start(stage, blind_mask.shape)


def adapt(
    short: Entry, steps: int, train_long: Callable[[Entry], Entry]
) -> Generator[tuple[Progress, Entry], None, tuple[Entry, Training, tuple[Entry, ...]]]:
    """Train the network that has seen images for a short while, or for as long as any other if it has not seen such.

    Parameters
    ----------
    short : Entry
        Whose training tells the error on held-out pixels before its first step.
    steps : int
        Of the short training.
    train_long : callable
        Begins the long training of an entry, from where it is.

    Yields
    ------
    progress : Progress
    entry : Entry
        That is being trained.

    Returns
    -------
    entry : Entry
    training : Training
        How it ended.
    entries : tuple of Entry
        The one entry.
    """
    first = None
    while True:
        try:
            event = next(short.training)
        except StopIteration as end:
            return short, end.value, (short,)
        yield event, short
        if event.held_out is not None:
            first = first or event.held_out
            if event.step >= min(steps, max(_JUDGED_AFTER_STEPS, _JUDGED_AFTER * steps)):
                break
    entry = short if event.held_out > (1 - _MOST_GAIN) * first else train_long(short)
    while True:
        try:
            event = next(entry.training)
        except StopIteration as end:
            return entry, end.value, (entry,)
        yield event, entry
