"""``autostructn2v info``: what is installed here, or what a file holds."""

from __future__ import annotations

import argparse
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from .report import tell

#: What decides how a run goes, and what is asked for in a report.
_NEEDED = ("torch", "numpy", "scipy", "scikit-image", "napari", "npe2", "tifffile", "zarr", "dask", "safetensors")

_OPTIONAL = ("PyQt6", "PySide6", "distributed", "shtab", "pylibCZIrw", "nd2", "liffile", "oirfile", "h5py", "mrcfile")


def info(arguments: argparse.Namespace) -> int:
    """Print what is known about the installation, or about files, and return the exit code."""
    from ..batch import dumps

    for values, lines in [_of_file(path) for path in arguments.files] or [_of_installation()]:
        tell(dumps(values) if arguments.json else "\n".join(lines))
    return 0


def _of_installation() -> tuple[dict[str, Any], list[str]]:
    from .. import __version__
    from ..disk import config_folder, runs_folder
    from ..network import available_devices

    values: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "devices": available_devices(),
        "packages": {name: _version(name) for name in (*_NEEDED, *_OPTIONAL)},
        "settings folder": str(config_folder()),
        "models folder": str(runs_folder()),
    }
    lines = [
        f"autostructn2v {values['version']}, Python {values['python']}, {values['system']}",
        f"devices:         {', '.join(values['devices'])}",
        *(f"{name + ':':<16} {version or 'not installed'}" for name, version in values["packages"].items()),
        f"settings folder: {values['settings folder']}",
        f"models folder:   {values['models folder']}",
    ]
    return values, lines


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _of_file(path: Path) -> tuple[dict[str, Any], list[str]]:
    from ..denoiser import is_model, summarize_model
    from ..files import open_image

    if is_model(path):
        summary = summarize_model(path)
        return {"kind": "model"} | summary.values(), summary.lines
    with open_image(path) as image:
        values = {
            "kind": image.kind,
            "path": str(path),
            "shape": list(image.array.shape),
            "axes": image.axes,
            "dtype": str(image.array.dtype),
            "parts": list(image.chunks),
            "channels": list(image.names),
            "scenes": [name for name in image.details.get("scenes", ()) if name],
            "messages": list(image.messages),
        }
        shape = " x ".join(map(str, values["shape"]))
        axes = (
            image.axes
            if "?" not in image.axes
            else f"{image.axes} (? where the file says nothing; name them by --axes)"
        )
        lines = [
            f"{path}: {image.kind}",
            f"  shape:      {shape}, {values['dtype']}",
            f"  axes:       {axes}",
            f"  read in:    parts of {' x '.join(map(str, image.chunks))}",
            *([f"  channels:   {', '.join(image.names)}"] if image.names else []),
            *([f"  scenes:     {', '.join(values['scenes'])}"] if values["scenes"] else []),
            *(f"  {message}" for message in image.messages),
        ]
    return values, lines
