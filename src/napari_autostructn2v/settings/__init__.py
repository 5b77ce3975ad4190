"""What the user chose, as frozen values, and as text."""

from .presets import PRESET_EPOCHS, Preset
from .text import check_fields, merged, parsed, to_text
from .values import ContextChoice, Equalize, MaskingStrategy, MaskSettings, RoiSettings, Settings, Stages, StageSettings

__all__ = [
    "PRESET_EPOCHS",
    "ContextChoice",
    "Equalize",
    "MaskSettings",
    "MaskingStrategy",
    "Preset",
    "RoiSettings",
    "Settings",
    "StageSettings",
    "Stages",
    "check_fields",
    "merged",
    "parsed",
    "to_text",
]
