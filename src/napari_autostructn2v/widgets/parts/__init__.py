"""Small widgets that know nothing of denoising."""

from .ask_file import ask_save
from .closing_watch import ClosingWatch
from .dock_tabs import DockTabs
from .folders import config_folder, runs_folder
from .layer_choice import LayerChoice, connect_while_alive, unwrapped
from .message_bar import MessageBar
from .rows import add_row
from .section import Section, SectionColumn
from .wheel_guard import WheelGuard
from .whole_number import WholeNumberEdit
from .wrapped_label import WrappedLabel

__all__ = [
    "ClosingWatch",
    "DockTabs",
    "LayerChoice",
    "MessageBar",
    "Section",
    "SectionColumn",
    "WheelGuard",
    "WholeNumberEdit",
    "WrappedLabel",
    "add_row",
    "ask_save",
    "config_folder",
    "connect_while_alive",
    "runs_folder",
    "unwrapped",
]
