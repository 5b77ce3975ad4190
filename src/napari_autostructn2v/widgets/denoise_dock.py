"""The Denoise dock: choose an image, press one button, see the result appear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..progress import Progress
from ..settings import Settings
from .activity import Activity
from .advanced_form import AdvancedForm
from .closing_watch import ClosingWatch
from .dock_tabs import DockTabs
from .elsewhere import RunElsewhere
from .habits import Habits, preferences, remember, start_with, with_smaller_tiles
from .layer_choice import LayerChoice, unwrapped
from .loss_plot import LossPlot
from .message_bar import MessageBar
from .model_panel import ModelPanel
from .noise_panel import NoisePanel
from .progress_view import ProgressView
from .result_view import ResultView
from .results import Outcome, model_provenance
from .roi_state import roi_state, with_pair
from .run_control import Plan, RunControl
from .run_options import RunOptions
from .runs import keeping
from .section import Section, SectionColumn
from .source import Source
from .tasks import denoise_task, predict_task
from .wheel_guard import WheelGuard
from .worker import Failure, Task, tells_of_memory

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Layer

__all__ = ["DenoiseDock"]

_READY = "Denoise the chosen image with these settings (Ctrl+R while this dock has the keyboard)."
_BUSY = "A run is in progress; cancel it to start another."
_CANCEL = "End the run now and keep what it has reached (Esc while this dock has the keyboard)."
_NOTHING_TO_CANCEL = "Nothing is running."

_STOPPED_WITH_NOTHING = "Cancelled before there was a result."
_STOPPED_WITH_MODEL = (
    "Cancelled before the whole image was denoised. Apply, under Models, does that with what was trained; Continue "
    "trains on."
)
_WIDTH = 340

#: The one button that stands out; white on blue is readable on dark and light themes.
_PRIMARY = """
QPushButton:enabled { background-color: #0072b2; color: white; font-weight: bold; }
QPushButton:enabled:hover { background-color: #2a8fca; }
QPushButton:enabled:pressed { background-color: #005a8e; }
"""


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
        self._failed: Layer | None = None  # what a button of the message runs on again
        self.control = RunControl(self._viewer, self)
        self.image = LayerChoice(self._viewer)
        self.options = RunOptions()
        self.run_button = QPushButton("Denoise")
        self.cancel_button = QPushButton("Cancel")
        self.progress = ProgressView()
        self.message = MessageBar()
        self.loss_plot = LossPlot()
        self.noise_panel = NoisePanel(self._viewer, self.image, self._tuning)
        self.result_view = ResultView(self._viewer)
        self.model_panel = ModelPanel()
        self.advanced = AdvancedForm()
        self.elsewhere = RunElsewhere(self.image, self._tuning)
        self.activity = Activity()
        self.training_section = Section("Training", self.loss_plot)
        self.noise_section = Section("Noise", self.noise_panel)
        self.result_section = Section("Result", self.result_view)
        self.model_section = Section("Models", self.model_panel, expanded=False)
        self.advanced_section = Section("Advanced", self.advanced, expanded=False)
        self._lay_out()

        self.run_button.clicked.connect(self.denoise)
        self.cancel_button.clicked.connect(self.cancel)
        self.options.changed.connect(self._on_option)
        self.advanced.changed.connect(self._on_advanced)
        self.advanced.reset_button.clicked.connect(self._reset)
        self._tuning.changed.connect(self._show_settings)
        self.control.failed.connect(self._on_run_failed)
        for panel in (self.noise_panel, self.model_panel):
            panel.failed.connect(self._on_panel_failed)
        self.control.started.connect(self._on_started)
        self.control.progressed.connect(self._on_progress)
        self.control.finished.connect(self._on_finished)
        self.model_panel.apply_requested.connect(self.apply_model)
        self.model_panel.continue_requested.connect(self.continue_run)
        self.elsewhere.said.connect(self.message.say)
        self.elsewhere.failed.connect(self.message.warn)
        self.message.action_triggered.connect(self._on_action)
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
        self._show_idle()

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
        self._start(layers or [self.image.layer], self._plan_denoising)

    def apply_model(self) -> None:
        """Denoise the chosen image with the model at hand, without training."""
        self._start([self.image.layer], self._plan_prediction)

    def continue_run(self) -> None:
        """Train the model at hand on, with the chosen image."""
        self._start([self.image.layer], self._plan_continuing)

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
        self._tuning.set_settings(self.advanced.apply_to(self._tuning.settings))

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

    def _start(self, layers: Sequence[Layer | None], plan: Plan) -> None:
        if self.control.is_running:
            self.message.say(_BUSY, "warning")
            return
        self.message.clear()
        self._failed = None
        self.control.start(layers, plan, replace=not self.advanced.keep_earlier.isChecked())

    def _plan_denoising(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        settings = self._tuning.settings_for(source.layer)
        task = denoise_task(source.data, settings, preview_plane=source.plane_number, dtype=self.advanced.result_dtype)
        return keeping(task, source.name), partial(Outcome.of_result, source, settings)

    def _plan_continuing(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        denoiser = self.model_panel.denoiser
        assert denoiser is not None, "the button is disabled without a model"
        # Where and in which pieces the work is done is a matter of this computer and not of the run.
        here = self._tuning.settings
        settings = replace(denoiser.settings, device=here.device, tile=here.tile)
        task = denoise_task(
            source.data,
            settings,
            preview_plane=source.plane_number,
            dtype=self.advanced.result_dtype,
            start=denoiser,
        )
        return keeping(task, source.name), partial(Outcome.of_result, source, settings)

    def _plan_prediction(self, source: Source) -> tuple[Task, Callable[[Any], Outcome]]:
        denoiser = self.model_panel.denoiser
        assert denoiser is not None, "the button is disabled without a model"
        origin = model_provenance(source.name, self.model_panel.name, denoiser)
        task = predict_task(source.data, denoiser, self._tuning.settings, dtype=self.advanced.result_dtype)
        return task, partial(Outcome.of_prediction, source, origin)

    def _on_started(self, layer: Layer) -> None:
        self.image.layer = layer
        self.noise_panel.preview.close()  # the run shows its own
        self.loss_plot.reset()
        self.training_section.hide()
        self.progress.start("Getting ready…")
        self.activity.start(f"Denoise {layer.name}")
        self._show_busy()

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
            self._failed = self.control.layer
            self._offer_smaller_tiles(told[0])

    def _on_run_failed(self, failure: Failure) -> None:
        self._failed = self.control.layer
        if not self.control.is_running:
            self._show_idle()
            self.progress.finish("")
        self._say(failure)

    def _on_panel_failed(self, failure: Failure) -> None:
        self._failed = None
        self._say(failure)

    def _say(self, failure: Failure) -> None:
        if failure.kind == "patches":
            self.message.say(
                failure.sentence,
                "warning",
                action="random",
                action_label="Use random patches",
                action_tooltip="Run with patches from anywhere in the image (use_roi off).",
            )
        elif failure.kind == "memory":
            self._offer_smaller_tiles(failure.sentence)
        else:
            self.message.say(
                failure.sentence, "warning" if failure.kind == "input" else "error", details=failure.details
            )

    def _offer_smaller_tiles(self, sentence: str) -> None:
        """Say that there was too little memory, with a way out unless that was taken already."""
        smaller = None if self._failed is None else with_smaller_tiles(self._tuning.settings)
        self.message.say(
            sentence,
            "error",
            action="" if smaller is None else "smaller",
            action_label="Try smaller tiles",
            action_tooltip="Run again with half the Tile size and half the Batch size, which need less memory.",
        )

    def _on_action(self, action: str) -> None:
        if action == "random":
            self._tuning.choose(self._failed or self.image.layer)
            first, second = self._tuning.pair
            self._tuning.set_pair((replace(first, use_roi=False), replace(second, use_roi=False)))
        elif action == "smaller":
            self._tuning.set_settings(with_smaller_tiles(self._tuning.settings) or self._tuning.settings)
        self.message.clear()
        if self._failed is not None:
            self.control.again(self._failed)
        elif action == "random":
            self.noise_panel.measure()

    # ---- how it looks

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Image", self.image)
        self.run_button.setMinimumHeight(32)
        self.run_button.setStyleSheet(_PRIMARY)
        self.run_button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run_button)
        buttons.addWidget(self.cancel_button)
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
        layout.addLayout(form)
        layout.addWidget(self.options)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
        layout.addWidget(self.message)
        layout.addWidget(sections, stretch=1)
        WheelGuard(sections)

    def _show_idle(self) -> None:
        self.activity.finish()
        self.run_button.setEnabled(True)
        self.run_button.setToolTip(_READY)
        self.cancel_button.setEnabled(False)
        self.cancel_button.setToolTip(_NOTHING_TO_CANCEL)

    def _show_busy(self) -> None:
        self.run_button.setEnabled(False)
        self.run_button.setToolTip(_BUSY)
        self.cancel_button.setEnabled(True)
        self.cancel_button.setToolTip(_CANCEL)

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
        self.control.leave(viewer_stays=viewer_stays)
