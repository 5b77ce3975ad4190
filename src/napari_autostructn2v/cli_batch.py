"""One piece of work for many files: one bad file among good ones, results that are there already, Ctrl+C, a summary."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cli_plan import Plan
    from .progress import Progress

__all__ = ["INTERRUPTED", "Batch", "Work", "complain", "logged", "remark"]

_log = logging.getLogger(__name__)

#: Exit code after Ctrl+C.
INTERRUPTED = 130

#: Denoises one file: input, output, listener -> what there is to report, and what to tell a person.
Work = Callable[[Path, Path, "Callable[[Progress], None]"], "tuple[dict[str, Any], str]"]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Many inputs and what to do with each of them, whatever happens to the others.

    Parameters
    ----------
    inputs, targets : sequence of Path
        As many of each.
    plan : Plan
    overwrite : bool
        Replace results that something else has made.
    as_json : bool
        Print one JSON object for each input.
    quiet : bool
        Print no summary.
    """

    inputs: Sequence[Path]
    targets: Sequence[Path]
    plan: Plan
    overwrite: bool = False
    as_json: bool = False
    quiet: bool = False

    def run(self, work: Work) -> int:
        """Do the work for every input and return the exit code."""
        from .cli_report import ProgressLine, dumps, summary

        line = ProgressLine()
        rows: list[dict[str, Any]] = []
        begun = time.monotonic()
        for number, (source, target) in enumerate(zip(self.inputs, self.targets, strict=True), 1):
            line.start(self._label(number, source, time.monotonic() - begun))
            values: dict[str, Any] = {"input": str(source), "output": str(target), "ok": True, "error": None}
            start = time.monotonic()
            try:
                if self.check(source, target):
                    values["status"] = "was done already"
                    line.say(f"{source} -> {target}  was done already")
                else:
                    more, sentence = work(source, target, line.show)
                    values |= {"status": "denoised"} | more
                    line.say(f"{source} -> {target}  {sentence}".rstrip())
                    for message in values.get("messages", []):
                        remark(message, line.clear)
            except KeyboardInterrupt:
                line.clear()
                complain(
                    f"Stopped. Nothing was written for {source}; inputs finished before it: {number - 1}. "
                    "The same command goes on from here."
                )
                return INTERRUPTED
            except Exception as error:
                values |= {"output": None, "ok": False, "error": _sentence(error), "status": "failed"}
                line.clear()
                complain(values["error"] if str(source) in values["error"] else f"{source}: {values['error']}")
            values["total_seconds"] = round(time.monotonic() - start, 3)
            _log.info("%s: %s in %.1f s", source, values["status"], values["total_seconds"])
            rows.append(values)
            if self.as_json:
                print(dumps(values), flush=True)
        table = summary(rows)
        _log.info("summary\n%s", table)
        if len(rows) > 1 and not self.as_json and not self.quiet:
            print(table)
        return 1 if any(not values["ok"] for values in rows) else 0

    def check(self, source: Path, target: Path, try_writing: bool = True) -> bool:
        """Return True if the result is there; raise if it could not be written or would replace what should stay."""
        from .cli_plan import made_by, run_id
        from .files import check_writable
        from .image_file import SUFFIXES, is_zarr

        if source.is_dir() and not is_zarr(source):
            raise InputError(
                f"{source} is a folder in which no image was found. Files named {', '.join(SUFFIXES)} directly in it "
                "are looked for, or those that --pattern describes; results of earlier runs do not count."
            )
        if _place(target) in map(_place, self.inputs):
            raise InputError(f"The result would replace {target}, which is an input; choose another folder.")
        if os.path.lexists(target):
            # The same input, settings and model give the same pixels: there is nothing to be done.
            if made_by(target) == run_id(source, self.plan):
                return True
            if not self.overwrite:
                raise InputError(f"{target} exists already; add --overwrite to replace it.")
        if try_writing:
            # A zarr is a folder, for which a file of another name stands here.
            check_writable(target.with_name(f"{target.name}.tif") if target.suffix == ".zarr" else target)
        return False

    def _label(self, number: int, source: Path, seconds: float) -> str:
        if len(self.inputs) == 1:
            return source.name
        left = ""
        if number > 1:
            minutes = seconds / (number - 1) * (len(self.inputs) - number + 1) / 60
            left = f", about {minutes:.0f} min for all" if minutes >= 1 else ", less than a minute for all"
        return f"({number}/{len(self.inputs)}{left}) {source.name}"


def _place(path: Path) -> Path:
    """Return where a file lies, whatever links its folder is reached by."""
    return path.parent.resolve() / path.name


def _sentence(error: Exception) -> str:
    """Return what to tell a person; the traceback of a mistake of ours goes to the log."""
    if isinstance(error, InputError):
        return str(error)
    _log.debug("unexpected error", exc_info=error)
    if isinstance(error, MemoryError):
        return "The image does not fit into memory; crop it or split the stack."
    if isinstance(error, OSError):
        from .files import reason

        return f"A file could not be read or written: {reason(error)}. The same command goes on from where it stopped."
    return f"An unexpected error ended the run ({type(error).__name__}: {error}). Please report it."


def complain(sentence: str) -> None:
    """Print a sentence that a person should read whatever the results go to."""
    _log.info("told: %s", sentence)  # a warning would be printed twice
    print(f"autostructn2v: {sentence}", file=sys.stderr)


def remark(sentence: str, before: Callable[[], None] = lambda: None) -> None:
    """Print a sentence that is worth a look, where somebody looks."""
    _log.info("%s", sentence)
    if sys.stderr.isatty():
        before()
        print(f"autostructn2v: {sentence}", file=sys.stderr)


@contextmanager
def logged(path: Path | None, command: Sequence[str]) -> Iterator[None]:
    """Append what happens to a file that outlives the terminal.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if path is None:
        yield
        return
    from . import __version__
    from .files import reason

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(f"The log {path} cannot be written: {reason(error)}.") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    logger = logging.getLogger(__package__)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    _log.info("autostructn2v %s: %s", __version__, " ".join(command))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
