"""What there is to say about a result, in values that JSON can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..noise import BlindMask
    from ..pipeline import Result

__all__ = [
    "FileReport",
    "StoppedEarly",
    "channel_values",
    "denoised_of",
    "dumps",
    "mask_values",
    "plain",
    "result_values",
]


@dataclass(frozen=True, eq=False)
class FileReport:
    """What became of one file.

    Parameters
    ----------
    axes : str
        One letter for each axis.
    shape : tuple of int
    channels : tuple of dict
        What there is to say about each channel that was trained on, or judged, in values that JSON can hold.
    messages : tuple of str
    models : tuple of Denoiser
        Of the channels that were denoised.
    prediction_seconds : float or None
        None where the models were trained, so that the channels say how long that took.
    """

    axes: str
    shape: tuple[int, ...]
    channels: tuple[dict[str, Any], ...]
    messages: tuple[str, ...]
    models: tuple[Denoiser, ...]
    prediction_seconds: float | None = None

    @property
    def verdict(self) -> str:
        """About the noise of all channels."""
        if len(self.channels) == 1:
            return str(self.channels[0]["verdict"])
        return " ".join(f"{channel['channel']}: {channel['verdict']}" for channel in self.channels)

    def values(self) -> dict[str, Any]:
        """Return all there is to say, as the command line prints it; a single channel says it at the top."""
        values: dict[str, Any] = {"axes": self.axes, "shape": list(self.shape)}
        if self.prediction_seconds is not None:
            values["seconds"] = {"prediction": round(self.prediction_seconds, 3)}
        if len(self.channels) == 1:
            values |= self.channels[0]
        elif self.channels:
            values["channels"] = list(self.channels)
            if self.prediction_seconds is None:
                values["verdict"] = self.verdict
        values["messages"] = [*self.messages, *values.get("messages", [])]
        return values


class StoppedEarly(KeyboardInterrupt):
    """The user ended a training, and its result so far is written.

    Parameters
    ----------
    sentence : str
        What there is now.
    models : tuple of Denoiser
        As far as they were trained.
    """

    def __init__(self, sentence: str, models: tuple[Denoiser, ...]) -> None:
        super().__init__(sentence)
        self.sentence, self.models = sentence, models


def channel_values(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what :meth:`FileReport.values` say about each channel."""
    return list(values.get("channels") or [values])


def denoised_of(result: Result) -> np.ndarray:
    """Return the denoised image of a result, which only a run that was stopped may lack."""
    if result.denoised is None:
        raise InputError(" ".join(["The run ended before the image was denoised.", *result.report.messages]))
    return result.denoised


def result_values(result: Result) -> dict[str, Any]:
    """Return what there is to say about a result: verdict, mask, seconds, quality and messages."""
    report = plain(result.report)
    return {"verdict": "", "mask": mask_values(result.mask), "seconds": {}, "quality": None} | report


def mask_values(mask: BlindMask) -> dict[str, Any]:
    """Return a blind mask as its size (rows, columns), rows of 0 and 1, and the reason for it."""
    return {
        "size": list(mask.pattern.shape),
        "pattern": ["".join("1" if blind else "0" for blind in row) for row in mask.pattern],
        "is_structured": bool(mask.is_structured),
        "reason": str(mask.reason),
    }


def dumps(values: Any) -> str:
    """Return values as one line of JSON that any reader accepts."""
    return json.dumps(plain(values), allow_nan=False)


def plain(value: Any) -> Any:
    """Return a value in the types that JSON has; what is not finite is null there."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)
