"""The choices that settings offer, by name."""

from typing import Literal

__all__ = [
    "Background",
    "Combine",
    "ContextChoice",
    "Equalize",
    "MaskSource",
    "MaskingStrategy",
    "OtherChannels",
    "Stages",
    "StartChoice",
]

Stages = Literal["auto", "1", "2", "both"]

Equalize = Literal["global", "adaptive", "none"]

Background = Literal["dark", "bright", "auto"]

Combine = Literal["all", "any"]

MaskSource = Literal["raw", "stage1", "file", "editor"]

ContextChoice = Literal["auto", "none", "near", "far"]

OtherChannels = Literal["auto", "none"]

StartChoice = Literal["general", "scratch"]

MaskingStrategy = Literal["random", "local_mean", "zeros"]
