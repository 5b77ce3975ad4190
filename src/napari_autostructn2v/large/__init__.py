"""Images larger than memory: which parts are trained on, and how the rest is denoised piece by piece."""

from .chunked import BLOCK_PIXELS, is_lazy, predict_lazily
from .kept import KeptPlanes
from .model import PackedModel, packed
from .parts import IN_MEMORY_PIXELS, SAMPLE_PIXELS, is_large, on_disk_as_dask, sample_planes
from .streaming import Block, Recipe, blocks_of, chunks_for, denoise_block, done_blocks, pattern_of, sample

__all__ = [
    "BLOCK_PIXELS",
    "IN_MEMORY_PIXELS",
    "SAMPLE_PIXELS",
    "Block",
    "KeptPlanes",
    "PackedModel",
    "Recipe",
    "blocks_of",
    "chunks_for",
    "denoise_block",
    "done_blocks",
    "is_large",
    "is_lazy",
    "on_disk_as_dask",
    "packed",
    "pattern_of",
    "predict_lazily",
    "sample",
    "sample_planes",
]
