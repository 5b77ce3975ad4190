"""How far a run is: a bar, and the same in words."""

from __future__ import annotations

import math

from qtpy.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from ...progress import Progress
from ..parts import WrappedLabel

__all__ = ["ProgressView", "duration_in_words", "progress_in_words"]

#: napari's own colour of progress is nearly that of the window in its light theme.
_BAR = "QProgressBar::chunk { background-color: #0072b2; }"


class ProgressView(QWidget):
    """A progress bar over a line of words; hidden while nothing has run yet."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setStyleSheet(_BAR)
        self.label = WrappedLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(self.label)
        self.hide()

    def start(self, words: str) -> None:
        """Show that something has begun, before the first event."""
        # Empty rather than busy: a bar that runs to and fro has the whole window drawn 30 times a second.
        self.bar.setRange(0, 1)
        self.bar.setValue(0)
        self.bar.show()
        self.label.setText(words)
        self.show()

    def update_progress(self, event: Progress, about: str = "") -> None:
        """Show one event.

        Parameters
        ----------
        event : Progress
        about : str
            What is being run on, to come before the words.
        """
        if event.total:  # else it stays where it is
            self.bar.setRange(0, event.total)
            self.bar.setValue(event.step)
        words = progress_in_words(event)
        self.label.setText(f"{about}: {words}" if about else words)

    def finish(self, words: str) -> None:
        """Take the bar away and leave some last words."""
        self.bar.hide()
        self.label.setText(words)
        self.setVisible(bool(words))


def progress_in_words(event: Progress) -> str:
    """Return an event as a line such as ``Stage 1: step 412 of 900 · 14 s left``."""
    words = event.message or event.phase.capitalize()
    if event.total and str(event.total) not in words:
        words = f"{words}: step {event.step:,} of {event.total:,}"
    if event.seconds_left is not None and math.isfinite(event.seconds_left):
        words += f" · {duration_in_words(event.seconds_left)} left"
    return words


def duration_in_words(seconds: float) -> str:
    """Return a duration as ``14 s``, ``3 min`` or ``1 h 20 min``."""
    seconds = max(0, round(seconds))
    if seconds < 90:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
