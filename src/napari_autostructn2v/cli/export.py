"""``autostructn2v export``: a model as a package for other programs."""

from __future__ import annotations

import argparse
import os

from ..errors import InputError
from .report import CommandError, tell


def export(arguments: argparse.Namespace) -> int:
    """Write a model as a bioimage.io package and return the exit code."""
    from ..denoiser import Denoiser, export_model
    from ..files import check_writable, read_image

    if arguments.output.suffix.lower() != ".zip":
        raise CommandError(f"--output {arguments.output} must end in .zip, for a package is a zip file.")
    if os.path.lexists(arguments.output) and not arguments.overwrite:
        raise InputError(f"{arguments.output} exists already; add --overwrite to replace it.")
    check_writable(arguments.output)
    export_model(
        Denoiser.load(arguments.model),
        arguments.output,
        image=None if arguments.image is None else read_image(arguments.image),
        name=arguments.name,
        authors=arguments.author,
        license=arguments.license,
    )
    tell(f"{arguments.output} was written; it is opened by programs for bioimage.io models, and here as a model.")
    return 0
