"""How long each preset trains."""

from __future__ import annotations

from typing import Literal

__all__ = ["PRESET_EPOCHS", "Preset"]

Preset = Literal["fast", "balanced", "best"]

#: Epochs of each preset. The budgets are steps, not seconds, so that a seed gives the same result on any machine.
PRESET_EPOCHS: dict[str, int] = {"fast": 14, "balanced": 45, "best": 150}
