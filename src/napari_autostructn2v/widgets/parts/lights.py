"""A traffic light, told apart by shape as well as by colour."""

from __future__ import annotations

from typing import Literal

from qtpy.QtWidgets import QLabel

__all__ = ["LIGHTS", "show_light"]

#: Shape and colour of each light.
LIGHTS = {"green": ("●", "#009e73"), "yellow": ("▲", "#e69f00"), "red": ("■", "#d55e00")}


def show_light(label: QLabel, light: Literal["green", "yellow", "red"], points: int = 16) -> None:
    """Make a label show a light; screen readers are told which one."""
    symbol, color = LIGHTS[light]
    label.setText(symbol)
    label.setAccessibleName(f"{light} light")
    label.setStyleSheet(f"color: {color}; font-size: {points}pt;")
