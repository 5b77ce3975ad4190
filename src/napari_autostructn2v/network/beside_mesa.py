"""PyTorch's compiler beside Mesa, which draws napari's canvas on Linux without a card, or with one of AMD's.

Builds of PyTorch with CUDA bring Triton, and the first optimiser of a process imports it, whether anything is compiled
or not. Triton and Mesa each bring LLVM, whose names clash: importing Triton 3.7 once Mesa has drawn is a segmentation
fault, which takes napari with it (https://github.com/pytorch/pytorch/issues/96060 is of the same kind).
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

__all__ = ["keep_triton_away"]

#: What Linux has mapped into this process; there is no such file elsewhere.
_MAPPED = Path("/proc/self/maps")


def keep_triton_away() -> None:
    """Let PyTorch find that there is no Triton, if importing it would end this process; nothing here needs it."""
    if "triton" in sys.modules or "torch._dynamo" in sys.modules:
        return
    try:
        mapped = _MAPPED.read_text(errors="replace")
    except OSError:
        return
    if "libLLVM" not in mapped:
        return
    sys.modules["triton"] = None  # type: ignore[assignment]  # Python's way to say that a package cannot be imported
    try:
        importlib.import_module("torch._dynamo")  # asks for Triton once and remembers the answer
    finally:
        del sys.modules["triton"]
