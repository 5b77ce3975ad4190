"""What is read around a part, so that nothing is missing that its result depends on."""

from __future__ import annotations

import math

__all__ = ["planes_at_once", "shifted", "with_margin"]

#: Planes, and pixels with what is beside them, that are denoised at once.
_LEAST_PLANES, _MOST_PLANES, _MOST_PIXELS = 8, 32, 2**25


def with_margin(part: slice, length: int, margin: int) -> tuple[slice, slice]:
    """Return what is read for a part of an axis, and where the part lies in it.

    Parameters
    ----------
    part : slice
    length : int
        Of the axis.
    margin : int
    """
    seen = slice(max(0, part.start - margin), min(length, part.stop + margin))
    return seen, shifted(part, -seen.start)


def shifted(part: slice, by: int) -> slice:
    """Return a slice moved along its axis."""
    return slice(part.start + by, part.stop + by)


def planes_at_once(plane_shape: tuple[int, ...], reach: int) -> int:
    """Return how many planes are denoised at once by a model that looks at `reach` planes on either side."""
    if not reach:
        return 1
    # So many at least that it is not the neighbours that take the time.
    return max(_LEAST_PLANES, min(_MOST_PLANES, _MOST_PIXELS // math.prod(plane_shape) - 2 * reach))
