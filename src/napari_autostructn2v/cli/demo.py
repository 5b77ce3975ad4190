"""``autostructn2v demo``: a synthetic sample whose truth is known."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from .arguments import settings_from

if TYPE_CHECKING:
    from ..progress import Progress
    from ..settings import Settings

__all__ = ["run_demo"]

#: What the files of a demonstration say made them.
_MADE = re.compile(r"napari-autostructn2v \S+ demo")


def run_demo(folder: Path, settings: Settings, progress: Callable[[Progress], None]) -> dict[str, Any]:
    """Denoise the sample `scan_lines`, and write it, the result and a picture of both to a folder.

    Parameters
    ----------
    folder : Path
        Made if it is missing; the files of an earlier demonstration are replaced, and no others.
    settings : Settings
    progress : callable
        Called with each `Progress`.

    Returns
    -------
    dict
        The report, with ``paths`` and ``psnr`` (dB against the truth) of the noisy and the denoised image.

    Raises
    ------
    InputError
        If the folder cannot be written, or holds other files of these names.
    """
    from .. import __version__, pipeline
    from ..batch import denoised_of, made_by, result_values
    from ..files import check_writable, write_as
    from ..samples import scan_lines

    paths = {
        "noisy": folder / "scan_lines.tif",
        "denoised": folder / "scan_lines_denoised.tif",
        "picture": folder / "before_after.png",
    }
    for path in paths.values():
        check_writable(path)
        if os.path.lexists(path) and not _MADE.fullmatch(made_by(path)):
            raise InputError(f"{path} exists already and was not made by a demo; choose another folder with -o.")
    software = f"napari-autostructn2v {__version__} demo"
    noisy, truth = scan_lines((256, 256), with_truth=True)
    result = pipeline.denoise(noisy, settings, progress=progress)
    write_as(paths["noisy"], noisy, software=software)
    denoised = denoised_of(result)
    write_as(paths["denoised"], denoised, software=software)
    write_as(paths["picture"], _picture(noisy, denoised), software=software)
    psnr = {"noisy": round(_psnr(noisy, truth), 2), "denoised": round(_psnr(denoised, truth), 2)}
    return result_values(result) | {"paths": paths, "psnr": psnr}


def _psnr(image: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, the peak being the span of the truth."""
    error = np.mean((image.astype(np.float64) - truth) ** 2)
    return float(10 * np.log10(np.ptp(truth) ** 2 / error))


def _picture(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return both images side by side, at one contrast, in 8 bits."""
    low, high = np.percentile(after, (0.1, 99.9))
    gap = np.full((before.shape[0], 4), high)
    grey = (np.hstack([before, gap, after]) - low) / max(high - low, 1e-9)
    return np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8)


def demo(arguments: argparse.Namespace) -> int:
    """Denoise the sample and return the exit code."""
    from ..batch import dumps
    from .report import ProgressLine, tell

    arguments.preset = arguments.preset or "fast"
    line = ProgressLine()
    line.start("demo")
    try:
        values = run_demo(arguments.output, settings_from(arguments), line.show)
    finally:
        line.clear()
    if arguments.json:
        tell(dumps(values))
        return 0
    tell(values["verdict"])
    tell("PSNR against the truth: {noisy:.1f} dB before, {denoised:.1f} dB after.".format(**values["psnr"]))
    tell("Before and after, side by side: {picture}\nThe denoised image: {denoised}".format(**values["paths"]))
    return 0
