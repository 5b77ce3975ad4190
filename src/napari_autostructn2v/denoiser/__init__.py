"""A trained model, and the one file it lives in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .file import is_model
from .fit import line_of, standing_for
from .kept_runs import Run, delete_run, keep_run, kept_runs
from .methods_text import methods_text
from .package import export_model
from .summary import ModelSummary, summarize_model

if TYPE_CHECKING:
    from .model import Denoiser
    from .plane_by_plane import Piece, PlaneByPlane

__all__ = [
    "Denoiser",
    "ModelSummary",
    "Piece",
    "PlaneByPlane",
    "Run",
    "delete_run",
    "export_model",
    "is_model",
    "keep_run",
    "kept_runs",
    "line_of",
    "methods_text",
    "standing_for",
    "summarize_model",
]


def __getattr__(name: str) -> Any:
    # PyTorch is loaded with the first model, not with the folder.
    if name == "Denoiser":
        from .model import Denoiser

        return Denoiser
    if name in ("Piece", "PlaneByPlane"):
        from .plane_by_plane import Piece, PlaneByPlane

        return {"Piece": Piece, "PlaneByPlane": PlaneByPlane}[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
