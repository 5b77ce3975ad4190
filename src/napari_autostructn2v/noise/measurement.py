"""What a run knows about an image before it trains: its planes, the noise in them, and the blind mask that follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..images import Planes, to_planes
from ..roi import StackPatches, select_stage_patches, spread_planes
from ..settings import MaskSettings, Settings
from .blind_mask import BlindMask
from .mask_choice import choose_mask
from .model import NoiseModel, estimate_noise

__all__ = ["check_mask", "mask_for", "measure", "prepare"]


def prepare(image: Any, settings: Settings) -> tuple[Planes, str]:
    """Bring an image to planes without hot pixels and, if asked, without the offsets of lines.

    Parameters
    ----------
    image : (..., Y, X) array-like
    settings : Settings

    Returns
    -------
    planes : Planes
    evened : str
        What has been evened out, in a sentence; empty where nothing was.
    """
    planes = to_planes(image).without_hot_pixels()
    if not settings.remove_line_offsets:
        return planes, ""
    even = planes.without_line_offsets()
    if not even.evened:
        return planes, ""
    by = np.std(planes.values[0] - even.values[0]) * planes.scale
    lines = " and ".join(line.removesuffix("s") for line in even.evened)
    return even, f"Each {lines} has an offset of its own (by {by:.2g} grey levels), which is taken out first."


def measure(values: np.ndarray, settings: Settings) -> tuple[StackPatches | None, NoiseModel]:
    """Return the background patches of (N, Y, X) planes, and the noise in them."""
    patches = select_stage_patches(values, settings.stage1)
    chosen = spread_planes(len(values))
    selections = None if patches is None else patches.selections
    return patches, estimate_noise(values[chosen], selections, max_lag=settings.mask.max_lag)


def mask_for(noise: NoiseModel, values: np.ndarray, settings: MaskSettings, evened: str = "") -> BlindMask:
    """Return the blind mask of stage 2, from wherever the settings say.

    Parameters
    ----------
    noise : NoiseModel
    values : (N, Y, X) ndarray
    settings : MaskSettings
    evened : str
        What has been evened out; it comes before the reason for a mask that follows from the noise.

    Raises
    ------
    InputError
        If the mask's file cannot be read, or the mask is none.
    """
    if settings.source == "file":
        if not settings.path:
            raise InputError("The blind mask should come from a file, but no file is named.")
        return BlindMask.load(settings.path)
    if settings.source == "editor":
        return BlindMask.from_rows(settings.pattern)
    mask = choose_mask(noise, values, settings)
    return replace(mask, reason=f"{evened} {mask.reason}") if evened else mask


def check_mask(mask: BlindMask, crop_size: int, plane_shape: tuple[int, ...]) -> None:
    """Raise an InputError if a mask leaves the network nothing to learn from."""
    height, width = mask.pattern.shape
    if max(height, width) >= min(crop_size, *plane_shape):
        raise InputError(
            f"The blind mask is {height} x {width} pixels, which is as large as the crops that the network learns "
            "from; choose a smaller mask or larger crops."
        )
