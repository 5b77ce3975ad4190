"""What came of the last run: in words, and against the original."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from ..canvas import HELD_KEY, Comparison, Divider, HeldOriginal
from ..image import Outcome, ViewerState, judge, why
from ..parts import WrappedLabel, connect_while_alive, show_light
from .error_map_button import ErrorMapButton
from .progress_view import duration_in_words
from .strength_slider import StrengthSlider

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

__all__ = ["ResultView"]

_STEPS = 1000

_LIGHT = "Green: only noise was removed. Yellow: look at the difference. Red: do not rely on this result."

_COMPARE = "Show the original left and the result right of a line that is dragged over the image."

_HOW_TO_COMPARE = f"Drag the line in the image, or move the slider. Hold {HELD_KEY} to see the original alone."

_SIDE_BY_SIDE = "Show the original, stage 1 and the result beside each other (napari's grid)."

_DIFFERENCE = "Add what was removed as a layer: it should show noise and nothing of the sample."

_GONE = "The result has been removed from the viewer; run again to compare."


class ResultView(QWidget):
    """The verdict over the result, what to do about it, and ways to compare.

    Parameters
    ----------
    viewer : napari viewer
    state : ViewerState
        Of whose chosen image the last result is shown.
    """

    def __init__(self, viewer: Viewer, state: ViewerState) -> None:
        super().__init__()
        self._viewer, self._state = viewer, state
        self._outcome: Outcome | None = None
        self._comparison: Comparison | None = None
        self.divider = Divider(viewer, self)
        self.held_original = HeldOriginal(viewer, state, self)
        self.light = QLabel()
        self.light.setToolTip(_LIGHT)
        self.judgement = WrappedLabel()
        self.why_button = QPushButton("Why?")
        self.why_button.setCheckable(True)
        self.why_button.setToolTip("Show the figures that the light follows from, and their limits.")
        self.reasons = WrappedLabel()
        self.reasons.hide()
        self.label = WrappedLabel()
        self.compare_button = QPushButton("Compare")
        self.compare_button.setCheckable(True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Line between before and after")
        self.slider.setRange(0, _STEPS)
        self.slider.setValue(_STEPS // 2)
        self.slider.setToolTip("The position of the line between the original and the result.")
        self.slider.hide()
        self.hint = WrappedLabel()
        self.hint.hide()
        self.grid_button = QPushButton("Side by side")
        self.grid_button.setCheckable(True)
        self.difference_button = QPushButton("Difference")
        self.difference_button.setCheckable(True)
        self.error_button = ErrorMapButton(viewer, state)
        self.strength = StrengthSlider(state)
        self._lay_out()
        self.why_button.toggled.connect(self.reasons.setVisible)
        self.compare_button.toggled.connect(self._on_compare)
        self.slider.valueChanged.connect(self._on_slider)
        self.grid_button.toggled.connect(self._on_grid)
        self.difference_button.toggled.connect(self._on_difference)
        self.strength.changed.connect(self._on_strength)
        self.divider.moved.connect(self._on_divider)
        self.divider.changed.connect(self._show_hint)
        self.divider.removed.connect(partial(self.compare_button.setChecked, False))
        connect_while_alive(self, viewer.layers.events.removed, self._on_removed)
        state.changed.connect(self._on_state)
        self._show_result()

    @property
    def has_result(self) -> bool:
        """Whether there is a result of the chosen image to speak of."""
        return self._outcome is not None

    def _on_state(self, aspect: str) -> None:
        if aspect == "result":
            self._show_result()

    def _show_result(self) -> None:
        """Describe the last result of the chosen image and be ready to compare it."""
        image = self._state.image
        outcome, layer = image.outcome, image.result
        if outcome is self._outcome:
            return
        self.stop_comparing()
        self._outcome = outcome
        self._comparison = None
        if outcome is not None and layer is not None:
            self._comparison = Comparison(self._viewer, outcome.source, layer)
            self._describe(outcome, layer)
        self._show_whether_comparable()

    def _describe(self, outcome: Outcome, layer: Image) -> None:
        lines = list(outcome.notes)
        if outcome.result is not None:
            report = outcome.result.report
            if report.stopped:
                lines.append("The run was cancelled; this is what it had reached.")
            lines += [report.verdict, *report.messages]
            lines.append(f"“{layer.name}” took {duration_in_words(sum(report.seconds.values()))}.")
        else:
            lines.append(f"“{layer.name}” was made by the model {outcome.origin['model']}, without training.")
        quality = outcome.quality
        if quality is not None:
            judgement = judge(quality)
            show_light(self.light, judgement.light)
            # Not the name alone: "Red" would pass for the light.
            about = f"The light is that of “{outcome.judged}”. " if outcome.judged else ""
            self.judgement.setText(f"{about}{judgement.verdict} {judgement.advice}".strip())
            self.reasons.setText(why(quality))
        for widget in (self.light, self.judgement, self.why_button):
            widget.setVisible(quality is not None)
        self.reasons.setVisible(quality is not None and self.why_button.isChecked())
        self.label.setText("\n".join(line for line in lines if line))

    def stop_comparing(self) -> None:
        """Take the divider, the difference and the grid away."""
        self.compare_button.setChecked(False)
        self.difference_button.setChecked(False)
        self.grid_button.setChecked(False)

    def _show_whether_comparable(self) -> None:
        there = self._comparison is not None and self._comparison.result is not None
        for button, tooltip in (
            (self.compare_button, _COMPARE),
            (self.grid_button, _SIDE_BY_SIDE),
            (self.difference_button, _DIFFERENCE),
        ):
            button.setEnabled(there)
            button.setToolTip(tooltip if there else _GONE)
        self.strength.refresh(there)

    def _on_removed(self, event: Any = None) -> None:
        if self._comparison is not None and self._comparison.result is None:
            self.stop_comparing()
            self._show_whether_comparable()
        if self._comparison is not None and getattr(event, "value", None) is self._comparison.difference:
            self.difference_button.setChecked(False)

    def _on_compare(self, shown: bool) -> None:
        self.slider.setVisible(shown)
        self.hint.setVisible(shown)
        if shown and self._comparison is not None:
            self.grid_button.setChecked(False)
            self.divider.show(self._comparison.source, partial(getattr, self._comparison, "result"))
        else:
            self.divider.hide()
        self._show_hint()

    def _show_hint(self) -> None:
        self.hint.setText(self.divider.hindrance or _HOW_TO_COMPARE)

    def _on_slider(self, value: int) -> None:
        self.divider.move_to(value / _STEPS)

    def _on_divider(self, position: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(position * _STEPS))

    def _on_grid(self, shown: bool) -> None:
        if shown:
            self.compare_button.setChecked(False)
        if self._comparison is not None:
            self._comparison.show_grid(shown)

    def _on_difference(self, shown: bool) -> None:
        if self._comparison is None:
            return
        if shown:
            self._comparison.show_difference()
        else:
            self._comparison.hide_difference()

    def _on_strength(self) -> None:
        """Compare with what the layer holds now."""
        self.divider.follow()
        self._on_difference(self.difference_button.isChecked())

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.light, alignment=Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.judgement, stretch=1)
        head.addWidget(self.why_button, alignment=Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        for button in (self.compare_button, self.grid_button, self.difference_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.reasons)
        layout.addWidget(self.strength)
        layout.addLayout(buttons)
        layout.addWidget(self.slider)
        layout.addWidget(self.hint)
        layout.addWidget(self.error_button)
        # Last, since several channels have much to tell, which would push the buttons out of view.
        layout.addWidget(self.label)
