"""Which patches of an image a stage learns from."""

from .advice import ALIKE, shows_structure
from .criteria import criterion_names, register_criterion, unregister_criterion
from .patches import StackPatches, select_stage_patches, spread_planes
from .plane import select_patches, suggest_threshold
from .presets import ROI_PRESETS
from .published import find_roi_patches, load_and_normalize_image, load_and_preprocess_image
from .scorer import CommonScale, RoiScorer
from .selection import PatchSelection
from .stack import StackScorer, select_patches_stack

__all__ = [
    "ALIKE",
    "ROI_PRESETS",
    "CommonScale",
    "PatchSelection",
    "RoiScorer",
    "StackPatches",
    "StackScorer",
    "criterion_names",
    "find_roi_patches",
    "load_and_normalize_image",
    "load_and_preprocess_image",
    "register_criterion",
    "select_patches",
    "select_patches_stack",
    "select_stage_patches",
    "shows_structure",
    "spread_planes",
    "suggest_threshold",
    "unregister_criterion",
]
