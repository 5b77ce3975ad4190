"""What the user chose, as frozen values, and as text."""

from .choices import ContextChoice, Equalize, MaskingStrategy, OtherChannels, Stages, StartChoice
from .effort import after_start, has_start, sized_to, turned_where_cheap
from .presets import PRESET_EPOCHS, Preset
from .ranges import RANGES, Range, check_fields, checked, kind_of, shortened
from .text import merged, parsed, read_text, to_text
from .values import MaskSettings, RoiSettings, Settings, StageSettings

__all__ = [
    "PRESET_EPOCHS",
    "RANGES",
    "ContextChoice",
    "Equalize",
    "MaskSettings",
    "MaskingStrategy",
    "OtherChannels",
    "Preset",
    "Range",
    "RoiSettings",
    "Settings",
    "StageSettings",
    "Stages",
    "StartChoice",
    "after_start",
    "check_fields",
    "checked",
    "has_start",
    "kind_of",
    "merged",
    "parsed",
    "read_text",
    "shortened",
    "sized_to",
    "to_text",
    "turned_where_cheap",
]
