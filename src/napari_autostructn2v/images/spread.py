"""Some of many, evenly spread."""

from __future__ import annotations

import numpy as np

__all__ = ["evenly_spread"]


def evenly_spread(count: int, most: int) -> np.ndarray:
    """Return at most `most` indices spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
