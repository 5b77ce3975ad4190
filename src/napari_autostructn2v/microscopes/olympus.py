"""OIR files of Olympus and Evident, read by oirfile."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .scene import Scene, letters, pick

__all__ = ["open_oir"]


def open_oir(path: Path, wanted: str) -> Scene:
    """Open an OIR file, all of it at once."""
    import oirfile

    pick(path, ("",), wanted)
    with oirfile.OirFile(path) as document:
        names = list(document.sizes)
        scales = dict(document.coord_scales)
        channels = tuple(str(channel.name) for channel in document.channels) if "C" in names else ()
        return Scene(
            np.asarray(document.asarray()),
            letters(names),
            channels=channels,
            spacing={axis: float(step) for axis, step in scales.items() if axis in "TZYX" and step > 0},
        )
