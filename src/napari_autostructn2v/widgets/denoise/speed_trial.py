"""Tries out once how fast a computer trains, before its first run."""

from __future__ import annotations

from qtpy.QtCore import QObject, Signal

from ..work import Runner, trial_task
from .estimate import Speed

__all__ = ["SpeedTrial"]


class SpeedTrial(QObject):
    """A few steps of training in another program, for the first estimates.

    `ended` is emitted once something is known.

    Parameters
    ----------
    speed : Speed
        Takes what comes out.
    parent : QObject
    """

    ended = Signal()

    def __init__(self, speed: Speed, parent: QObject) -> None:
        super().__init__(parent)
        self._speed = speed
        self._device = ""
        self._runner = Runner(self)
        self._runner.finished.connect(self._on_finished)

    def begin(self, device: str) -> None:
        """Start unless something is known already, or this was tried before."""
        if not self._device and self._speed.wants_trial(device):
            self._device = device
            self._runner.start(trial_task(device))

    def stop(self) -> None:
        """Leave the computer to a run."""
        if self._runner.is_running:
            self._runner.stop()

    def _on_finished(self, seconds: float | None) -> None:
        if seconds is not None:
            self._speed.take_trial(self._device, seconds)
            self.ended.emit()
