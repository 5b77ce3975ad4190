"""The planes as a trained stage denoises them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from ..stop import Deadline, Stopped, StopToken
from .race import Entry

__all__ = ["predicted"]

#: Seconds after a stop within which the result so far is computed, or left out.
_STOPPED_PREDICTION_SECONDS = 0.5


def predicted(
    entry: Entry,
    planes: np.ndarray,
    length: int,
    drift: np.ndarray | None,
    tile: int,
    turns: Sequence[tuple[bool, bool, bool]],
    stop: StopToken | None,
) -> np.ndarray | None:
    """Denoise the planes; after a stop only if that is a matter of moments, and then without turning them."""
    from ..network import AS_IT_IS, predict_planes

    attempts: list[tuple[Sequence[tuple[bool, bool, bool]], StopToken | None]] = [(turns, stop)]
    if stop is not None:
        attempts.append(([AS_IT_IS], Deadline(_STOPPED_PREDICTION_SECONDS)))
    for symmetries, token in attempts:
        with suppress(Stopped):
            return predict_planes(
                entry.network,
                planes,
                context=entry.context,
                length=length,
                drift=drift,
                tile=tile,
                symmetries=symmetries,
                stop=token,
            )
    return None
