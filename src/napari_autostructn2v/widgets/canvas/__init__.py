"""What is drawn on layers: patches, comparison, preview of a mask."""

from .comparison import Comparison
from .divider import Divider
from .edit_marks import EditMarks
from .held_original import HELD_KEY, HeldOriginal
from .live_layer import LiveLayer
from .mask_preview import MaskPreview
from .overlay import PatchOverlay
from .representatives import representatives

__all__ = [
    "HELD_KEY",
    "Comparison",
    "Divider",
    "EditMarks",
    "HeldOriginal",
    "LiveLayer",
    "MaskPreview",
    "PatchOverlay",
    "representatives",
]
