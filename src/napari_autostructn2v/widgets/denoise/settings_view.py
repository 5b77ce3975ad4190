"""Quality, stages and everything under Advanced: shown as the settings of the viewer say, and written back there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QWidget

from ...settings import Settings
from .advanced_form import AdvancedForm
from .habits import Habits, preferences, remember, start_with
from .options import RunOptions

if TYPE_CHECKING:
    from ..image import ViewerState

__all__ = ["SettingsView"]


class SettingsView(QObject):
    """The rows and the form of a dock that show the settings, which it shares with the ROI tuning dock.

    Parameters
    ----------
    state : ViewerState
    dock : QWidget
    """

    def __init__(self, state: ViewerState, dock: QWidget) -> None:
        super().__init__(dock)
        self._state = state
        self.options = RunOptions()
        self.advanced = AdvancedForm()
        self.options.changed.connect(self._on_option)
        self.advanced.changed.connect(self._on_advanced)
        self.advanced.reset_button.clicked.connect(self._reset)

    def show(self) -> None:
        """Show the settings of the next run on the chosen image."""
        settings = self._state.settings
        self.options.preset, self.options.stages = settings.preset, settings.stages
        self.advanced.show_settings(settings)

    def show_habits(self) -> None:
        """Take up what the user prefers or did last, unless the viewer has settings of its own already."""
        habits = start_with()
        self.advanced.show_habits(habits)
        if self._state.common == Settings():
            self._state.set_common(habits.settings)

    def remember(self) -> None:
        """Keep for the next session what a run is made with."""
        remember(
            Habits(
                settings=self._state.common,
                keep_earlier=self.advanced.keep_earlier.isChecked(),
                result_type=self.advanced.result_type.currentData(),
            )
        )

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
