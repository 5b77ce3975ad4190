"""Which patches of a stack a stage learns from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import NotEnoughPatchesError
from ..images import evenly_spread
from ..settings import StageSettings
from .scorer import RoiScorer
from .selection import PatchSelection
from .stack import StackScorer

__all__ = ["MIN_PATCHES", "StackPatches", "select_stage_patches", "spread_planes"]

#: A stage that learns from selected patches needs at least so many.
MIN_PATCHES = 10

#: An image so small that it has fewer places for a patch offers no choice.
_LEAST_CANDIDATES = 4

#: Planes of a stack in which patches are selected.
_MOST_PLANES = 16


@dataclass(frozen=True, eq=False)
class StackPatches:
    """Selected patches of a stack.

    Parameters
    ----------
    selections : list of PatchSelection
        One per plane of :func:`spread_planes`.
    corners : (P, 3) int
        Plane, row and column of the upper left corner of each patch.
    side : int
        Of a patch, in pixels.
    """

    selections: list[PatchSelection]
    corners: np.ndarray
    side: int


def select_stage_patches(values: np.ndarray, stage: StageSettings) -> StackPatches | None:
    """Select the patches of a stage; None where they are not selected by content or none can be chosen from.

    Parameters
    ----------
    values : (N, Y, X) float32
    stage : StageSettings

    Raises
    ------
    NotEnoughPatchesError
        If too few patches pass the threshold.
    """
    if not stage.roi.use_roi:
        return None
    side = min(stage.roi.patch_size, *values.shape[1:])
    settings = replace(stage.roi, patch_size=side)
    chosen = spread_planes(len(values))
    if len(values) == 1:
        selections = [RoiScorer(values[0]).select(settings)]
    else:
        scorer = StackScorer(values)
        selections = [scorer.plane(int(index)).select(settings) for index in chosen]
    found = sum(len(selection.coords) for selection in selections)
    offered = sum(len(selection.candidates) for selection in selections)
    if offered < _LEAST_CANDIDATES:
        return None
    needed = min(MIN_PATCHES, max(1, offered // 4))
    if found < needed:
        kind, move = ("background", "raise") if stage.roi.select_background else ("structure", "lower")
        raise NotEnoughPatchesError(
            f"Not enough patches: {found} of {offered} {kind} patches are selected and at least {needed} are needed. "
            f"{move.capitalize()} the {kind} threshold (roi_threshold), or use random patches."
        )
    corners = [
        np.column_stack([np.full(len(selection.coords), plane), selection.coords])
        for selection, plane in zip(selections, chosen, strict=True)
    ]
    return StackPatches(selections, np.concatenate(corners), side)


def spread_planes(planes: int) -> np.ndarray:
    """Indices of the planes in which patches are selected, evenly spread."""
    return evenly_spread(planes, _MOST_PLANES)
