"""The command ``autostructn2v``: the same runs as in napari, without a window."""

from .main import main

__all__ = ["main"]
