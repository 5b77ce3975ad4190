"""Any array becomes checked planes on one scale; what is wrong with its pixels is found and mended."""

from .axes import Channel, Layout, named_axes
from .checks import as_array, check_image, in_memory
from .drift import find_drift
from .fixed_pattern import FixedPattern, find_fixed_pattern, find_in_frames
from .line_offsets import find_line_offsets, line_offsets, line_strips, without_line_offsets
from .missing import fill_missing, masked_like
from .planes import Planes, cast_to, on_scale, to_planes
from .spread import evenly_spread
from .strength import blended

__all__ = [
    "Channel",
    "FixedPattern",
    "Layout",
    "Planes",
    "as_array",
    "blended",
    "cast_to",
    "check_image",
    "evenly_spread",
    "fill_missing",
    "find_drift",
    "find_fixed_pattern",
    "find_in_frames",
    "find_line_offsets",
    "in_memory",
    "line_offsets",
    "line_strips",
    "masked_like",
    "named_axes",
    "on_scale",
    "to_planes",
    "without_line_offsets",
]
