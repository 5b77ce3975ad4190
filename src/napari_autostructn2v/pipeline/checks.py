"""Whether a run can be begun with what it was given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import InputError
from ..noise import BlindMask
from ..settings import Range, Settings, checked, shortened

__all__ = ["check_plane", "checked_arguments"]


def checked_arguments(settings: Any, stop: Any, mask: Any, preview_plane: Any, start: Any) -> Settings:
    """Return the settings of a run, or say what is wrong with its arguments before any work is done."""
    if not (stop is None or callable(getattr(stop, "is_set", None))):
        raise InputError(f"stop is {shortened(stop)}; it must have a method is_set, as a threading.Event has.")
    if mask is not None:
        checked(mask, BlindMask, "mask")
    if preview_plane is not None:
        checked(preview_plane, int, "preview_plane", Range(0, 2**62))
    if start is not None and not hasattr(start, "networks"):
        raise InputError(f"start is {shortened(start)}; it must be a Denoiser, such as that of an earlier result.")
    return Settings() if settings is None else checked(settings, Settings, "settings")


def check_plane(preview_plane: int | None, shape: Sequence[int]) -> None:
    """Say so if there is no such plane; an image without planes is refused elsewhere."""
    planes = math.prod(shape[:-2])
    if preview_plane is not None and len(shape) > 1 and preview_plane >= planes > 0:
        raise InputError(
            f"preview_plane is {preview_plane}, but the image has {planes} {'plane' if planes == 1 else 'planes'}; "
            f"planes are counted from 0, so the last one is {planes - 1}."
        )
