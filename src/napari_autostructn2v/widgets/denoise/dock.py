"""The Denoise dock: choose an image, press one button, see the result appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QVBoxLayout, QWidget

from ...errors import tells_of_memory
from ...progress import Progress
from ...settings import Settings
from ..image import Outcome, PlannedRun, RunControl, roi_state, with_pair
from ..parts import (
    ClosingWatch,
    DockTabs,
    LayerChoice,
    MessageBar,
    Section,
    SectionColumn,
    WheelGuard,
    add_row,
    unwrapped,
)
from ..plots import LossPlot
from ..work import Activity, Failure
from .advanced_form import AdvancedForm
from .buttons import BUSY, RunButtons
from .elsewhere import RunElsewhere
from .habits import Habits, preferences, remember, start_with
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

_STOPPED_WITH_NOTHING = "Cancelled before there was a result."

_STOPPED_WITH_MODEL = (
    "Cancelled before the whole image was denoised. Apply, under Models, does that with what was trained; Continue "
    "trains on."
)

_WIDTH = 340


class DenoiseDock(QWidget):
    """Denoises image layers of a viewer.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = unwrapped(napari_viewer)
        self._tuning = roi_state(self._viewer)
        self.control = RunControl(self._viewer, self)
        self.image = LayerChoice(self._viewer)
        self.options = RunOptions()
        self.buttons = RunButtons()
        self.run_button, self.cancel_button = self.buttons.run, self.buttons.cancel
        self.progress = ProgressView()
        self.message = MessageBar()
        self.loss_plot = LossPlot()
        self.noise_panel = NoisePanel(self._viewer, self.image, self._tuning)
        self.result_view = ResultView(self._viewer)
        self.model_panel = ModelPanel()
        self.advanced = AdvancedForm()
        self.plans = RunPlans(self._tuning, self.advanced, self.model_panel)
        self.trouble = RunTrouble(self.message, self._tuning, self.control, self.image)
        self.elsewhere = RunElsewhere(self.image, self._tuning)
        self.activity = Activity(self)
        self.training_section = Section("Training", self.loss_plot, tooltip=_TRAINING)
        self.noise_section = Section("Noise", self.noise_panel, tooltip=_NOISE)
        self.result_section = Section("Result", self.result_view, tooltip=_RESULT)
        self.model_section = Section("Models", self.model_panel, expanded=False, tooltip=_MODELS)
        self.advanced_section = Section("Advanced", self.advanced, expanded=False, tooltip=_ADVANCED)
        self._lay_out()

        self.run_button.clicked.connect(self.denoise)
        self.cancel_button.clicked.connect(self.cancel)
        self.options.changed.connect(self._on_option)
        self.advanced.changed.connect(self._on_advanced)
        self.advanced.reset_button.clicked.connect(self._reset)
        self._tuning.changed.connect(self._show_settings)
        self.control.failed.connect(self._on_run_failed)
        for panel in (self.noise_panel, self.model_panel):
            panel.failed.connect(self.trouble.say_of_panel)
        self.control.started.connect(self._on_started)
        self.control.progressed.connect(self._on_progress)
        self.control.finished.connect(self._on_finished)
        self.model_panel.apply_requested.connect(self.apply_model)
        self.model_panel.continue_requested.connect(self.continue_run)
        self.elsewhere.said.connect(self.message.say)
        self.elsewhere.failed.connect(self.message.warn)
        self.trouble.measure_again.connect(self.noise_panel.measure)
        # While the dock has the keyboard these go before the viewer's own keys (Ctrl+R resets the view there).
        for keys, slot in (("Ctrl+R", self.denoise), ("Esc", self.cancel)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        if self._tuning.layer is not None:
            self.image.layer = self._tuning.layer
        DockTabs(self)
        watch = ClosingWatch(self)
        watch.dock_closed.connect(self._on_dock_closed)
        watch.viewer_closed.connect(self._on_viewer_closed)
        self._show_habits()
        self._show_settings()

    # ---- what a user does

    def settings(self) -> Settings:
        """Return the settings of the next run: what this dock says, and the tuning of the chosen image."""
        return self._tuning.settings_for(self.image.layer)

    def denoise(self) -> None:
        """Start a run on the chosen image."""
        self.denoise_layers([self.image.layer])

    def denoise_layers(self, layers: Sequence[Layer | None]) -> None:
        """Denoise layers one after the other; without any, the chosen image."""
        remember(
            Habits(
                settings=self._tuning.settings,
                keep_earlier=self.advanced.keep_earlier.isChecked(),
                result_type=self.advanced.result_type.currentData(),
            )
        )
        self._start(layers or [self.image.layer], self.plans.denoise)

    def apply_model(self) -> None:
        """Denoise the chosen image with the model at hand, without training."""
        self._start([self.image.layer], self.plans.apply)

    def continue_run(self) -> None:
        """Train the model at hand on, with the chosen image."""
        self._start([self.image.layer], self.plans.train_on)

    def cancel(self) -> None:
        """Ask the run to end with what there is."""
        if self.control.is_running:
            self.control.stop()
            self.cancel_button.setEnabled(False)
            self.progress.start("Stopping; what was reached so far is kept…")

    # ---- the settings, which are shared with the ROI tuning dock

    def _show_settings(self) -> None:
        settings = self.settings()
        self.options.preset, self.options.stages = settings.preset, settings.stages
        self.advanced.show_settings(settings)

    def _on_option(self) -> None:
        settings = self._tuning.settings
        if self.options.preset != settings.preset:
            settings = settings.with_preset(self.options.preset)
        self._tuning.set_settings(replace(settings, stages=self.options.stages))

    def _on_advanced(self) -> None:
        self._tuning.set_settings(self.advanced.settings)

    def _reset(self) -> None:
        """Take the defaults of the chosen quality; the mask and the patches are shown elsewhere and stay."""
        preferred = Habits.preferred(preferences())
        settings = preferred.settings.with_preset(self.options.preset)
        settings = replace(settings, stages=self.options.stages, mask=self._tuning.settings.mask)
        self._tuning.set_settings(with_pair(settings, self._tuning.pair))
        self.advanced.show_habits(preferred)

    def _show_habits(self) -> None:
        """Take up what the user prefers or did last, unless the viewer has settings of its own already."""
        habits, default = start_with(), Settings()
        self.advanced.show_habits(habits)
        if with_pair(self._tuning.settings, (default.stage1.roi, default.stage2.roi)) == default:
            self._tuning.set_settings(with_pair(habits.settings, self._tuning.pair))

    # ---- the run

    def _start(self, layers: Sequence[Layer | None], plan: PlannedRun) -> None:
        if self.control.is_running:
            self.message.say(BUSY, "warning")
            return
        self.trouble.forget()
        self.control.start(layers, plan, replace=not self.advanced.keep_earlier.isChecked())

    def _on_started(self, layer: Layer) -> None:
        self.image.layer = layer
        self.noise_panel.preview.close()  # the run shows its own
        self.loss_plot.reset()
        self.training_section.hide()
        self.progress.start("Getting ready…")
        self.activity.start(f"Denoise {layer.name}")
        self.buttons.show_running(True)

    def _on_progress(self, events: list[Progress]) -> None:
        if not self.control.runner.is_stopping:
            self.progress.update_progress(events[-1])
            self.activity.update(events[-1])
        self.loss_plot.add(events)
        self.training_section.setVisible(not self.loss_plot.is_empty)

    def _on_finished(self, outcome: Outcome, layer: Image | None) -> None:
        self._show_idle()
        result = outcome.result
        if result is not None:
            self.noise_panel.show_result(outcome.source.layer, result)
            if result.denoiser is not None:
                self.model_panel.take_trained(result.denoiser, f"trained on “{outcome.source.name}”")
        if layer is None:
            there = result is not None and result.denoiser is not None
            self.progress.finish(_STOPPED_WITH_MODEL if there else _STOPPED_WITH_NOTHING)
            return
        self.progress.finish("")
        self.result_section.show()
        self.result_view.show_outcome(outcome, layer)
        told = [] if result is None else [message for message in result.report.messages if tells_of_memory(message)]
        if told:  # stage 1 came through and stage 2 did not
            self.trouble.say_of_memory(told[0])

    def _on_run_failed(self, failure: Failure) -> None:
        if not self.control.is_running:
            self._show_idle()
            self.progress.finish("")
        self.trouble.say_of_run(failure)

    # ---- how it looks

    def _lay_out(self) -> None:
        add_row(self.options.form, "Image", self.image, at=0)
        self.training_section.hide()
        self.result_section.hide()
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
        layout.addWidget(self.progress)
        layout.addWidget(self.message)
        layout.addWidget(sections, stretch=1)
        WheelGuard(sections)

    def _show_idle(self) -> None:
        self.activity.finish()
        self.buttons.show_running(False)

    def minimumSizeHint(self) -> QSize:
        """Return the width that a dock of this kind has unless its content needs more."""
        return super().minimumSizeHint().expandedTo(QSize(_WIDTH, 0))

    # ---- how it ends

    def _on_dock_closed(self) -> None:
        self._leave(viewer_stays=True)

    def _on_viewer_closed(self) -> None:
        self._leave(viewer_stays=False)

    def _leave(self, *, viewer_stays: bool) -> None:
        self.activity.finish()
        if viewer_stays:
            self.noise_panel.preview.close()
            self.result_view.stop_comparing()
        self.control.leave(viewer_stays=viewer_stays)
