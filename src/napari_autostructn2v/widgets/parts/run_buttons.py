"""The two buttons that everybody needs: one starts a run, the other ends it."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

__all__ = ["BUSY", "RunButtons"]

BUSY = "A run is in progress; cancel it to start another."

_STOPPING = "The run is about to end."

_NOTHING_TO_CANCEL = "Nothing is running."

#: The one button that stands out; white on blue is readable on dark and light themes.
_PRIMARY = """
QPushButton:enabled { background-color: #0072b2; color: white; font-weight: bold; }
QPushButton:enabled:hover { background-color: #2a8fca; }
QPushButton:enabled:pressed { background-color: #005a8e; }
"""


class RunButtons(QWidget):
    """A button to start and *Cancel*, of which one can be pressed at a time.

    Parameters
    ----------
    run : str
        What the first says.
    ready : str
        What it does.
    cancel : str
        What the other does.
    """

    def __init__(self, run: str, ready: str, cancel: str) -> None:
        super().__init__()
        self._ready, self._cancel = ready, cancel
        self.run = QPushButton(run)
        self.cancel = QPushButton("Cancel")
        self.run.setMinimumHeight(32)
        self.run.setStyleSheet(_PRIMARY)
        self.run.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.run)
        layout.addWidget(self.cancel)
        self.show_running(False)

    def show_running(self, running: bool, stopping: bool = False, *, missing: str = "") -> None:
        """Offer to cancel while a run is under way, to start one otherwise, unless something is missing for that."""
        self.run.setEnabled(not running and not missing)
        self.run.setToolTip(BUSY if running else missing or self._ready)
        self.cancel.setEnabled(running and not stopping)
        self.cancel.setToolTip(_STOPPING if stopping else self._cancel if running else _NOTHING_TO_CANCEL)
