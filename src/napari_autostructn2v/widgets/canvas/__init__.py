"""What is drawn on layers: patches, comparison, preview of a mask."""

from .comparison import Comparison
from .mask_preview import MaskPreview
from .overlay import PatchOverlay
from .representatives import representatives

__all__ = ["Comparison", "MaskPreview", "PatchOverlay", "representatives"]
