"""Patches of all planes of a stack, by one threshold that means the same in each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import InputError, MissingPixelsError
from ..images import check_image
from ..settings import RoiSettings
from .preprocess import shrink
from .scorer import CommonScale, RoiScorer
from .selection import PatchSelection

__all__ = ["StackScorer", "select_patches_stack"]

#: As many planes, evenly spaced, decide how the intensities of a stack are equalised.
SAMPLED_PLANES = 8

#: Longest side in pixels of the reduced copies that are kept of them.
SAMPLED_SIDE = 384


class StackScorer:
    """A stack whose planes are read one at a time and equalised alike.

    Parameters
    ----------
    stack : (..., Y, X) array-like
        Anything with a shape that can be indexed, lazily loaded arrays included: never more than one plane is read.

    Raises
    ------
    InputError
        If the sampled planes cannot be used (see :func:`~napari_autostructn2v.images.check_image`).
    """

    def __init__(self, stack: Any) -> None:
        if not hasattr(stack, "shape"):
            stack = np.asarray(stack)
        if len(stack.shape) < 2:
            raise InputError(f"A stack needs at least two axes (Y and X); this array has {len(stack.shape)}.")
        self._stack = stack
        self._axes = tuple(int(size) for size in stack.shape[:-2])
        self._count = math.prod(self._axes)
        self.shape = (int(stack.shape[-2]), int(stack.shape[-1]))
        if not self._count:
            raise InputError(f"The stack has no planes: its shape is {tuple(stack.shape)}.")
        step = max(1.0, self._count / SAMPLED_PLANES)
        sampled = [_reduced(self._plane(int(index))) for index in np.arange(0, self._count, step)]
        check_image(np.stack(sampled))
        self._common = CommonScale(sampled, self.shape)

    def __len__(self) -> int:
        """Return the number of planes."""
        return self._count

    def plane(self, index: int) -> RoiScorer:
        """Return the scorer of a plane, counted over all leading axes.

        Raises
        ------
        InputError
            If the plane holds NaN or infinite values.
        """
        plane = self._plane(index)
        if plane.dtype.kind == "f" and not np.isfinite(plane).all():
            raise MissingPixelsError(
                f"Plane {index} has pixels that are NaN or infinite; replace them or crop them away."
            )
        return RoiScorer(plane, common=self._common)

    def select(self, settings: RoiSettings) -> Iterator[PatchSelection]:
        """Select the patches of one plane after the other; edits by hand hold for every plane."""
        return (self.plane(index).select(settings) for index in range(self._count))

    def _plane(self, index: int) -> np.ndarray:
        plane = np.asarray(self._stack[np.unravel_index(index, self._axes)] if self._axes else self._stack)
        return plane.astype(plane.dtype.newbyteorder("="), copy=False)


def select_patches_stack(stack: Any, settings: RoiSettings | None = None) -> list[PatchSelection]:
    """Select the patches of each plane of a stack.

    Parameters
    ----------
    stack : (..., Y, X) array-like
    settings : RoiSettings, optional
        Defaults to those of stage 1: background.

    Returns
    -------
    list of PatchSelection
        One for each plane, over all leading axes in order.

    Raises
    ------
    InputError
        See :func:`~napari_autostructn2v.roi.select_patches`.
    """
    return list(StackScorer(stack).select(settings or RoiSettings()))


def _reduced(plane: np.ndarray) -> np.ndarray:
    """Return a plane no larger than a distribution of intensities needs, float64 so that no dtype loses anything."""
    factor = max(1.0, max(plane.shape, default=1) / SAMPLED_SIDE)
    if factor == 1 or plane.dtype.kind not in "iuf":
        return plane
    shape = max(1, round(plane.shape[0] / factor)), max(1, round(plane.shape[1] / factor))
    return shrink(plane.astype(np.float64), shape)
