"""The part of the Denoise dock about the noise: what was measured, and which pixels are hidden because of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from ...errors import InputError
from ...noise import BlindMask
from ..canvas import MaskPreview
from ..image import Source
from ..parts import WrappedLabel, ask_save
from ..plots import MaskEditor
from ..work import Failure, Runner, gain_task, measure_task

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

    from ...noise import Measurement
    from ...pipeline import Result
    from ..image import RoiState
    from ..parts import LayerChoice

__all__ = ["NoisePanel"]

_UNMEASURED = "Not measured yet. Press Measure, or just Denoise: the noise is measured first."

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


@dataclass(frozen=True, eq=False)
class _Measured:
    """What is known of the noise of one image, and the mask that follows from it."""

    measurement: Measurement
    automatic: BlindMask


class NoisePanel(QWidget):
    """Shows the noise of the chosen image, and lets the user draw the blind mask of stage 2.

    `failed` is emitted with a `Failure` if the noise could not be measured.
    """

    failed = Signal(object)

    def __init__(self, viewer: Viewer, image: LayerChoice, tuning: RoiState) -> None:
        super().__init__()
        self._viewer, self._image, self._tuning = viewer, image, tuning
        self._measured: WeakKeyDictionary[Image, _Measured] = WeakKeyDictionary()
        self._asked: str = ""  # what the runner is working out
        self._layer_asked: Image | None = None
        self._source_asked = ""
        self._gain_of: tuple[_Measured, np.ndarray] | None = None
        self._gain_is_stale = False
        self._measure_is_wanted = False
        self.runner = Runner(self)
        self.runner.finished.connect(self._on_finished)
        self.runner.failed.connect(self._on_failed)
        self.preview = MaskPreview(viewer, self)
        self.preview.failed.connect(self.failed)
        self.preview_box = QCheckBox("Preview the mask in the image")
        self.preview_box.setChecked(True)
        self.preview_box.setToolTip(
            "After an edit of the mask, show in a layer what the mask can do: each pixel predicted from the neighbours "
            "that it leaves visible. Training does better; this shows at once whether lines go and detail stays."
        )
        self.editor = MaskEditor()
        self.verdict = WrappedLabel(_UNMEASURED)
        self._correlation_shown: np.ndarray | None = None
        self._own_mask = ""  # the verdict without the gain
        self.measure_button = QPushButton("Measure")
        self.measure_button.setToolTip("Measure the noise in the background of the chosen image; nothing is trained.")
        self.automatic_button = QPushButton("Automatic")
        self.shape_button = QPushButton("Mask")
        self._lay_out()
        self.measure_button.clicked.connect(self.measure)
        self.automatic_button.clicked.connect(self.use_automatic)
        self.editor.edited.connect(self._on_edited)
        self.preview_box.toggled.connect(self._on_preview_wanted)
        self.preview.removed.connect(self._on_preview_removed)
        self._image.layer_changed.connect(self._refresh)
        self._tuning.changed.connect(self._refresh)
        self._refresh()

    # ---- what a user does

    def measure(self) -> None:
        """Measure the noise of the chosen image beside the window."""
        layer = self._image.layer
        if self.runner.is_running:
            self._measure_is_wanted = not (self._asked == "noise" and self._layer_asked is layer)
            return
        try:
            source = Source.of(layer, self._viewer)
        except InputError as error:
            self.failed.emit(Failure(str(error), "input"))
            return
        self._asked, self._layer_asked = "noise", layer
        self.verdict.setText("Measuring the noise…")
        settings = self._tuning.settings_for(layer)
        self._source_asked = settings.mask.source
        self.runner.start(measure_task(source.data, settings))

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

    def show_result(self, layer: Image | None, result: Result) -> None:
        """Show what a run has measured."""
        if layer is not None and result.measurement is not None:
            self._take(layer, result.measurement, result.settings.mask.source)

    def _take(self, layer: Image, measurement: Measurement, source: str) -> None:
        known = self._measured.get(layer)
        if source in ("raw", "stage1"):
            automatic = measurement.mask
        else:
            automatic = known.automatic if known is not None else BlindMask(np.ones((1, 1), bool))
        self._measured[layer] = _Measured(measurement, automatic)
        self._refresh()

    # ---- how it works

    def _set_mask(self, **changes: Any) -> None:
        settings = self._tuning.settings
        self._tuning.set_settings(replace(settings, mask=replace(settings.mask, **changes)))

    def _show_preview(self) -> None:
        layer = self._image.layer
        if layer is None or not self.preview_box.isChecked():
            return
        # An image that cannot be used is complained about when it is measured or denoised.
        with suppress(InputError):
            self.preview.show(
                Source.of(layer, self._viewer),
                self.editor.pattern,
                remove_line_offsets=self._tuning.settings.remove_line_offsets,
            )

    def _on_preview_wanted(self, wanted: bool) -> None:
        if not wanted:
            self.preview.close()
        elif self._tuning.settings.mask.source == "editor":
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

    def _refresh(self, *_: object) -> None:
        """Show the mask that the next run will use."""
        settings = self._tuning.settings.mask
        layer = self._image.layer
        measured = None if layer is None else self._measured.get(layer)
        correlation = None if measured is None else measured.measurement.noise.correlation
        automatic = settings.source in ("raw", "stage1")
        self.automatic_button.setEnabled(not automatic)
        self.automatic_button.setToolTip(
            "The mask follows from the measured noise." if automatic else "Take the mask that follows from the noise."
        )
        if automatic:
            pattern = np.ones((1, 1), bool) if measured is None else measured.automatic.pattern
            self.verdict.setText(_UNMEASURED if measured is None else measured.automatic.reason)
            self._gain_of = None
        else:
            try:
                mask = (
                    BlindMask.load(settings.path)
                    if settings.source == "file"
                    else BlindMask.from_rows(settings.pattern)
                )
            except InputError as error:
                self.verdict.setText(str(error))
                return
            pattern = mask.pattern
            height, width = pattern.shape
            own_mask = f"Your own mask of {int(pattern.sum())} pixels, {height} high and {width} wide."
            if own_mask != self._own_mask or not self.verdict.text().startswith(own_mask):
                self._own_mask = own_mask
                self.verdict.setText(own_mask)
            self._work_out_gain(pattern)
        if not np.array_equal(pattern, self.editor.pattern) or correlation is not self._correlation_shown:
            self.editor.show_mask(pattern, correlation)
            self._correlation_shown = correlation

    def _work_out_gain(self, pattern: np.ndarray) -> None:
        layer = self._image.layer
        measured = None if layer is None else self._measured.get(layer)
        if layer is None or measured is None:
            self._gain_of = None
            return
        if self._gain_of is not None and self._gain_of[0] is measured and np.array_equal(self._gain_of[1], pattern):
            return  # something else has changed
        if self.runner.is_running:
            self._gain_is_stale = True
            return
        self._asked, self._layer_asked, self._gain_of = "gain", layer, (measured, pattern)
        self.runner.start(gain_task(measured.measurement, pattern))

    def _on_finished(self, answer: Any) -> None:
        layer, self._layer_asked = self._layer_asked, None
        if self._asked == "noise":
            if layer is not None and answer is not None:
                self._take(layer, answer, self._source_asked)
        elif layer is self._image.layer and self._tuning.settings.mask.source not in ("raw", "stage1"):
            self.verdict.setText(f"{self._own_mask} {_gain_in_words(answer)}")
        self._go_on()

    def _on_failed(self, failure: Failure) -> None:
        self._layer_asked = self._gain_of = None
        if self._asked == "noise":
            self._refresh()
        self.failed.emit(failure)
        self._go_on()

    def _go_on(self) -> None:
        """Do what was asked for while something else was worked out."""
        if self._measure_is_wanted:
            self._measure_is_wanted = False
            self.measure()
        elif self._gain_is_stale:
            self._gain_is_stale = False
            self._refresh()

    def _lay_out(self) -> None:
        menu = QMenu(self)
        for name in _SHAPES:
            menu.addAction(name)
        menu.addSeparator()
        self._load_action = menu.addAction("Load…")
        self._save_action = menu.addAction("Save…")
        menu.triggered.connect(self._on_shape)
        self.shape_button.setMenu(menu)
        self.shape_button.setToolTip("Take a shape as the mask, or load and save masks as .npy files.")
        buttons = QHBoxLayout()
        for button in (self.measure_button, self.automatic_button, self.shape_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
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
