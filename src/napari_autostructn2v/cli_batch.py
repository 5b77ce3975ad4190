"""One piece of work for many files: names of the results, one bad file among good ones, Ctrl+C."""

from __future__ import annotations

import glob
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError

if TYPE_CHECKING:
    from .progress import Progress

__all__ = ["Work", "complain", "find_inputs", "for_each"]

_log = logging.getLogger(__name__)

#: Denoises or predicts one file: input, output, listener -> what there is to report, and what to tell a person.
Work = Callable[[Path, Path, "Callable[[Progress], None]"], "tuple[dict[str, Any], str]"]


def find_inputs(texts: Sequence[str]) -> list[Path]:
    """Return the input files that the user named, each once; the shell of Windows leaves patterns to us."""
    paths: dict[str, Path] = {}
    for text in texts:
        matches = sorted(glob.glob(text)) if glob.has_magic(text) and not os.path.lexists(text) else []
        for match in matches or [text]:
            paths.setdefault(os.path.abspath(match), Path(match))
    return list(paths.values())


def _targets(inputs: Sequence[Path], folder: Path) -> list[Path]:
    """Return an output for each input; inputs of one name in two folders or formats get a number."""
    targets: list[Path] = []
    taken: set[str] = set()
    for path in inputs:
        stem = path.stem.removesuffix(".ome") or path.name
        names = (f"{stem}{number}_denoised.tif" for number in ("", *(f"_{n}" for n in range(2, len(inputs) + 2))))
        name = next(name for name in names if name.casefold() not in taken)
        taken.add(name.casefold())  # a.tif and A.tif are one file on many disks
        targets.append(folder / name)
    return targets


def for_each(inputs: Sequence[Path], folder: Path, work: Work, overwrite: bool, as_json: bool) -> int:
    """Do the work for every input, whatever happens to the others, and return the exit code.

    Parameters
    ----------
    inputs : sequence of Path
    folder : Path
        Where the results go, NAME_denoised.tif each.
    work : callable
        Does one of them.
    overwrite : bool
        Replace results that exist already.
    as_json : bool
        Print one JSON object for each input.
    """
    from .cli_report import ProgressLine, dumps

    line = ProgressLine()
    failed = 0
    for number, (source, target) in enumerate(zip(inputs, _targets(inputs, folder), strict=True), 1):
        line.start(f"{source.name}" if len(inputs) == 1 else f"({number}/{len(inputs)}) {source.name}")
        values: dict[str, Any] = {"input": str(source), "output": str(target), "ok": True, "error": None}
        try:
            _check_target(target, inputs, overwrite)
            more, sentence = work(source, target, line.show)
            values |= more
            line.say(f"{source} -> {target}  {sentence}".rstrip())
        except KeyboardInterrupt:
            line.clear()
            complain(f"Stopped. Nothing was written for {source}; inputs finished before it: {number - 1}.")
            return 130
        except Exception as error:
            failed += 1
            values |= {"output": None, "ok": False, "error": _sentence(error)}
            line.clear()
            complain(values["error"] if str(source) in values["error"] else f"{source}: {values['error']}")
        if as_json:
            print(dumps(values), flush=True)
    return 1 if failed else 0


def _check_target(target: Path, inputs: Sequence[Path], overwrite: bool) -> None:
    """Raise before the work starts if its result could not be written or would replace what should stay."""
    from .files import check_writable

    if os.path.exists(target) and not overwrite:
        raise InputError(f"{target} exists already; add --overwrite to replace it.")
    if os.path.abspath(target) in map(os.path.abspath, inputs):
        raise InputError(f"The result would replace {target}, which is an input; choose another folder.")
    check_writable(target)


def _sentence(error: Exception) -> str:
    """Return what to tell a person; the traceback of a mistake of ours goes to the log."""
    if isinstance(error, InputError):
        return str(error)
    _log.debug("unexpected error", exc_info=error)
    if isinstance(error, MemoryError):
        return "The image does not fit into memory; crop it or split the stack."
    return f"An unexpected error ended the run ({type(error).__name__}: {error}). Please report it."


def complain(sentence: str) -> None:
    """Print a sentence that a person should read whatever the results go to."""
    print(f"autostructn2v: {sentence}", file=sys.stderr)
