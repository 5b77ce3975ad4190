"""The Batch dock."""

from .dock import BatchDock

__all__ = ["BatchDock"]
