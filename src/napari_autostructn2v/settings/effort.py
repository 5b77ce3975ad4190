"""How much training an image is worth: a small one has less to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .values import StageSettings

__all__ = ["sized_to"]

#: A batch shows an image at most so many times over, and has at least so many crops.
_TIMES, _FEWEST = 4, 4


def sized_to(stage: StageSettings, shape: Sequence[int]) -> StageSettings:
    """Return the settings of a stage with batches that suit the size of the image; the steps stay as they are.

    Sixteen crops of an image that is hardly larger than one of them are sixteen times the same (docs/decisions.md).

    Parameters
    ----------
    stage : StageSettings
    shape : sequence of int
        (N, Y, X).

    Examples
    --------
    >>> sized_to(StageSettings(), (1, 40, 40)).batch_size, sized_to(StageSettings(), (1, 512, 512)).batch_size
    (4, 16)
    """
    planes, height, width = shape
    side = min(stage.crop_size, height, width)
    enough = max(_FEWEST, round(_TIMES * planes * height * width / side**2))
    if enough >= stage.batch_size:
        return stage
    return replace(stage, batch_size=enough, patches_per_image=enough * stage.steps_per_epoch)
