"""``autostructn2v completion``: a script that lets a shell complete commands, options and files."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .options import parsers
from .report import tell


def completion(arguments: argparse.Namespace) -> int:
    """Print the script for a shell and return the exit code."""
    try:
        import shtab
    except ImportError as error:
        raise InputError(
            'Completion needs the package shtab. Install it: pip install "napari-autostructn2v[completion]".'
        ) from error
    parser, commands = parsers()
    for command in commands.values():
        for action in command._actions:
            if action.dest in ("output", "folder"):
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
            elif action.type is Path or action.dest in ("inputs", "train_on"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    tell(shtab.complete(parser, arguments.shell))
    return 0
