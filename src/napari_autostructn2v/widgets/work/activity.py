"""A run in napari's own list of activities, at the lower right of its window."""

from __future__ import annotations

import time
from weakref import ref

from napari.utils import progress
from qtpy.QtWidgets import QLabel, QStatusBar, QWidget

from ...progress import Progress

__all__ = ["Activity"]

#: Between two changes of the line; napari draws its whole window anew each time.
_SECONDS = 1.0

#: The speed of the wheel that napari turns beside its list, in percent. At its own, 33 pictures a second, each of which
#: has the whole window drawn anew, it takes twice as much from the training as everything else that the window does.
_WHEEL_SPEED = 3


class Activity:
    """One line in the list while a run goes on; to be used in the window's thread only.

    Parameters
    ----------
    widget : qtpy.QtWidgets.QWidget
        One of the window's.
    """

    def __init__(self, widget: QWidget) -> None:
        self._widget = ref(widget)  # the window has to go when the viewer goes
        self._line: progress | None = None
        self._phase = ""
        self._due = 0.0

    def start(self, words: str) -> None:
        """Add the line."""
        self.finish()
        self._line, self._phase = progress(total=0, desc=words), ""
        self._turn_wheel(_WHEEL_SPEED)

    def update(self, event: Progress) -> None:
        """Bring the line to where the run is."""
        now = time.monotonic()
        if self._line is None or (event.phase == self._phase and now < self._due):
            return
        self._due = now + _SECONDS
        if event.total != self._line.total:
            self._line.reset(event.total)
            self._line.total = event.total
        if event.phase != self._phase:
            self._phase = event.phase
            self._line.set_description(event.phase.capitalize())
        if event.total:
            self._line.update(event.step - self._line.n)

    def finish(self) -> None:
        """Take the line away."""
        if self._line is not None:
            self._line.close()
            self._line = None
            self._turn_wheel(100)

    def _turn_wheel(self, speed: int) -> None:
        widget = self._widget()
        window = None if widget is None else widget.window()
        for bar in window.findChildren(QStatusBar) if window is not None else ():
            for label in bar.findChildren(QLabel):
                if label.movie() is not None:
                    label.movie().setSpeed(speed)
