"""One piece of work for many files on a terminal: what is told while it goes on, Ctrl+C, a summary."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from ..batch import Batch, FileEvent, FileWork, StoppedEarly, denoise_files
from .report import INTERRUPTED, OutputError, complain, remark, sentence_of, tell

__all__ = ["INTERRUPTED", "run_batch"]

_log = logging.getLogger(__name__)


def run_batch(batch: Batch, work: FileWork) -> int:
    """Do the work for every input and return the exit code."""
    from .report import summary

    told = _Told(batch)
    try:
        denoise_files(batch, work, told.take)
    except StoppedEarly as early:
        told.line.clear()
        complain(f"{early.sentence} Inputs finished before it: {len(told.rows)}.")
        return INTERRUPTED
    except KeyboardInterrupt:
        told.line.clear()
        complain(
            f"Stopped. Nothing was written for {batch.inputs[len(told.rows)]}; inputs finished before it: "
            f"{len(told.rows)}. The same command goes on from here."
        )
        return INTERRUPTED
    table = summary(told.rows)
    _log.info("summary\n%s", table)
    if len(told.rows) > 1 and not batch.as_json and not batch.quiet:
        tell(table)
    if told.untold is not None:
        raise told.untold
    return 1 if any(not values["ok"] for values in told.rows) else 0


class _Told:
    """Puts the events of a batch on the terminal, and keeps what became of each file.

    Parameters
    ----------
    batch : Batch
    """

    def __init__(self, batch: Batch) -> None:
        from .report import ProgressLine

        self._batch = batch
        self._begun = time.monotonic()
        self.line = ProgressLine()
        self.rows: list[dict[str, Any]] = []
        #: Why something could not be printed; the images are worth more than what is said about them.
        self.untold: OutputError | None = None

    def take(self, event: FileEvent) -> None:
        """Tell of an event."""
        source, target = self._batch.inputs[event.number], self._batch.targets[event.number]
        if event.status == "begun":
            self.line.start(_label(self._batch, event.number, source, time.monotonic() - self._begun))
        elif not event.is_last:
            self.line.show(event)
        else:
            self._end(event, source, target)

    def _end(self, event: FileEvent, source: Path, target: Path) -> None:
        values: dict[str, Any] = {"input": str(source), "output": str(target), "ok": True, "error": None}
        values |= {"status": event.status} | event.values
        if event.error is not None:
            values |= {"output": None, "ok": False, "error": sentence_of(event.error)}
            self.line.clear()
            complain(values["error"] if str(source) in values["error"] else f"{source}: {values['error']}")
        else:
            said = event.message if event.status == "denoised" else event.status
            self.line.say(f"{source} -> {target}  {said}".rstrip())
            for message in values.get("messages", []):
                remark(message, self.line.clear)
        values["total_seconds"] = round(event.seconds, 3)
        _log.info("%s: %s in %.1f s", source, values["status"], values["total_seconds"])
        self.rows.append(values)
        if self._batch.as_json:
            from ..batch import dumps

            try:
                tell(dumps(values))
            except OutputError as error:
                self.untold = error


def _label(batch: Batch, number: int, source: Path, seconds: float) -> str:
    if len(batch.inputs) == 1:
        return source.name
    left = ""
    if number > 0:
        minutes = seconds / number * (len(batch.inputs) - number) / 60
        left = f", about {minutes:.0f} min for all" if minutes >= 1 else ", less than a minute for all"
    return f"({number + 1}/{len(batch.inputs)}{left}) {source.name}"
