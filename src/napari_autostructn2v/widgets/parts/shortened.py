"""Long names in short."""

from __future__ import annotations

__all__ = ["shortened"]


def shortened(name: str, most: int = 24) -> str:
    """Return a name with its middle left out where it is longer than `most` letters.

    Examples
    --------
    >>> shortened("experiment 12 position 3 channel 1.tif", 20)
    'experiment…nel 1.tif'
    """
    if len(name) <= most:
        return name
    return f"{name[: most // 2]}…{name[len(name) - (most - most // 2 - 1) :]}"
