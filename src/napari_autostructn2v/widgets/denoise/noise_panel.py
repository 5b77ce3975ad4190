"""The part of the Denoise dock about the noise: what was measured, and which pixels are hidden because of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

import numpy as np
from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from ...errors import InputError
from ...noise import BlindMask
from ..canvas import MaskPreview
from ..image import Gain, ImageState, Measured, Source, ViewerState
from ..parts import WrappedLabel, ask_save
from ..plots import MaskEditor
from ..work import Failure, Latest, Runner, gain_task, measure_task

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from ...noise import Measurement

__all__ = ["NoisePanel"]

_UNMEASURED = "Not measured yet. Press Measure, or just Denoise: the noise is measured first."

_MEASURING = "Measuring the noise…"

#: Pixels up to which the noise is measured unasked; that takes about a second.
_SMALL = 2**22

_FILES = "Blind mask (*.npy)"

#: Shapes offered, for a reach of r pixels.
_SHAPES = {
    "Single pixel": lambda r: np.ones((1, 1), bool),
    "Row": lambda r: np.ones((1, 2 * r + 1), bool),
    "Column": lambda r: np.ones((2 * r + 1, 1), bool),
    "Diagonal \\": lambda r: np.eye(2 * r + 1, dtype=bool),
    "Diagonal /": lambda r: np.eye(2 * r + 1, dtype=bool)[::-1],
    "Square": lambda r: np.ones((2 * r + 1, 2 * r + 1), bool),
}


class _Measuring(NamedTuple):
    """Of which image the noise is measured, whether a mask follows from it, and in which channel."""

    image: ImageState
    follows: bool
    channel: int


class _Asked(NamedTuple):
    """Of which image a gain is worked out, from which measurement, for which mask and in which channel."""

    image: ImageState
    measured: Measured
    mask: tuple[str, ...]
    channel: int


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
        self._to_measure: list[ImageState] = []
        self._measured_now: _Measuring | None = None
        self._tried: WeakSet[ImageState] = WeakSet()  # to measure unasked, once
        self._unasked: WeakSet[ImageState] = WeakSet()  # what fails there is complained about when it is asked for
        self.runner = Runner(self)
        self.runner.finished.connect(self._on_measured)
        self.runner.failed.connect(self._on_measuring_failed)
        self.gains = Latest(self)
        self.gains.finished.connect(self._on_gain)
        self.gains.failed.connect(self._on_gain_failed)
        self._gain_asked: _Asked | None = None
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
        self.shape_button = QPushButton("Mask")
        self._lay_out()
        self.measure_button.clicked.connect(self.measure)
        self.automatic_button.clicked.connect(self.use_automatic)
        self.editor.edited.connect(self._on_edited)
        self.channels.activated.connect(self._on_channel)
        self.preview_box.toggled.connect(self._on_preview_wanted)
        self.preview.removed.connect(self._on_preview_removed)
        state.changed.connect(self._on_state)
        state.chosen_changed.connect(self.preview.close)
        self._refresh()

    # ---- what a user does

    def measure(self) -> None:
        """Measure the noise of the chosen image beside the window."""
        image = self._state.image
        self._unasked.discard(image)
        if image.is_measuring:
            return
        try:
            Source.of(image.pixels, self._viewer)
        except InputError as error:
            self.failed.emit(Failure.from_error(error))
            return
        image.show_measuring(True)
        self._to_measure.append(image)
        self._measure_next()

    def measure_if_small(self) -> None:
        """Measure the chosen image unless that is known, would take more than a moment, or needs to be asked about."""
        image = self._state.image
        levels = image.pixels.levels
        known = image.measured is not None or image.is_measuring or image in self._tried
        if known or not levels or not isinstance(levels[0], np.ndarray) or isinstance(levels[0], np.memmap):
            return
        if levels[0].size > _SMALL or not image.pixels.reading.is_sure:
            return
        self._tried.add(image)
        self.measure()
        self._unasked.add(image)

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

    def _on_shape(self, action: Any) -> None:
        shape = action.text()
        if shape in _SHAPES:
            reach = max(self.editor.pattern.shape) // 2
            self.use_pattern(_SHAPES[shape](max(1, reach)))
        elif action is self._load_action:
            path, _ = QFileDialog.getOpenFileName(self, "Load a blind mask", "", _FILES)
            if path:
                self.load_mask(path)
        else:
            path = ask_save(self, "Save the blind mask", "mask.npy", "Blind mask")
            if path:
                self.save_mask(path)

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
            gain = self._gain_of(mask)
            known = known if gain is None else f"{known} {_gain_in_words(gain.db)}"
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

    def _gain_of(self, mask: BlindMask) -> Gain | None:
        """Return what a mask gains, or ask for it and return None."""
        image, rows = self._state.image, mask.to_rows()
        if image.measured is None:
            return None
        if image.gain is not None and image.gain.mask == rows:
            return image.gain
        asked = _Asked(image, image.measured, rows, image.channel)
        if not (self.gains.is_busy and self._gain_asked == asked):
            self._gain_asked = asked
            self.gains.ask(asked, gain_task(image.measured.measurement, mask.pattern))
        return None

    def _on_gain(self, asked: _Asked, db: float | None) -> None:
        if asked.image.measured_of(asked.channel) is asked.measured:
            asked.image.take_gain(Gain(asked.mask, db), asked.channel)

    def _on_gain_failed(self, asked: _Asked, failure: Failure) -> None:
        self.failed.emit(failure)

    def _measure_next(self) -> None:
        while self._to_measure and not self.runner.is_running:
            image = self._to_measure.pop(0)
            try:
                source = Source.of(image.pixels, self._viewer)
            except InputError:  # closed in the meantime
                image.show_measuring(False)
                continue
            part = next(part for part in source.parts if part.number == image.channel)
            self._measured_now = _Measuring(image, image.mask.source in ("raw", "stage1"), part.number)
            self.runner.start(measure_task(part.data, image.settings(self._state.common)))

    def _on_measured(self, measurement: Measurement | None) -> None:
        if self._measured_now is not None:
            (image, follows, channel), self._measured_now = self._measured_now, None
            if measurement is None:
                image.show_measuring(False)
            else:
                image.take_measurement(measurement, measurement.mask if follows else None, channel)
        self._measure_next()

    def _on_measuring_failed(self, failure: Failure) -> None:
        if self._measured_now is not None:
            self._measured_now.image.show_measuring(False)
            unasked = self._measured_now.image in self._unasked
            self._unasked.discard(self._measured_now.image)
            self._measured_now = None
            if unasked:
                self._measure_next()
                return
        self.failed.emit(failure)
        self._measure_next()

    def _lay_out(self) -> None:
        menu = QMenu(self)
        for name in _SHAPES:
            menu.addAction(name)
        menu.addSeparator()
        self._load_action = menu.addAction("Load…")
        self._save_action = menu.addAction("Save…")
        menu.triggered.connect(self._on_shape)
        self.shape_button.setMenu(menu)
        self.shape_button.setToolTip("Choose a shape for the mask, or load and save masks as .npy files.")
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


def _gain_in_words(gain: float | None) -> str:
    if gain is None:
        return "What it gains cannot be predicted for this image."
    if abs(gain) < 0.05:
        return "It neither gains nor costs anything over hiding a single pixel."
    if gain > 0:
        return f"It gains about {gain:.1f} dB over hiding a single pixel."
    return f"It costs about {-gain:.1f} dB compared with hiding a single pixel."
