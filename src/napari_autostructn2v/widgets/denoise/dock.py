"""The Denoise dock: choose an image, press one button, see the result appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QVBoxLayout, QWidget

from ...errors import tells_of_memory
from ...progress import Progress
from ...settings import Settings
from ..image import AxesChoice, ImageChoice, Outcome, PlannedRun, viewer_state
from ..parts import (
    BUSY,
    DockTabs,
    DockWatch,
    MessageBar,
    RunButtons,
    Section,
    SectionColumn,
    WheelGuard,
    add_row,
    order_tabs,
    shortened,
    unwrapped,
)
from ..plots import LossPlot
from ..work import ChannelProgress, Failure
from .advanced_form import AdvancedForm
from .closing import ClosingRun
from .elsewhere import RunElsewhere
from .forecast import Forecast
from .habits import Habits, preferences, remember, start_with
from .live_button import LiveButton
from .model_panel import ModelPanel
from .noise_panel import NoisePanel
from .options import RunOptions
from .plans import RunPlans
from .progress_view import ProgressView
from .result_view import ResultView
from .trouble import RunTrouble

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Layer

__all__ = ["DenoiseDock"]

_TRAINING = "How well the network guesses hidden pixels, while it trains."

_NOISE = "Whether neighbouring pixels share noise, and which of them are hidden from the network because of it."

_RESULT = "Whether the result can be trusted, and ways to compare it with the original."

_MODELS = "What earlier runs have learned: apply it to other images, train on, save and load it."

_ADVANCED = "Device, seed, memory, kind of numbers, and how each stage trains."

_READY = "Denoise the chosen image with these settings (Ctrl+R while this dock has the keyboard)."

_CANCEL = "End the run now and keep what it has reached (Esc while this dock has the keyboard)."

_BATCH = "A batch of files is being denoised; the Batch dock shows how far it is."

_WIDTH = 340

#: Milliseconds after which a chosen image is measured if nothing else happens.
_SETTLED = 600


class DenoiseDock(QWidget):
    """Denoises image layers of a viewer.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = unwrapped(napari_viewer)
        self._state = viewer_state(self._viewer)
        self.control = self._state.control
        self.image = ImageChoice(self._state.chosen)
        self.axes = AxesChoice(self._state)
        self.options = RunOptions()
        self.buttons = RunButtons("Denoise", _READY, _CANCEL)
        self.run_button, self.cancel_button = self.buttons.run, self.buttons.cancel
        self.live = LiveButton(self._viewer, self._state)
        self.progress = ProgressView()
        self.message = MessageBar()
        self.loss_plot = LossPlot(_channel_of)
        self._plotted: tuple[object, int] = (None, 0)  # the losses on show, and how many of them
        self.noise_panel = NoisePanel(self._viewer, self._state)
        self.result_view = ResultView(self._viewer, self._state)
        self.model_panel = ModelPanel(self._state)
        self.advanced = AdvancedForm()
        self.forecast = Forecast(self._state)
        self.plans = RunPlans(self._state, self.forecast)
        self.trouble = RunTrouble(self.message, self._state)
        self.elsewhere = RunElsewhere(self._state)
        self.training_section = Section("Training", self.loss_plot, tooltip=_TRAINING)
        self.noise_section = Section("Noise", self.noise_panel, tooltip=_NOISE)
        self.result_section = Section("Result", self.result_view, tooltip=_RESULT)
        self.model_section = Section("Models", self.model_panel, expanded=False, tooltip=_MODELS)
        self.advanced_section = Section("Advanced", self.advanced, expanded=False, tooltip=_ADVANCED)
        self._lay_out()
        # Once for all that changes together.
        self._estimate_timer = QTimer(self, singleShot=True, interval=0)
        self._estimate_timer.timeout.connect(self._show_estimate)
        self._measure_timer = QTimer(self, singleShot=True, interval=_SETTLED)
        self._measure_timer.timeout.connect(self._measure_unasked)
        self._connect()
        DockTabs(self, self._viewer.window.remove_dock_widget)
        self.closing = ClosingRun(self, self.control)
        self._state.watch_runs(self)
        DockWatch(self, self.closing.may_close).closed.connect(self._on_dock_closed)
        self._show_habits()
        self._on_chosen()

    def _connect(self) -> None:
        self.run_button.clicked.connect(self.denoise)
        self.cancel_button.clicked.connect(self.cancel)
        self.options.changed.connect(self._on_option)
        self.advanced.changed.connect(self._on_advanced)
        self.advanced.reset_button.clicked.connect(self._reset)
        self._state.changed.connect(self._on_state)
        self._state.chosen_changed.connect(self._on_chosen)
        self._state.chosen.offered_changed.connect(self._show_titles)
        view = self.result_view
        for panel in (self.noise_panel, self.model_panel, view.error_button, view.strength):
            panel.failed.connect(self.trouble.say_of_panel)
        self.control.started.connect(self._on_started)
        self.control.progressed.connect(self._on_progress)
        self.control.finished.connect(self._on_finished)
        self.control.failed.connect(self._on_run_failed)
        self.control.batch_started.connect(self._show_run)
        self.control.batch_ended.connect(self._show_run)
        self.model_panel.apply_requested.connect(self.apply_model)
        self.model_panel.continue_requested.connect(self.continue_run)
        self.live.begun.connect(self.trouble.forget)
        self.live.failed.connect(self.trouble.say_of_live)
        self.live.model_wanted.connect(self.trouble.ask_for_model)
        self.elsewhere.said.connect(self.message.say)
        self.elsewhere.failed.connect(self.message.warn)
        self.trouble.measure_again.connect(self.noise_panel.measure)
        self.trouble.train_wanted.connect(self._train_on)
        # While the dock has the keyboard these go before the viewer's own keys (Ctrl+R resets the view there).
        for keys, slot in (("Ctrl+R", self.denoise), ("Esc", self.cancel)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    # ---- what a user does

    def settings(self) -> Settings:
        """Return the settings of the next run: what this dock says, and patches and mask of the chosen image."""
        return self._state.settings

    def denoise(self) -> None:
        """Start a run on the chosen image."""
        self.denoise_layers([self._state.image.layer])

    def denoise_layers(self, layers: Sequence[Layer | None]) -> None:
        """Denoise layers one after the other; without any, the chosen image."""
        remember(
            Habits(
                settings=self._state.common,
                keep_earlier=self.advanced.keep_earlier.isChecked(),
                result_type=self.advanced.result_type.currentData(),
            )
        )
        self._start(layers or [self._state.image.layer], self.plans.denoise)

    def apply_model(self) -> None:
        """Denoise the chosen image with the model at hand, without training."""
        self._start([self._state.image.layer], self.plans.apply)

    def continue_run(self) -> None:
        """Train the model at hand on, with the chosen image."""
        self._start([self._state.image.layer], self.plans.train_on)

    def cancel(self) -> None:
        """Ask the run to end with what there is."""
        self.control.stop()
        self._show_run()

    def _train_on(self, layer: Layer | None) -> None:
        self.denoise_layers([layer])

    def _start(self, layers: Sequence[Layer | None], plan: PlannedRun) -> None:
        if self.control.is_running:
            self.message.say(BUSY, "warning")
            return
        self.trouble.forget()
        self._state.result_dtype = self.advanced.result_dtype
        self.control.start(layers, plan, replace=not self.advanced.keep_earlier.isChecked())

    # ---- the settings, which are shared with the ROI tuning dock

    def _show_settings(self) -> None:
        settings = self.settings()
        self.options.preset, self.options.stages = settings.preset, settings.stages
        self.advanced.show_settings(settings)

    def _on_option(self) -> None:
        common = self._state.common
        if self.options.preset != common.preset:
            common = common.with_preset(self.options.preset)
        self._state.set_common(replace(common, stages=self.options.stages))

    def _on_advanced(self) -> None:
        self._state.set_common(self.advanced.settings)

    def _reset(self) -> None:
        """Take the defaults of the chosen quality; the mask and the patches are shown elsewhere and stay."""
        preferred = Habits.preferred(preferences())
        common = preferred.settings.with_preset(self.options.preset)
        self._state.set_common(replace(common, stages=self.options.stages))
        self.advanced.show_habits(preferred)

    def _show_habits(self) -> None:
        """Take up what the user prefers or did last, unless the viewer has settings of its own already."""
        habits = start_with()
        self.advanced.show_habits(habits)
        if self._state.common == Settings():
            self._state.set_common(habits.settings)

    # ---- what is known of the chosen image

    def _on_state(self, aspect: str) -> None:
        self._estimate_timer.start()
        if aspect == "settings":
            self._show_settings()
        elif aspect == "axes":
            self._show_titles()
        elif aspect == "run":
            self._show_run()
        elif aspect == "result":
            self.result_section.setVisible(self.result_view.has_result)

    def _on_chosen(self) -> None:
        """Show another image, or what there is to say where none is open."""
        self._estimate_timer.start()
        self._show_titles()
        self._show_settings()
        self.result_section.setVisible(self.result_view.has_result)
        self._show_run()
        image = self._state.image
        if image.failure is not None:
            self.trouble.say_of_run(image.layer, image.failure)
        else:
            self.trouble.forget()

    def _show_estimate(self) -> None:
        self.options.estimate.setText(self.forecast.in_words())
        self._measure_timer.start()

    def _measure_unasked(self) -> None:
        """Measure what takes a moment only, so that the estimate, the mask and the verdict are there to begin with."""
        if self.isVisible() and not self.control.is_running:
            self.noise_panel.measure_if_small()

    def _show_titles(self) -> None:
        name = shortened(self._state.image.name)
        for section, title in ((self.result_section, "Result"), (self.noise_section, "Noise")):
            section.set_title(f"{title} of “{name}”" if name else title)
        is_plain = self._state.image.pixels.reading.axes == "YX"
        self.options.form.setRowVisible(self.axes, not is_plain)

    def _show_run(self) -> None:
        """Show how far the run is, of whichever image, and the curves of the chosen one."""
        running, image = self.control.is_running, self._state.image
        self.buttons.show_running(running, self.control.is_stopping)
        if self.control.is_stopping:
            self.progress.show_words("Stopping; what was reached so far is kept…")
        elif self.control.is_batch:
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
        self.training_section.setVisible(not self.loss_plot.is_empty)

    def _on_started(self, layer: Layer) -> None:
        self.noise_panel.preview.close()  # the run shows its own
        self.progress.start(": ".join(filter(None, (self._about_run(), "Getting ready…"))), self.forecast.clock())
        self._show_run()

    def _about_run(self) -> str:
        """Name what is being run on, unless that is clear."""
        state, total = self.control.state, self.control.total
        which = f"{self.control.position} of {total}" if total > 1 else ""
        if state is self._state.image and not which:
            return ""
        return ", ".join(filter(None, (f"“{shortened(state.name)}”" if state is not None else "", which)))

    def _on_progress(self, events: list[Progress]) -> None:
        if not self.control.is_stopping:
            self.progress.update_progress(events[-1], self._about_run())

    def _on_finished(self, outcome: Outcome, layer: Image | None) -> None:
        self._show_run()
        self.forecast.learn(outcome)
        self._show_estimate()
        self.model_panel.show_kept()
        told = () if outcome.result is None else outcome.result.report.messages
        short = [message for message in told if tells_of_memory(message)]
        if short and layer is not None:  # stage 1 came through and stage 2 did not
            self.trouble.say_of_memory(self.control.layer, short[0])

    def _on_run_failed(self, layer: Layer | None, failure: Failure) -> None:
        self._show_run()
        self.trouble.say_of_run(layer, failure)

    # ---- how it looks

    def _lay_out(self) -> None:
        add_row(self.options.form, "Image", self.image, at=0)
        add_row(self.options.form, "Axes", self.axes, at=1)
        # Only the sections scroll, so that the button and the progress are always in view.
        sections = SectionColumn(
            self.training_section,
            self.result_section,
            self.noise_section,
            self.model_section,
            self.advanced_section,
        )
        self.advanced.layout().addWidget(self.elsewhere)
        layout = QVBoxLayout(self)
        layout.addWidget(self.options)
        layout.addWidget(self.buttons)
        layout.addWidget(self.live)
        layout.addWidget(self.progress)
        layout.addWidget(self.message)
        layout.addWidget(sections, stretch=1)
        order_tabs(self.options.form)
        WheelGuard(sections)

    def minimumSizeHint(self) -> QSize:
        """Return the width that a dock of this kind has unless its content needs more."""
        return super().minimumSizeHint().expandedTo(QSize(_WIDTH, 0))

    # ---- how it ends

    def _on_dock_closed(self) -> None:
        """Take away what only the dock can steer."""
        self.noise_panel.preview.close()
        self.result_view.stop_comparing()
        self.live.live.stop()
        self.closing.tell_if_unasked()


def _channel_of(event: Progress) -> str:
    return shortened(event.name) if isinstance(event, ChannelProgress) else ""
