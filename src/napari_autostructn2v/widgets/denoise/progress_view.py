"""How far a run is: one bar from its start to its end, and the same in words."""

from __future__ import annotations

import math

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from ...progress import Progress
from ..parts import WrappedLabel
from .run_clock import RunClock

__all__ = ["ProgressView", "duration_in_words", "progress_in_words"]

#: napari's own colour of progress is nearly that of the window in its light theme.
_BAR = "QProgressBar::chunk { background-color: #0072b2; }"

_STEPS = 1000

#: Milliseconds between two looks at the clock where a run has nothing to tell.
_INTERVAL = 1000


class ProgressView(QWidget):
    """A progress bar over a line of words; hidden while nothing has run yet."""

    def __init__(self) -> None:
        super().__init__()
        self._clock: RunClock | None = None
        self._event: Progress | None = None
        self._about = ""
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setStyleSheet(_BAR)
        self.bar.setRange(0, _STEPS)
        self.bar.setAccessibleName("Progress of the run")
        self.label = WrappedLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(self.label)
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._show)
        self.hide()

    def start(self, words: str, clock: RunClock) -> None:
        """Show that something has begun, before the first event."""
        self._clock, self._event = clock, None
        self.bar.setValue(0)
        self.bar.show()
        self.label.setText(words)
        self.show()
        self._timer.start()

    def show_words(self, words: str) -> None:
        """Say something else while the bar stays where it is."""
        self._timer.stop()
        self.label.setText(words)
        self.bar.show()
        self.show()

    def update_progress(self, event: Progress, about: str = "") -> None:
        """Show one event.

        Parameters
        ----------
        event : Progress
        about : str
            What is being run on, to come before the words.
        """
        self._event, self._about = event, about
        if self._clock is None:
            self._clock = RunClock({})
        self._clock.take(event)
        self._show()

    def finish(self, words: str) -> None:
        """Take the bar away and leave some last words."""
        self._timer.stop()
        self._clock = self._event = None
        self.bar.hide()
        self.label.setText(words)
        self.setVisible(bool(words))

    def _show(self) -> None:
        if self._clock is None:
            return
        self.bar.setValue(round(_STEPS * self._clock.position))
        if self._event is None:
            return
        words = progress_in_words(self._event, self._clock.seconds_left)
        self.label.setText(f"{self._about}: {words}" if self._about else words)


def progress_in_words(event: Progress, seconds_left: float | None = None) -> str:
    """Return an event as a line such as ``Stage 1: step 412 of 900 · 14 s left``."""
    words = event.message or event.phase.capitalize()
    if event.measurement is not None:  # what was found stands in the section about the noise
        words = "The noise is measured; getting ready to train"
    if event.total and str(event.total) not in words:
        words = f"{words}: step {event.step:,} of {event.total:,}"
    if seconds_left is not None and math.isfinite(seconds_left):
        words += f" · {duration_in_words(seconds_left)} left"
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
