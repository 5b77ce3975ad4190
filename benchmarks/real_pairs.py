"""Real images with a reference, from the folder that the environment variable ASN2V_DATA names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

DATA = Path(os.environ.get("ASN2V_DATA", Path(__file__).parents[1] / "../shared/data"))


def pairs() -> Iterator[tuple[Path, np.ndarray, np.ndarray]]:
    """Yield the path without its ending, the noisy image and the reference of each pair."""
    for noisy in sorted(DATA.glob("*/*__noisy.tif")):
        for suffix in ("gtreg", "gt"):
            reference = noisy.with_name(noisy.name.replace("__noisy", f"__{suffix}"))
            if reference.exists():
                name = noisy.name.removesuffix("__noisy.tif")
                yield noisy.with_name(name), tifffile.imread(noisy), tifffile.imread(reference)
                break
