"""How far the run is, of whichever image, and the curves of the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from ...progress import Progress
from ..parts import RunButtons, Section, shortened
from ..plots import LossPlot
from ..work import ChannelProgress
from .progress_view import ProgressView

if TYPE_CHECKING:
    from ..image import ViewerState
    from .forecast import Forecast

__all__ = ["RunView"]

_TRAINING = "How well the network guesses hidden pixels, while it trains."

_READY = "Denoise the chosen image with these settings (Ctrl+R while this dock has the keyboard)."

_CANCEL = "End the run now and keep what it has reached (Esc while this dock has the keyboard)."

_BATCH = "A batch of files is being denoised; the Batch dock shows how far it is."


class RunView(QObject):
    """The buttons, the progress and the curves of a dock.

    `needs_room` tells whether a training is to be seen, which is while one runs and its curves are those on show.

    Parameters
    ----------
    state : ViewerState
    forecast : Forecast
        Tells how long a run will take.
    dock : QWidget
    """

    needs_room = Signal(bool)

    def __init__(self, state: ViewerState, forecast: Forecast, dock: QWidget) -> None:
        super().__init__(dock)
        self._state, self._control, self._forecast = state, state.control, forecast
        self.buttons = RunButtons("Denoise", _READY, _CANCEL)
        self.progress = ProgressView()
        self.loss_plot = LossPlot(_channel_of)
        self.section = Section("Training", self.loss_plot, tooltip=_TRAINING)
        self._plotted: tuple[object, int] = (None, 0)  # the losses on show, and how many of them

    def begin(self) -> None:
        """Show that a run has begun, before its first event."""
        words = ": ".join(filter(None, (self._about_run(), "Getting ready…")))
        self.progress.start(words, self._forecast.clock())
        self.update()

    def take(self, events: list[Progress]) -> None:
        """Show how far the run has come."""
        if not self._control.is_stopping:
            self.progress.update_progress(events[-1], self._about_run())

    def update(self) -> None:
        """Show which buttons can be pressed, what there is to say, and the curves."""
        control, image = self._control, self._state.image
        running = control.is_running
        self.buttons.show_running(running, control.is_stopping)
        if control.is_stopping:
            self.progress.show_words("Stopping; what was reached so far is kept…")
        elif control.is_batch:
            self.progress.finish(_BATCH)
        elif not running:
            self.progress.finish(image.last_words)
        losses = image.losses
        if self._plotted[0] is not losses:
            self.loss_plot.reset()
            self._plotted = losses, 0
        if len(losses) > self._plotted[1]:
            self.loss_plot.add(losses[self._plotted[1] :])
            self._plotted = losses, len(losses)
        if not (running and image is control.state):
            self.loss_plot.finish()
        self.section.setVisible(not self.loss_plot.is_empty)
        if not running:
            self.needs_room.emit(False)
        elif image is control.state and not self.loss_plot.is_empty:
            self.needs_room.emit(True)

    def _about_run(self) -> str:
        """Name what is being run on, unless that is clear."""
        state, total = self._control.state, self._control.total
        which = f"{self._control.position} of {total}" if total > 1 else ""
        if state is self._state.image and not which:
            return ""
        return ", ".join(filter(None, (f"“{shortened(state.name)}”" if state is not None else "", which)))


def _channel_of(event: Progress) -> str:
    return shortened(event.name) if isinstance(event, ChannelProgress) else ""
