"""The ROI tuning dock and the parts that only it has."""

from .dock import RoiDock

__all__ = ["RoiDock"]
