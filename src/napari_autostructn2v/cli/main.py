"""The command ``autostructn2v``: the same runs as in napari, without a window.

Exit codes: 0 if every input came through, 1 if some did not, 2 if the command makes no sense, 130 after Ctrl+C.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ..errors import InputError
from .options import parsers
from .places import places_of
from .report import INTERRUPTED, complain, logged
from .verbose import told

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the command's name; defaults to those of the process.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    parser, commands = parsers()
    command = commands.get(given[0]) if given else None
    # Files may stand before, between and after options, which argparse knows only for a parser without commands.
    arguments = parser.parse_args(given) if command is None else command.parse_intermixed_args(given[1:])
    # Names of files may hold what is no character; a run should not end because one cannot be printed.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        # Before the log, which might be one of the files that are read.
        arguments.places = places_of(arguments)
        with _terminated_like_interrupted(), told(arguments.verbose), logged(getattr(arguments, "log", None), given):
            # A command's module loads what it needs, so that --help comes at once.
            command_module = import_module(f".{arguments.command}", __package__)
            code: int = getattr(command_module, arguments.command)(arguments)
            return code
    except InputError as error:
        complain(str(error))
        if arguments.json:
            from ..batch import dumps

            print(dumps({"ok": False, "error": str(error)}))
        return 2
    except BrokenPipeError:  # nobody reads on, as after `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        complain("Stopped.")
        return INTERRUPTED


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
