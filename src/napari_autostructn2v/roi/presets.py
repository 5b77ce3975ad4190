"""Settings of both stages for kinds of images, and the patterns of the published description."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, NamedTuple

from ..settings import RoiSettings

__all__ = ["ROI_PRESETS", "RoiPreset"]


class RoiPreset(NamedTuple):
    """The patches of both stages for a kind of image.

    Parameters
    ----------
    description : str
        When to choose it, for a tooltip.
    stage1, stage2 : RoiSettings
    """

    description: str
    stage1: RoiSettings
    stage2: RoiSettings


def _preset(description: str, stage1: dict[str, Any], stage2: dict[str, Any] | None = None) -> RoiPreset:
    # The stages' own defaults, see `Settings`.
    second = {"use_roi": False, "select_background": False, "patch_size": 64} | (stage2 or {})
    return RoiPreset(description, RoiSettings(**stage1), RoiSettings(**second))


#: By name. The first three after "default" are the description's patterns, the others its table of image types.
ROI_PRESETS = MappingProxyType(
    {
        "default": _preset("The darker half of the image for stage 1, all of it for stage 2.", {}),
        "two-stage": _preset(
            "Stage 1 learns from empty regions, stage 2 from structure.",
            {"roi_threshold": 0.4},
            {"use_roi": True, "roi_threshold": 0.6},
        ),
        "aggressive": _preset("Only the emptiest regions for stage 1.", {"roi_threshold": 0.3}),
        "uniform": _preset(
            "The content is the same everywhere: random patches for both stages.",
            {"use_roi": False},
            {"use_roi": False},
        ),
        "high contrast": _preset(
            "Bright structures on a dark background.", {"roi_threshold": 0.4}, {"roi_threshold": 0.4}
        ),
        "low contrast": _preset("Subtle structures.", {"roi_threshold": 0.6}, {"roi_threshold": 0.6}),
        "sparse": _preset(
            "Few structures in a large empty field.",
            {"roi_threshold": 0.3},
            {"use_roi": True, "roi_threshold": 0.8},
        ),
        "bright background": _preset(
            "Bright field or stained sections in the electron microscope: empty regions are bright.",
            {"background": "bright"},
            {"background": "bright"},
        ),
    }
)
