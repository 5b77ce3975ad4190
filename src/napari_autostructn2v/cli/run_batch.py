"""One piece of work for many files: one bad file among good ones, results that are there already, Ctrl+C, a summary."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..batch import Batch, StoppedEarly
from .report import INTERRUPTED, OutputError, complain, remark, sentence_of, tell

if TYPE_CHECKING:
    from ..progress import Progress

__all__ = ["INTERRUPTED", "Work", "run_batch"]

_log = logging.getLogger(__name__)


#: Denoises one file: input, output, listener -> what there is to report, and what to tell a person.
Work = Callable[[Path, Path, "Callable[[Progress], None]"], "tuple[dict[str, Any], str]"]


def run_batch(batch: Batch, work: Work) -> int:
    """Do the work for every input and return the exit code."""
    from ..batch import dumps
    from .report import ProgressLine, summary

    line = ProgressLine()
    rows: list[dict[str, Any]] = []
    begun = time.monotonic()
    untold: OutputError | None = None
    for number, (source, target) in enumerate(zip(batch.inputs, batch.targets, strict=True), 1):
        line.start(_label(batch, number, source, time.monotonic() - begun))
        values: dict[str, Any] = {"input": str(source), "output": str(target), "ok": True, "error": None}
        start = time.monotonic()
        try:
            if batch.check(source, target):
                values["status"] = "was done already"
                line.say(f"{source} -> {target}  was done already")
            else:
                more, sentence = work(source, target, line.show)
                values |= {"status": "denoised"} | more
                line.say(f"{source} -> {target}  {sentence}".rstrip())
                for message in values.get("messages", []):
                    remark(message, line.clear)
        except StoppedEarly as early:
            line.clear()
            complain(f"{early.sentence} Inputs finished before it: {number - 1}.")
            return INTERRUPTED
        except KeyboardInterrupt:
            line.clear()
            complain(
                f"Stopped. Nothing was written for {source}; inputs finished before it: {number - 1}. "
                "The same command goes on from here."
            )
            return INTERRUPTED
        except Exception as error:
            values |= {"output": None, "ok": False, "error": sentence_of(error), "status": "failed"}
            line.clear()
            complain(values["error"] if str(source) in values["error"] else f"{source}: {values['error']}")
        values["total_seconds"] = round(time.monotonic() - start, 3)
        _log.info("%s: %s in %.1f s", source, values["status"], values["total_seconds"])
        rows.append(values)
        if batch.as_json:
            try:
                tell(dumps(values))
            except OutputError as error:  # the images are worth more than what is said about them
                untold = error
    table = summary(rows)
    _log.info("summary\n%s", table)
    if len(rows) > 1 and not batch.as_json and not batch.quiet:
        tell(table)
    if untold is not None:
        raise untold
    return 1 if any(not values["ok"] for values in rows) else 0


def _label(batch: Batch, number: int, source: Path, seconds: float) -> str:
    if len(batch.inputs) == 1:
        return source.name
    left = ""
    if number > 1:
        minutes = seconds / (number - 1) * (len(batch.inputs) - number + 1) / 60
        left = f", about {minutes:.0f} min for all" if minutes >= 1 else ", less than a minute for all"
    return f"({number}/{len(batch.inputs)}{left}) {source.name}"
