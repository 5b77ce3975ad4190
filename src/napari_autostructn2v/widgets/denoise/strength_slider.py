"""A slider between the original and the result; what it says is what the layer of the result holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from ..image import ImageState, Outcome, ViewerState, note_strength, strength_of
from ..parts import WrappedLabel
from ..work import Failure, Latest, blend_task

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["StrengthSlider"]

_WHOLE = 100

_ABOUT = (
    "100 % is the result, 0 % the original, anything between a blend of both. It changes the layer of the result, and "
    "so what is saved of it, at once and without training; 100 % brings the result back as it was."
)

_GONE = "The result has been removed from the viewer; run again to blend it."


class _BlendAsked(NamedTuple):
    """Which result is blended, and how much of it is wanted, in percent."""

    image: ImageState
    outcome: Outcome
    percent: int


class StrengthSlider(QWidget):
    """How much of the result of the chosen image its layer holds.

    `changed` is emitted when the layer holds another blend, `failed` with a `Failure` where it cannot be made.

    Parameters
    ----------
    state : ViewerState
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, state: ViewerState) -> None:
        super().__init__()
        self._state = state
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Strength of the result")
        self.slider.setRange(0, _WHOLE)
        self.slider.setPageStep(10)
        self.title = QLabel("Strength")
        self.title.setBuddy(self.slider)
        self.percent = QLabel()
        self.percent.setMinimumWidth(self.percent.fontMetrics().horizontalAdvance(f"{_WHOLE} %"))
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.note = WrappedLabel()
        self.worker = Latest(self)
        self.worker.finished.connect(self._on_blended)
        self.worker.failed.connect(self._on_failed)
        self._lay_out()
        self.slider.valueChanged.connect(self._on_value)
        self.refresh()

    def refresh(self, is_there: bool = True) -> None:
        """Show what the layer of the chosen image holds, if that is still in the viewer."""
        layer = self._layer if is_there else None
        self.slider.setEnabled(layer is not None)
        for widget in (self.slider, self.title, self.percent):
            widget.setToolTip(_GONE if layer is None else _ABOUT)
        with QSignalBlocker(self.slider):
            self.slider.setValue(_WHOLE if layer is None else round(_WHOLE * strength_of(layer)))
        self._show_value()

    @property
    def _layer(self) -> Image | None:
        image = self._state.image
        return None if image.outcome is None or image.outcome.denoised is None else image.result

    def _on_value(self) -> None:
        self._show_value()
        if not self.worker.is_busy:  # otherwise it follows: to start anew each time would show nothing while it moves
            self._blend()

    def _blend(self) -> None:
        image, percent = self._state.image, self.slider.value()
        if self._layer is not None and image.outcome is not None:
            before, after = image.outcome.source.data, image.outcome.denoised
            asked = _BlendAsked(image, image.outcome, percent)
            self.worker.ask(asked, blend_task(before, after, percent / _WHOLE))

    def _on_blended(self, asked: _BlendAsked, data: object) -> None:
        layer = asked.image.result
        if asked.image.outcome is asked.outcome and layer is not None:
            layer.data = data
            note_strength(layer, asked.percent / _WHOLE)
            self.changed.emit()
        if asked.image is self._state.image and asked.percent != self.slider.value():
            self._blend()

    def _on_failed(self, asked: _BlendAsked, failure: Failure) -> None:
        self.refresh()
        self.failed.emit(failure)

    def _show_value(self) -> None:
        percent = self.slider.value()
        self.percent.setText(f"{percent} %")
        self.note.setVisible(percent < _WHOLE)
        self.note.setText(
            f"The layer holds {percent} % of the result and {_WHOLE - percent} % of the original. What is said above "
            "is about the whole result."
        )

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.addWidget(self.title)
        line.addWidget(self.slider, stretch=1)
        line.addWidget(self.percent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.note)
