"""What is said when a run fails, and the buttons that mend what was wrong and run again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from ..image import ViewerState
from ..parts import MessageBar
from ..work import Failure
from .habits import with_smaller_tiles

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["RunTrouble"]


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
        message.action_triggered.connect(self._take_way_out)

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
        elif failure.kind == "memory":
            self._offer_smaller_tiles(failure.sentence)
        else:
            self._message.say(
                failure.sentence, "warning" if failure.kind == "input" else "error", details=failure.details
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

    def _take_way_out(self, action: str) -> None:
        layer, control = self._failed, self._state.control
        if action == "random":
            image = self._state.image if layer is None else self._state.of(layer)
            first, second = image.pair
            image.set_pair((replace(first, use_roi=False), replace(second, use_roi=False)))
        elif action == "smaller":
            self._state.set_common(with_smaller_tiles(self._state.common) or self._state.common)
        self._message.clear()
        if action == "train":
            self.train_wanted.emit(layer)
        elif layer is not None:
            control.again(layer)
        elif action == "random":
            self.measure_again.emit()
