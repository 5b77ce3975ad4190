"""Small widgets that know nothing of denoising."""

from .ask_choice import ask_choice
from .ask_file import ask_save
from .closing_watch import DockWatch, WindowWatch
from .dock_tabs import DockTabs
from .gentle_removal import GentleRemoval
from .lights import LIGHTS, show_light
from .lock_button import LockButton
from .message_bar import MessageBar
from .rows import add_row, name_for_screen_readers, order_tabs
from .run_buttons import BUSY, RunButtons
from .section import Section, SectionColumn
from .shortcuts import add_shortcuts
from .shortened import shortened
from .slider_keys import SliderKeys
from .viewer_events import connect_while_alive, unwrapped
from .wheel_guard import WheelGuard
from .whole_number import WholeNumberEdit
from .wrapped_label import WrappedLabel

__all__ = [
    "BUSY",
    "LIGHTS",
    "DockTabs",
    "DockWatch",
    "GentleRemoval",
    "LockButton",
    "MessageBar",
    "RunButtons",
    "Section",
    "SectionColumn",
    "SliderKeys",
    "WheelGuard",
    "WholeNumberEdit",
    "WindowWatch",
    "WrappedLabel",
    "add_row",
    "add_shortcuts",
    "ask_choice",
    "ask_save",
    "connect_while_alive",
    "name_for_screen_readers",
    "order_tabs",
    "shortened",
    "show_light",
    "unwrapped",
]
