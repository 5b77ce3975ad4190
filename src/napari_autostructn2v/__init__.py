"""Denoise microscopy images without clean data, in napari, from the command line or from Python.

Names are imported when they are first used, so that importing the package costs next to nothing: neither torch nor
napari nor Qt is loaded before something needs it.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .denoiser import Denoiser, export_model, methods_text
    from .errors import InputError, NotEnoughPatchesError
    from .files import read_image, write_image
    from .noise import BlindMask, NoiseModel, choose_mask, estimate_noise
    from .pipeline import Result, denoise, denoise_channels, run
    from .progress import Progress
    from .roi import (
        PatchSelection,
        find_roi_patches,
        load_and_normalize_image,
        load_and_preprocess_image,
        register_criterion,
        select_patches,
        suggest_threshold,
    )
    from .settings import MaskSettings, RoiSettings, Settings, StageSettings

    __version__: str

__all__ = [
    "BlindMask",
    "Denoiser",
    "InputError",
    "MaskSettings",
    "NoiseModel",
    "NotEnoughPatchesError",
    "PatchSelection",
    "Progress",
    "Result",
    "RoiSettings",
    "Settings",
    "StageSettings",
    "__version__",
    "choose_mask",
    "denoise",
    "denoise_channels",
    "estimate_noise",
    "export_model",
    "find_roi_patches",
    "load_and_normalize_image",
    "load_and_preprocess_image",
    "methods_text",
    "read_image",
    "register_criterion",
    "run",
    "select_patches",
    "suggest_threshold",
    "write_image",
]

#: Where each public name lives.
_MODULES = {
    "denoiser": ("Denoiser", "export_model", "methods_text"),
    "errors": ("InputError", "NotEnoughPatchesError"),
    "files": ("read_image", "write_image"),
    "noise": ("BlindMask", "NoiseModel", "choose_mask", "estimate_noise"),
    "pipeline": ("Result", "denoise", "denoise_channels", "run"),
    "progress": ("Progress",),
    "roi": (
        "PatchSelection",
        "find_roi_patches",
        "load_and_normalize_image",
        "load_and_preprocess_image",
        "register_criterion",
        "select_patches",
        "suggest_threshold",
    ),
    "settings": ("MaskSettings", "RoiSettings", "Settings", "StageSettings"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = metadata.version("napari-autostructn2v")
    elif name in _MODULE_OF:
        value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
