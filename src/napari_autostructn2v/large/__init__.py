"""Images larger than memory: which parts are trained on, and how the rest is denoised piece by piece."""

from .blocks import Block, blocks_of, chunks_for
from .chunked import BLOCK_PIXELS, check_lazy, is_lazy, predict_lazily
from .kept import KeptPlanes
from .margins import planes_at_once, shifted, with_margin
from .model import PackedModel, packed
from .parts import (
    IN_MEMORY_PIXELS,
    SAMPLE_PIXELS,
    is_large,
    memory_of_run,
    on_disk_as_dask,
    planes_beside,
    sample_planes,
)
from .remembered import Remembered
from .sampling import fixed_pattern_of, read_sample
from .streaming import Recipe, denoise_block, done_blocks

__all__ = [
    "BLOCK_PIXELS",
    "IN_MEMORY_PIXELS",
    "SAMPLE_PIXELS",
    "Block",
    "KeptPlanes",
    "PackedModel",
    "Recipe",
    "Remembered",
    "blocks_of",
    "check_lazy",
    "chunks_for",
    "denoise_block",
    "done_blocks",
    "fixed_pattern_of",
    "is_large",
    "is_lazy",
    "memory_of_run",
    "on_disk_as_dask",
    "packed",
    "planes_at_once",
    "planes_beside",
    "predict_lazily",
    "read_sample",
    "sample_planes",
    "shifted",
    "with_margin",
]
