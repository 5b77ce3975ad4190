"""The Denoise dock: choose an image, press one button, see the result appear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, QTimer
from qtpy.QtWidgets import QVBoxLayout

from ...errors import tells_of_memory
from ...settings import Settings
from ..image import AxesChoice, ImageDock, Outcome, PlannedRun
from ..parts import (
    BUSY,
    DockWatch,
    Section,
    SectionColumn,
    WheelGuard,
    add_row,
    order_tabs,
    shortened,
)
from ..work import Failure
from .closing import ClosingRun
from .elsewhere import RunElsewhere
from .forecast import Forecast
from .live_button import LiveButton
from .model_panel import ModelPanel
from .noise_panel import NoisePanel
from .plans import RunPlans
from .result_view import ResultView
from .run_view import RunView
from .settings_view import SettingsView
from .speed_trial import SpeedTrial
from .trouble import RunTrouble

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Layer

__all__ = ["DenoiseDock"]

_NOISE = "Whether neighbouring pixels share noise, and which of them are hidden from the network because of it."

_RESULT = "Whether the result can be trusted, and ways to compare it with the original."

_MODELS = "What earlier runs have learned: apply it to other images, train on, save and load it."

_ADVANCED = "Device, seed, memory, kind of numbers, and how each stage trains."

_WIDTH = 340

#: Milliseconds after which a chosen image is measured if nothing else happens.
_SETTLED = 600


class DenoiseDock(ImageDock):
    """Denoises image layers of a viewer.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__(napari_viewer)
        self.control = self._state.control
        self.axes = AxesChoice(self._state)
        self._settings_view = SettingsView(self._state, self)
        self.options, self.advanced = self._settings_view.options, self._settings_view.advanced
        self.forecast = Forecast(self._state)
        self._trial = SpeedTrial(self.forecast.speed, self)
        self._trial.ended.connect(self._show_estimate)
        self._run_view = RunView(self._state, self.forecast, self)
        self.buttons, self.progress = self._run_view.buttons, self._run_view.progress
        self.run_button, self.cancel_button = self.buttons.run, self.buttons.cancel
        self.loss_plot, self.training_section = self._run_view.loss_plot, self._run_view.section
        self.live = LiveButton(self._viewer, self._state)
        self.noise_panel = NoisePanel(self._viewer, self._state)
        self.result_view = ResultView(self._viewer, self._state)
        self.model_panel = ModelPanel(self._state)
        self.plans = RunPlans(self._state, self.forecast)
        self.trouble = RunTrouble(self.message, self._state)
        self.elsewhere = RunElsewhere(self._state)
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
        self._follow({"Ctrl+R": self.denoise, "Esc": self.cancel})
        self.closing = ClosingRun(self, self.control)
        self._state.watch_runs(self)
        DockWatch(self, self.closing.may_close).closed.connect(self._on_dock_closed)
        self._settings_view.show_habits()
        self._on_chosen()

    def _connect(self) -> None:
        self.run_button.clicked.connect(self.denoise)
        self.cancel_button.clicked.connect(self.cancel)
        self._state.chosen.offered_changed.connect(self._show_titles)
        view = self.result_view
        for panel in (self.noise_panel, self.model_panel, view.error_button, view.strength):
            panel.failed.connect(self.trouble.say_of_panel)
        self.control.started.connect(self._on_started)
        self.control.progressed.connect(self._run_view.take)
        self.control.finished.connect(self._on_finished)
        self.control.failed.connect(self._on_run_failed)
        self._run_view.needs_room.connect(self._on_room_needed)
        self.control.batch_started.connect(self._run_view.update)
        self.control.batch_ended.connect(self._run_view.update)
        self.model_panel.apply_requested.connect(self.apply_model)
        self.model_panel.continue_requested.connect(self.continue_run)
        self.live.begun.connect(self.trouble.forget)
        self.live.failed.connect(self.trouble.say_of_live)
        self.live.model_wanted.connect(self.trouble.ask_for_model)
        self.elsewhere.said.connect(self.message.say)
        self.elsewhere.failed.connect(self.message.warn)
        self.trouble.measure_again.connect(self.noise_panel.measure)
        self.trouble.train_wanted.connect(self._train_on)

    # ---- what a user does

    def settings(self) -> Settings:
        """Return the settings of the next run: what this dock says, and patches and mask of the chosen image."""
        return self._state.settings

    def denoise(self) -> None:
        """Start a run on the chosen image."""
        self.denoise_layers([self._state.image.layer])

    def denoise_layers(self, layers: Sequence[Layer | None]) -> None:
        """Denoise layers one after the other; without any, the chosen image."""
        self._settings_view.remember()
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
        self._run_view.update()

    def _train_on(self, layer: Layer | None) -> None:
        self.denoise_layers([layer])

    def _start(self, layers: Sequence[Layer | None], plan: PlannedRun) -> None:
        if self.control.is_running:
            self.message.say(BUSY, "warning")
            return
        self.trouble.forget()
        self._state.result_dtype = self.advanced.result_dtype
        self.control.start(layers, plan, replace=not self.advanced.keep_earlier.isChecked())

    # ---- what is known of the chosen image

    def _on_state(self, aspect: str) -> None:
        self._estimate_timer.start()
        if aspect == "settings":
            self._settings_view.show()
        elif aspect == "axes":
            self._show_titles()
        elif aspect == "run":
            self._run_view.update()
        elif aspect == "result":
            self.result_section.setVisible(self.result_view.has_result)

    def _on_chosen(self) -> None:
        """Show another image, or what there is to say where none is open."""
        self._estimate_timer.start()
        self._show_titles()
        self._settings_view.show()
        self.result_section.setVisible(self.result_view.has_result)
        self._run_view.update()
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
            if self._state.image.layer is not None and not self._state.image.is_measuring:
                self._trial.begin(self._state.settings.device)

    def _show_titles(self) -> None:
        name = shortened(self._state.image.name)
        for section, title in ((self.result_section, "Result"), (self.noise_section, "Noise")):
            section.set_title(f"{title} of “{name}”" if name else title)
        is_plain = self._state.image.pixels.reading.axes == "YX"
        self.options.form.setRowVisible(self.axes, not is_plain)

    def _on_started(self, layer: Layer) -> None:
        self._trial.stop()
        self.noise_panel.preview.close()  # the run shows its own
        self._run_view.begin()

    def _on_room_needed(self, needed: bool) -> None:
        """Keep the curves in view without scrolling while they grow."""
        if needed:
            self.sections.make_room(self.training_section)
        else:
            self.sections.give_room_back()

    def _on_finished(self, outcome: Outcome, layer: Image | None) -> None:
        self._run_view.update()
        self.forecast.learn(outcome)
        self._show_estimate()
        self.model_panel.show_kept()
        told = () if outcome.result is None else outcome.result.report.messages
        short = [message for message in told if tells_of_memory(message)]
        if short and layer is not None:  # stage 1 came through and stage 2 did not
            self.trouble.say_of_memory(self.control.layer, short[0])

    def _on_run_failed(self, layer: Layer | None, failure: Failure) -> None:
        self._run_view.update()
        self.trouble.say_of_run(layer, failure)

    # ---- how it looks

    def _lay_out(self) -> None:
        add_row(self.options.form, "Image", self.image, at=0)
        add_row(self.options.form, "Axes", self.axes, at=1)
        # Only the sections scroll, so that the button and the progress are always in view.
        self.sections = SectionColumn(
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
        layout.addWidget(self.sections, stretch=1)
        order_tabs(self.options.form)
        WheelGuard(self.sections)

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
