"""How much of a result is taken: a blend of the original and what was denoised."""

from __future__ import annotations

from typing import Any

import numpy as np

from .planes import cast_to

__all__ = ["blended"]


def blended(before: Any, after: Any, strength: float) -> Any:
    """Return a blend of an image and its result.

    Parameters
    ----------
    before, after : (..., Y, X) ndarray or dask array
        Of one shape, in the same units. Where one is lazy the blend is, too.
    strength : float
        Share of the result, from 0 to 1. At 1 `after` itself comes back.

    Returns
    -------
    (..., Y, X) ndarray or dask array
        In the dtype of the result; integers are rounded.

    Examples
    --------
    >>> blended(np.array([[100, 7]], np.uint8), np.array([[200, 7]], np.uint8), 0.75)
    array([[175,   7]], dtype=uint8)
    """
    if strength >= 1:
        return after
    if hasattr(before, "dask") or hasattr(after, "dask"):
        import dask.array

        return dask.array.map_blocks(
            _blend, *_alike(before, after), strength, dtype=after.dtype, meta=np.empty((0,) * after.ndim, after.dtype)
        )
    return _blend(np.asarray(before), np.asarray(after), strength)


def _alike(before: Any, after: Any) -> tuple[Any, Any]:
    """Return two arrays, of which one may lie in memory, in the blocks of the lazy result."""
    import dask.array

    lazy = after if hasattr(after, "dask") else dask.array.from_array(after, chunks=before.chunks)
    if not hasattr(before, "dask"):
        return dask.array.from_array(before, chunks=lazy.chunks), lazy
    return before.rechunk(lazy.chunks), lazy


def _blend(before: np.ndarray, after: np.ndarray, strength: float) -> np.ndarray:
    # 32 bits hold every integer of up to 16 bits.
    exact = np.result_type(np.float32, before.dtype, after.dtype)
    result = np.empty(after.shape, after.dtype)
    for index in np.ndindex(after.shape[:-2]):  # plane by plane, to spare memory
        values = before[index].astype(exact)
        values += (after[index] - values) * exact.type(strength)
        result[index] = cast_to(values, after.dtype)
    return result
