"""``autostructn2v methods``: a text for a paper."""

from __future__ import annotations

import argparse

from .report import tell


def methods(arguments: argparse.Namespace) -> int:
    """Print a text for the methods section of a paper and return the exit code."""
    from ..denoiser import Denoiser, methods_text

    tell(methods_text(Denoiser.load(arguments.model)).rstrip("\n"))
    return 0
