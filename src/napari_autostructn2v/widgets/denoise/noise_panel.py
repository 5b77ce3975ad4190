"""The part of the Denoise dock about the noise: what was measured, and which pixels are hidden because of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...errors import InputError
from ...noise import BlindMask
from ..canvas import MaskPreview
from ..image import Source, ViewerState
from ..parts import WrappedLabel
from ..plots import MaskEditor
from ..work import Failure
from .mask_gains import MaskGains, gain_in_words
from .mask_menu import MaskMenu
from .noise_measuring import NoiseMeasuring

if TYPE_CHECKING:
    from napari.viewer import Viewer

__all__ = ["NoisePanel"]

_UNMEASURED = "Not measured yet. Press Measure, or just Denoise: the noise is measured first."

_MEASURING = "Measuring the noise…"


class NoisePanel(QWidget):
    """Shows the noise of the chosen image, and lets the user draw the blind mask of stage 2.

    `failed` is emitted with a `Failure` if the noise could not be measured.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    state : ViewerState
    """

    failed = Signal(object)

    def __init__(self, viewer: Viewer, state: ViewerState) -> None:
        super().__init__()
        self._viewer, self._state = viewer, state
        self.measuring = NoiseMeasuring(viewer, state, self)
        self.measuring.failed.connect(self.failed)
        self.measure, self.measure_if_small = self.measuring.measure, self.measuring.measure_if_small
        self.runner = self.measuring.runner
        self.gains = MaskGains(self)
        self.gains.failed.connect(self.failed)
        self.preview = MaskPreview(viewer, self)
        self.preview.failed.connect(self.failed)
        self.preview_box = QCheckBox("Preview the mask in the image")
        self.preview_box.setChecked(True)
        self.preview_box.setToolTip(
            "When the mask is edited, show its effect in a layer: each pixel is predicted from the neighbours "
            "that it leaves visible. Training does better, but this shows at once whether lines go and detail stays."
        )
        self.editor = MaskEditor()
        self.channels = QComboBox()
        self.channels.setToolTip("The channel whose noise is shown, and whose patches the ROI tuning dock shows.")
        self.channels.setAccessibleName("Channel")
        self.verdict = WrappedLabel(_UNMEASURED)
        self._correlation_shown: np.ndarray | None = None
        self.measure_button = QPushButton("Measure")
        self.measure_button.setToolTip("Measure the noise in the background of the chosen image; nothing is trained.")
        self.automatic_button = QPushButton("Automatic")
        self.shape_button = MaskMenu()
        self._lay_out()
        self.measure_button.clicked.connect(self.measure)
        self.automatic_button.clicked.connect(self.use_automatic)
        self.shape_button.shape_chosen.connect(self._on_shape)
        self.shape_button.load_wanted.connect(self.load_mask)
        self.shape_button.save_wanted.connect(self.save_mask)
        self.editor.edited.connect(self._on_edited)
        self.channels.activated.connect(self._on_channel)
        self.preview_box.toggled.connect(self._on_preview_wanted)
        self.preview.removed.connect(self._on_preview_removed)
        state.changed.connect(self._on_state)
        state.chosen_changed.connect(self.preview.close)
        self._refresh()

    # ---- what a user does

    def use_automatic(self) -> None:
        """Go back to the mask that follows from the measurement."""
        self._set_mask(source="raw", pattern=())
        self.preview.close()

    def use_pattern(self, pattern: np.ndarray) -> None:
        """Take a mask as drawn by hand, and show what it does."""
        self._set_mask(source="editor", pattern=BlindMask(pattern).to_rows())
        self._show_preview()

    def save_mask(self, path: str) -> None:
        """Write the mask shown to a ``.npy`` file."""
        try:
            BlindMask(self.editor.pattern).save(path)
        except InputError as error:
            self.failed.emit(Failure(str(error), "input"))

    def load_mask(self, path: str) -> None:
        """Take the mask of a ``.npy`` file."""
        try:
            mask = BlindMask.load(path)
        except InputError as error:
            self.failed.emit(Failure(str(error), "input"))
            return
        self.use_pattern(mask.pattern)

    # ---- how it works

    def _set_mask(self, **changes: Any) -> None:
        image = self._state.image
        image.set_mask(replace(image.mask, **changes))

    def _show_preview(self) -> None:
        layer = self._state.image.layer
        if layer is None or not self.preview_box.isChecked():
            return
        # An image that cannot be used is complained about when it is measured or denoised.
        with suppress(InputError):
            self.preview.show(
                Source.of(self._state.image.pixels, self._viewer),
                self.editor.pattern,
                remove_line_offsets=self._state.common.remove_line_offsets,
            )

    def _on_preview_wanted(self, wanted: bool) -> None:
        if not wanted:
            self.preview.close()
        elif self._state.image.mask.source == "editor":
            self._show_preview()

    def _on_preview_removed(self) -> None:
        self.preview_box.setChecked(False)

    def _on_edited(self) -> None:
        self.use_pattern(self.editor.pattern)

    def _on_shape(self, shape: Callable[[int], np.ndarray]) -> None:
        self.use_pattern(shape(max(1, max(self.editor.pattern.shape) // 2)))

    def _on_state(self, aspect: str) -> None:
        if aspect in ("axes", "settings", "noise", "run"):
            self._refresh()

    def _refresh(self) -> None:
        """Show the mask that the next run will use, and what is known of the noise."""
        image = self._state.image
        measured = image.measured
        self._show_channels()
        correlation = None if measured is None else measured.measurement.noise.correlation
        automatic = image.mask.source in ("raw", "stage1")
        self.automatic_button.setEnabled(not automatic)
        self.automatic_button.setToolTip(
            "The mask follows from the measured noise."
            if automatic
            else "Use the mask that follows from the measured noise."
        )
        measuring = image.is_measuring or (image.is_running and measured is None)
        if automatic:
            pattern = np.ones((1, 1), bool) if measured is None else measured.automatic.pattern
            known = _UNMEASURED if measured is None else measured.automatic.reason
        else:
            try:
                mask = self._own_mask()
            except InputError as error:
                self.verdict.setText(str(error))
                return
            pattern = mask.pattern
            height, width = pattern.shape
            known = f"Your own mask of {int(pattern.sum())} pixels, {height} high and {width} wide."
            gain = self.gains.of(image, mask)
            known = known if gain is None else f"{known} {gain_in_words(gain.db)}"
        self.verdict.setText(_MEASURING if measuring else known)
        if not np.array_equal(pattern, self.editor.pattern) or correlation is not self._correlation_shown:
            self.editor.show_mask(pattern, correlation)
            self._correlation_shown = correlation

    def _show_channels(self) -> None:
        """Offer the channels where there are several."""
        names, shown = (
            self._state.image.pixels.channel_names,
            [self.channels.itemText(i) for i in range(self.channels.count())],
        )
        with QSignalBlocker(self.channels):
            if names != shown:
                self.channels.clear()
                self.channels.addItems(names)
            self.channels.setCurrentIndex(self._state.image.channel)
        self.channels.setVisible(len(names) > 1)

    def _on_channel(self, channel: int) -> None:
        self._state.turn_to_channel(channel)

    def _own_mask(self) -> BlindMask:
        """Return the mask that was drawn or read from a file."""
        settings = self._state.image.mask
        return BlindMask.load(settings.path) if settings.source == "file" else BlindMask.from_rows(settings.pattern)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.measure_button, self.automatic_button, self.shape_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.channels)
        layout.addWidget(self.editor)
        layout.addWidget(self.verdict)
        layout.addWidget(self.preview_box)
        layout.addLayout(buttons)
