"""The Denoise dock and the parts that only it has."""

from .commands import denoise_active_layer
from .dock import DenoiseDock

__all__ = ["DenoiseDock", "denoise_active_layer"]
