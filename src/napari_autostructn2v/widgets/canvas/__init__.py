"""What is drawn on layers: patches, comparison, preview of a mask."""

from .comparison import Comparison
from .edit_marks import EditMarks
from .mask_preview import MaskPreview
from .overlay import PatchOverlay
from .representatives import representatives

__all__ = ["Comparison", "EditMarks", "MaskPreview", "PatchOverlay", "representatives"]
