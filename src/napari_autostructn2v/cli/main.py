"""The command ``autostructn2v``: the same runs as in napari, without a window.

Exit codes: 0 if every input came through; 1 if a file could not be read, denoised or written; 2 if the command itself
makes no sense, whatever the files hold; 130 after Ctrl+C.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from .options import parsers
from .places import places_of
from .report import INTERRUPTED, CommandError, OutputError, complain, logged, sentence_of, tell
from .verbose import told

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the command's name; defaults to those of the process.
    """
    _open_closed_streams()
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    try:
        return _run(given)
    except OutputError as error:
        complain(str(error))
        _silence()
        return 1
    except BrokenPipeError:  # nobody reads on, as after `| head`
        _silence()
        return 1
    except KeyboardInterrupt:
        complain("Stopped.")
        return INTERRUPTED
    except Exception as error:
        sentence = sentence_of(error)
        complain(sentence)
        if as_json:
            from ..batch import dumps

            with suppress(OutputError):
                tell(dumps({"ok": False, "error": sentence}))
        return 2 if isinstance(error, CommandError) else 1


def _run(given: list[str]) -> int:
    parser, commands = parsers()
    command = commands.get(given[0]) if given else None
    # Files may stand before, between and after options, which argparse knows only for a parser without commands.
    arguments = parser.parse_args(given) if command is None else command.parse_intermixed_args(given[1:])
    # Names of files may hold what is no character; a run should not end because one cannot be printed.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    # Before the log, which might be one of the files that are read.
    arguments.places = places_of(arguments)
    with _terminated_like_interrupted(), told(arguments.verbose), logged(getattr(arguments, "log", None), given):
        # A command's module loads what it needs, so that --help comes at once.
        command_module = import_module(f".{arguments.command}", __package__)
        try:
            code: int = getattr(command_module, arguments.command)(arguments)
        except Exception as error:
            sentence_of(error)  # which writes the traceback of a mistake of ours while there is a log
            raise
        return code


def _open_closed_streams() -> None:
    """Let streams that were closed before the start (``2>&-``) lead nowhere, rather than into the next file opened."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open as long as the program


def _silence() -> None:
    """Let standard output lead nowhere, so that what is left to be written does not fail once more at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let a queue that ends its jobs do so as Ctrl+C does: in order, and with what there is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
