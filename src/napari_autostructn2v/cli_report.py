"""What the command line says: a progress line for a person, JSON for a program."""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from .errors import InputError

if TYPE_CHECKING:
    from .blind_mask import BlindMask
    from .pipeline import Result
    from .progress import Progress

__all__ = ["ProgressLine", "denoised_of", "dumps", "duration", "mask_values", "result_values", "summary"]


class ProgressLine:
    """One line of a terminal that is written over and over; silent where nobody watches.

    Parameters
    ----------
    stream : text stream, optional
        Defaults to standard error, so that standard output stays free for results.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self.watched = self._stream.isatty()
        self._label = ""
        self._state: tuple[str, bool] | None = None
        self._shown_at = 0.0
        self._width = 0

    def start(self, label: str) -> None:
        """Begin the line of another input."""
        self._label, self._state = label, None
        self._write(label)

    def show(self, event: Progress) -> None:
        """Write an event over the last one; at most ten a second, or a fast run would wait for its terminal."""
        state = (event.phase, event.step >= event.total)
        now = time.monotonic()
        if not self.watched or (state == self._state and now - self._shown_at < 0.1):
            return
        self._state, self._shown_at = state, now
        parts = [self._label, event.phase]
        if event.total:
            done = round(20 * min(1.0, event.step / event.total))
            parts.append(f"[{'#' * done}{'.' * (20 - done)}] {event.step}/{event.total}")
        if event.seconds_left is not None:
            parts.append(f"{duration(event.seconds_left)} left")
        self._write("  ".join(parts))

    def say(self, sentence: str) -> None:
        """Replace the line by a sentence that stays."""
        if self.watched:
            self._write(sentence, end="\n", cut=False)

    def clear(self) -> None:
        """Take the line away."""
        self._write("")

    def _write(self, text: str, end: str = "", cut: bool = True) -> None:
        if not self.watched:
            return
        if cut:  # a line that wraps could not be written over
            text = text[: shutil.get_terminal_size().columns - 1]
        self._stream.write("\r" + " " * self._width + "\r" + text + end)
        self._stream.flush()
        self._width = 0 if end else len(text)


def duration(seconds: float) -> str:
    """Return a time in the unit that a person would use."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of what became of each input, and a line of totals."""
    counts = {
        status: sum(row["status"] == status for row in rows) for status in ("denoised", "was done already", "failed")
    }
    body = [
        (str(row["input"]), row["status"], f"{row['total_seconds']:.1f} s", row["error"] or str(row["output"]))
        for row in rows
    ]
    table = [("input", "outcome", "time", "result or reason"), *body]
    widths = [max(len(line[column]) for line in table) for column in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]) for line in table
    ]
    total = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return "\n".join([*lines, f"{len(rows)} inputs: {total}"])


def denoised_of(result: Result) -> np.ndarray:
    """Return the denoised image of a result, which only a run that was stopped may lack."""
    if result.denoised is None:
        raise InputError(" ".join(["The run ended before the image was denoised.", *result.report.messages]))
    return result.denoised


def result_values(result: Result) -> dict[str, Any]:
    """Return what there is to say about a result: verdict, mask, seconds, quality and messages."""
    report = _plain(result.report)
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
    return json.dumps(_plain(values), allow_nan=False)


def _plain(value: Any) -> Any:
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
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)
