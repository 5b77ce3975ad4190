"""A button that keeps what is in view denoised, and a line that says how that goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ...errors import InputError
from ...settings import has_start
from ..canvas import LiveLayer
from ..image import ImageState, ModelAtHand, Source, ViewerState, read_later
from ..parts import WrappedLabel
from ..work import Failure, Latest, quick_look_task

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from ...denoiser import Denoiser

__all__ = ["LiveButton"]

_ABOUT = (
    "Denoise the plane that is in view, and the next one as you scroll, with the model at hand and without waiting for "
    "the whole image. Without a model it is a quick look by a network that was not trained on this image. Works on "
    "images larger than memory. A second press takes the layer away."
)

_SOON = "The live view begins as soon as there is a model for this image."


class LiveButton(QWidget):
    """Switches the live view of the chosen image on and off.

    An image without a model is shown as the network that has seen images denoises it, until it has one. `model_wanted`
    is emitted where there is no such network for its noise, `begun` before it is shown live, `failed` with a `Failure`
    where model and image do not go together.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    state : ViewerState
    """

    model_wanted = Signal()
    begun = Signal()
    failed = Signal(object)

    def __init__(self, viewer: Viewer, state: ViewerState) -> None:
        super().__init__()
        self._state = state
        self._wanted: ImageState | None = None  # begins with its first model
        self._viewer = viewer
        self.live = LiveLayer(viewer, self)
        self.looks = Latest(self)
        self.looks.finished.connect(self._on_quick_look)
        self.looks.failed.connect(self._on_no_look)
        self.button = QPushButton("Live: denoise what is in view")
        self.button.setToolTip(_ABOUT)
        self.button.setCheckable(True)
        self.words = WrappedLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.words)
        self.button.toggled.connect(self._on_toggled)
        self.live.changed.connect(self.refresh)
        self.live.failed.connect(self.failed)
        state.changed.connect(self._on_state)
        state.chosen_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show whether the chosen image is shown live."""
        image = self._state.image
        on, soon = self.live.image is image, self._wanted is image
        with QSignalBlocker(self.button):
            self.button.setChecked(on or soon)
        self.words.setText(self.live.words if on else _SOON if soon else "")
        self.words.setVisible(on or soon)

    def _on_toggled(self, on: bool) -> None:
        image = self._state.image
        self._wanted = None
        self.looks.forget()
        if not on:
            self.live.stop()
        elif image.model is None and image.layer is not None:
            self._wanted = image
            self._look_quickly(image)
        else:
            self._start()
        self.refresh()

    def _look_quickly(self, image: ImageState) -> None:
        """Show an image that has no model as the network that has seen images denoises it."""
        settings = self._state.settings
        if settings.start != "general" or not has_start(settings.stage1):
            self.model_wanted.emit()
            return
        try:
            source = Source.of(image.pixels, self._viewer)
        except InputError as error:
            self._on_no_look(image, Failure.from_error(error))
            return
        parts = sorted(replace(source, data=read_later(source.data)).parts, key=lambda part: part.number)
        self.looks.ask(image, quick_look_task([part.data for part in parts], settings))

    def _on_quick_look(self, image: ImageState, models: tuple[Denoiser, ...] | None) -> None:
        if self._wanted is not image or image.model is not None:
            return
        if models is None:
            self.model_wanted.emit()
            return
        self._wanted = None
        self.begun.emit()
        self.live.start(image, self._state.common.device, ModelAtHand(models[0], "", others=models[1:]))
        self.refresh()

    def _on_no_look(self, image: ImageState, failure: Failure) -> None:
        self._wanted = None
        self.refresh()
        self.failed.emit(failure)

    def _start(self) -> None:
        self.begun.emit()
        self.live.start(self._state.image, self._state.common.device)

    def _on_state(self, aspect: str) -> None:
        image = self._state.image
        if aspect == "model" and self._wanted is image and image.model is not None:
            self._wanted = None
            self._start()
