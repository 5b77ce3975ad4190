"""What the command line says to a person: a progress line, sentences, a table and a log."""

from __future__ import annotations

import codecs
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..disk import check_regular, read_start, reason
from ..errors import InputError, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..progress import Progress

__all__ = [
    "CommandError",
    "OutputError",
    "ProgressLine",
    "complain",
    "duration",
    "logged",
    "remark",
    "sentence_of",
    "summary",
    "tell",
]


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
        try:
            self._stream.write("\r" + " " * self._width + "\r" + text + end)
            self._stream.flush()
        except OSError:  # the terminal is gone, and the run goes on
            self.watched = False
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
    return "\n".join([*lines, f"{counted(len(rows), 'input')}: {total}"])


_log = logging.getLogger(__name__)

#: Exit code after Ctrl+C.
INTERRUPTED = 130


class CommandError(InputError):
    """Options that contradict one another, whatever the files hold."""


class OutputError(Exception):
    """What a command has to say could not be written to where its output goes."""


def tell(text: str) -> None:
    """Print what a command was asked for.

    Raises
    ------
    OutputError
        If it could not be printed, for instance because the disk is full that it is written to.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"The output could not be printed: {reason(error)}.") from error


def _print_error(sentence: str) -> None:
    # Where nobody can be told, there is nobody to be told so.
    with suppress(OSError, ValueError):
        print(f"autostructn2v: {sentence}", file=sys.stderr, flush=True)


def sentence_of(error: Exception) -> str:
    """Return what to tell a person; the traceback of a mistake of ours goes to the log."""
    if isinstance(error, InputError):
        return str(error)
    _log.debug("unexpected error", exc_info=error)
    if isinstance(error, MemoryError):
        return "The image does not fit into memory; crop it or split the stack."
    if isinstance(error, OSError):
        return f"A file could not be read or written: {reason(error)}. The same command goes on from where it stopped."
    return f"An unexpected error ended the run ({type(error).__name__}: {error}). Please report it."


def complain(sentence: str) -> None:
    """Print a sentence that a person should read whatever the results go to."""
    _log.info("told: %s", sentence)  # a warning would be printed twice
    _print_error(sentence)


def remark(sentence: str, before: Callable[[], None] = lambda: None) -> None:
    """Print a sentence that is worth a look, where somebody looks."""
    _log.info("%s", sentence)
    if sys.stderr.isatty():
        before()
        _print_error(sentence)


@contextmanager
def logged(path: Path | None, command: Sequence[str]) -> Iterator[None]:
    """Append what happens to a file that outlives the terminal.

    Raises
    ------
    InputError
        If the file cannot be written, or is no text.
    """
    if path is None:
        yield
        return
    from .. import __version__

    _check_log(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputError(f"The log {path} cannot be written: {reason(error)}.") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    logger = logging.getLogger("napari_autostructn2v")
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


def _check_log(path: Path) -> None:
    """Raise if there is something that is no text, or the place is in an image: nothing is added to either."""
    from ..files import is_zarr

    around = next((folder for folder in path.absolute().parents if is_zarr(folder)), None)
    if around is not None:
        raise InputError(
            f"The log {path} would lie inside {around}, which is an image; choose another place for the log."
        )
    if not os.path.exists(path) or os.path.getsize(check_regular(path)) == 0:
        return
    start = read_start(path, 4096)
    try:
        # The end may be in the middle of a character.
        codecs.getincrementaldecoder("utf-8")().decode(start)
        is_text = b"\0" not in start
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise InputError(f"The log {path} exists already and is not a text file; choose another name for the log.")
