"""What is said when a run fails, and the buttons that mend what was wrong and run again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from ..image import ImageState, ViewerState
from ..parts import MessageBar
from ..work import FILL_LABEL, FILL_TOOLTIP, Failure
from .habits import with_smaller_tiles

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["RunTrouble"]

#: What the names of actions begin with that say which axis is which.
_AXES = "axes:"


class RunTrouble(QObject):
    """Puts failures into a message bar, with a button where there is a way out.

    Parameters
    ----------
    message : MessageBar
    state : ViewerState
        Whose settings a way out changes, and whose run control runs again what failed.
    """

    #: The noise is to be measured again, since that is what failed.
    measure_again = Signal()
    #: A model is to be trained on this layer, since the one at hand does not fit.
    train_wanted = Signal(object)

    def __init__(self, message: MessageBar, state: ViewerState) -> None:
        super().__init__(message)
        self._message, self._state = message, state
        self._failed: Layer | None = None  # what a way out runs on again
        self._filling: ImageState | None = None
        message.action_triggered.connect(self._take_way_out)
        state.changed.connect(self._on_state)
        state.filled.connect(self._on_filled)
        state.fill_failed.connect(self._on_fill_failed)

    def forget(self) -> None:
        """Begin anew, with nothing to say."""
        self._failed = None
        self._message.clear()

    def say_of_run(self, layer: Layer | None, failure: Failure) -> None:
        """Say why the run of a layer has failed; a way out runs again."""
        self._failed = layer
        if layer is not None and layer is not self._state.image.layer:
            failure = replace(failure, sentence=f"“{layer.name}”: {failure.sentence}")
        self._say(failure)

    def say_of_panel(self, failure: Failure) -> None:
        """Say why something has failed that was no run."""
        self._failed = None
        self._say(failure)

    def say_of_live(self, failure: Failure) -> None:
        """Say why the chosen image cannot be shown live; the way out of a model that does not fit is a run."""
        self._failed = self._state.image.layer if failure.kind == "model" else None
        self._say(failure)

    def ask_for_model(self) -> None:
        """Say that the chosen image has no model yet, which a run trains."""
        self._failed = self._state.image.layer
        self._message.say(
            "There is no model for this image yet. Denoise it first, or take up an earlier model under Models.",
            action="train",
            action_label="Denoise first",
            action_tooltip="Train on this image; the live view begins when the model is ready.",
        )

    def say_of_memory(self, layer: Layer | None, sentence: str) -> None:
        """Say that a run had too little memory for all that it should do, and offer smaller tiles."""
        self._failed = layer
        self._offer_smaller_tiles(sentence)

    def _say(self, failure: Failure) -> None:
        if failure.kind == "patches":
            self._message.say(
                failure.sentence,
                "warning",
                action="random",
                action_label="Use random patches",
                action_tooltip="Run with patches from anywhere in the image (use_roi off).",
            )
        elif failure.kind == "model":
            self._message.say(
                failure.sentence,
                "warning",
                action="train",
                action_label="Train on this image",
                action_tooltip="Denoise the image with a model of its own.",
            )
        elif failure.kind == "missing":
            self._message.say(
                failure.sentence,
                "warning",
                action="fill",
                action_label=FILL_LABEL,
                action_tooltip=FILL_TOOLTIP,
            )
        elif failure.kind == "axes":
            self._ask_for_axes(failure.sentence)
        elif failure.kind == "memory":
            self._offer_smaller_tiles(failure.sentence)
        else:
            self._message.say(
                failure.sentence, "warning" if failure.kind == "input" else "error", details=failure.details
            )

    def _ask_for_axes(self, sentence: str) -> None:
        """Ask whether an axis is channels."""
        image = self._image
        reading = image.pixels.reading
        several = len(reading.axes.rstrip("YXS")) > 1
        answers = [
            (
                f"{_AXES}{reading.with_channels(at)}",
                f"Axis {at + 1} is channels" if several else "Channels",
                "Each channel is denoised alone, with its own model.",
            )
            for at in reading.doubtful
        ]
        self._message.say(
            sentence,
            "warning",
            action=f"{_AXES}{reading.axes}",
            action_label="None" if several else "Time or depth",
            action_tooltip="All planes are denoised together, by one model.",
            others=answers,
        )

    def _offer_smaller_tiles(self, sentence: str) -> None:
        """Say that there was too little memory, with a way out unless that was taken already."""
        smaller = None if self._failed is None else with_smaller_tiles(self._state.common)
        self._message.say(
            sentence,
            "error",
            action="" if smaller is None else "smaller",
            action_label="Try smaller tiles",
            action_tooltip="Run again with half the Tile size and half the Batch size, which need less memory.",
        )

    @property
    def _image(self) -> ImageState:
        """The image that has failed, the chosen one where it was no run."""
        return self._state.image if self._failed is None else self._state.of(self._failed)

    def _take_way_out(self, action: str) -> None:
        image = self._image
        self._message.clear()
        if action == "random":
            first, second = image.pair
            image.set_pair((replace(first, use_roi=False), replace(second, use_roi=False)))
        elif action == "smaller":
            self._state.set_common(with_smaller_tiles(self._state.common) or self._state.common)
        elif action.startswith(_AXES):
            self._state.say_axes(image, action.removeprefix(_AXES))
        if action == "train":
            self.train_wanted.emit(self._failed)
        elif action == "fill":
            self._filling = image
            self._message.say("Filling missing pixels…")
            self._state.fill_missing(image)
        else:
            self._go_on()

    def _go_on(self) -> None:
        """Do again what has failed."""
        if self._failed is not None:
            self._state.control.again(self._failed)
        else:
            self.measure_again.emit()

    def _on_state(self, aspect: str) -> None:
        """Take a question back that was answered elsewhere: in the row of axes."""
        if aspect == "axes" and self._message.action.startswith(_AXES) and self._image.pixels.reading.is_sure:
            self.forget()

    def _on_filled(self, image: ImageState) -> None:
        if image is self._filling:
            self._filling = None
            self._message.clear()
            self._go_on()

    def _on_fill_failed(self, image: ImageState, failure: Failure) -> None:
        if image is self._filling:
            self._filling = None
            self._say(failure)
