"""Which previews of a run are worth showing."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from ...progress import Progress
from .passing import passed_on

__all__ = ["is_better_than_last", "without_flat_previews"]

_T = TypeVar("_T")

#: A preview that varies less than this share of what the noisy image varies shows nothing yet.
_FLAT = 0.1

#: Share of a stage after which its previews are better than the last one from before it.
_LATE_ENOUGH = 0.3


def is_better_than_last(event: Progress, last_phase: str) -> bool:
    """Return whether a preview is likely to be a better picture than the one that is shown.

    At the beginning of a stage that learns from nothing it is not. One that there is before the first step comes from a
    network that has seen images.

    Parameters
    ----------
    event : Progress
    last_phase : str
        That the preview on the screen came from; empty if there is none.
    """
    return last_phase in ("", event.phase) or event.step == 0 or event.step >= _LATE_ENOUGH * event.total


def without_flat_previews(
    events: Generator[Progress, None, _T], image: Any, plane: int | None
) -> Generator[Progress, None, _T]:
    """Pass events on, and leave out previews of a network that has just begun: an even grey would cover the image.

    Called in the worker's thread, since the plane may have to be read.

    Parameters
    ----------
    events : generator of Progress
    image : (..., Y, X) array-like
    plane : int or None
        Index, over all leading axes flattened, of the plane that previews show.
    """
    spread: float | None = None

    def without_flat(event: Progress) -> Progress:
        nonlocal spread
        if event.preview is None:
            return event
        if spread is None:
            leading = image.shape[:-2]
            index = np.unravel_index(plane or 0, leading) if leading else ()
            spread = float(np.std(np.asarray(image[index]), dtype=float))
        return replace(event, preview=None) if float(event.preview.std()) < _FLAT * spread else event

    return passed_on(events, without_flat)
