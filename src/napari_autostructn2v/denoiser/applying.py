"""A model applied to all planes of an image, run by run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import InputError
from ..large import planes_at_once, shifted, with_margin
from ..settings import checked, shortened

__all__ = ["check_arguments", "denoise_in_runs"]


def denoise_in_runs(
    array: np.ndarray,
    dtype: np.dtype,
    predict_part: Callable[..., np.ndarray],
    *,
    length: int,
    reach: int,
    on_tile: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Denoise planes, as many at once as memory holds.

    Parameters
    ----------
    array : (..., Y, X) ndarray
    dtype : dtype
        Of the result.
    predict_part : callable
        As :meth:`Denoiser.predict_part`.
    length : int
        Planes of one stack.
    reach : int
        Planes on either side that are looked at.
    on_tile : callable or None
        Called with the tiles done and their total.

    Returns
    -------
    (..., Y, X) ndarray
    """
    result = np.empty(array.shape, dtype)
    planes = array.reshape(-1, *array.shape[-2:])
    stack = result.reshape(planes.shape)
    tiles, step = _TileCount(on_tile, len(stack)), planes_at_once(planes.shape[1:], reach)
    for first in range(0, len(stack), length):
        for start in range(0, length, step):
            run = slice(start, min(start + step, length))
            seen, within = with_margin(run, length, reach)
            stack[shifted(run, first)] = predict_part(
                planes[shifted(seen, first)],
                chosen=within,
                on_tile=tiles.of(first + start, within.stop - within.start),
                dtype=dtype,
            )
    return result


def check_arguments(device: Any, dtype: Any, tile: Any) -> None:
    """Say what is wrong with the arguments of a prediction before any work is done."""
    checked(device, str, "device")
    if tile is not None:
        checked(tile, int, "tile")
    try:
        kind = "f" if dtype is None else np.dtype(dtype).kind
    except (TypeError, ValueError):
        kind = ""
    if kind not in "iuf" or not kind:
        raise InputError(f"dtype is {shortened(dtype)}; it must be a type of real numbers, such as 'float32'.")


class _TileCount:
    """Counts the tiles of some planes after others as those of the whole image."""

    def __init__(self, on_tile: Callable[[int, int], None] | None, planes: int) -> None:
        self._on_tile, self._planes = on_tile, planes

    def of(self, first: int, count: int) -> Callable[[int, int], None] | None:
        """Return what so many planes, from the first one on, call with their tiles done and their total."""
        tell = self._on_tile
        if tell is None:
            return None

        def told(done: int, total: int) -> None:
            tiles = total // count
            tell(first * tiles + done, self._planes * tiles)

        return told
