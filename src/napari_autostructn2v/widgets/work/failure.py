"""Why a run ended without a result."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal

from ...errors import InputError, MissingPixelsError, ModelDoesNotFitError, NotEnoughPatchesError, tells_of_memory

__all__ = ["FILL_LABEL", "FILL_TOOLTIP", "AxesUnclear", "Failure", "FailureKind"]

FILL_LABEL = "Fill missing pixels"

FILL_TOOLTIP = "Give each missing pixel the value of the nearest one; the layer itself stays as it is."

FailureKind = Literal["input", "axes", "missing", "patches", "memory", "model", "unexpected"]


class AxesUnclear(InputError):
    """An axis of an image may be channels, and nothing says whether it is."""


@dataclass(frozen=True)
class Failure:
    """Why a run ended without a result, in words for the person at the microscope.

    Parameters
    ----------
    sentence : str
        What happened and what to do.
    kind : {"input", "axes", "missing", "patches", "memory", "model", "unexpected"}
        What a dock may offer as a way out.
    details : str
        The traceback of an unexpected error, to be copied into a report; otherwise empty.
    """

    sentence: str
    kind: FailureKind = "unexpected"
    details: str = ""

    @classmethod
    def from_error(cls, error: Exception) -> Failure:
        """Put an error into words."""
        if isinstance(error, NotEnoughPatchesError):
            return cls(str(error), "patches")
        if isinstance(error, AxesUnclear):
            return cls(str(error), "axes")
        if isinstance(error, MissingPixelsError):
            return cls(
                "Some pixels of the image have no value (NaN or infinite). They can be filled with the values of the "
                "pixels next to them; the layer stays as it is.",
                "missing",
            )
        if isinstance(error, ModelDoesNotFitError):
            return cls(str(error), "model")
        if isinstance(error, InputError):
            return cls(str(error), "input")
        # Told by name, since torch must not be imported to tell its errors apart.
        if type(error).__name__ == "OutOfMemoryError":
            return cls(
                "The graphics card ran out of memory. Try smaller tiles, close other programs that use it, or set "
                "Device to CPU or Batch size to a smaller number (under Advanced).",
                "memory",
            )
        if tells_of_memory(error):
            return cls(
                "There was not enough memory. Try smaller tiles, close other programs, crop the image or set Batch "
                "size to a smaller number (under Advanced).",
                "memory",
            )
        details = "".join(traceback.format_exception(error))
        reason = f"{type(error).__name__}: {error}".strip().rstrip(".:")
        return cls(
            f"The run ended with an error that should not happen ({reason}). Your images are as they were; "
            "you can run again, and report the details.",
            details=details,
        )
