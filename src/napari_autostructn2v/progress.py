"""The one stream of events that a progress bar, a loss curve, a log line and a test all read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Phase", "Progress"]

Phase = Literal["measuring", "stage 1", "noise", "stage 2", "prediction", "done"]


@dataclass(frozen=True, eq=False)
class Progress:
    """One event of a run.

    Parameters
    ----------
    phase : {"measuring", "stage 1", "noise", "stage 2", "prediction", "done"}
        What is going on.
    step, total : int
        Position inside the phase; `total` is 0 where it is not known.
    message : str
        The same in words, for a person.
    loss, held_out : float or None
        Training loss and loss over held-out blind pixels, in units of the noisy image's variance.
        `held_out` is None except on the events at which it was computed.
    preview : (Y, X) ndarray or None
        Now and then the denoised plane so far, in the units of the input, float32.
    seconds_left : float or None
        Estimate for the whole run.
    measurement : Measurement or None
        What was found out about the image, on the event that ends the measuring.
    """

    phase: Phase
    step: int = 0
    total: int = 0
    message: str = ""
    loss: float | None = None
    held_out: float | None = None
    preview: np.ndarray | None = None
    seconds_left: float | None = None
    measurement: Any = None
