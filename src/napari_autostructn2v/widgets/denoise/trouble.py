"""What is said when a run fails, and the buttons that mend what was wrong and run again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from ..image import RoiState, RunControl
from ..parts import LayerChoice, MessageBar
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
    tuning : RoiState
        Whose settings a way out changes.
    control : RunControl
        Runs again what failed.
    image : LayerChoice
        What a failure is about that was none of a run.
    """

    #: The noise is to be measured again, since that is what failed.
    measure_again = Signal()

    def __init__(self, message: MessageBar, tuning: RoiState, control: RunControl, image: LayerChoice) -> None:
        super().__init__(message)
        self._message, self._tuning, self._control, self._image = message, tuning, control, image
        self._failed: Layer | None = None  # what a way out runs on again
        message.action_triggered.connect(self._take_way_out)

    def forget(self) -> None:
        """Begin anew, with nothing to say."""
        self._failed = None
        self._message.clear()

    def say_of_run(self, failure: Failure) -> None:
        """Say why the present run has failed; a way out runs again."""
        self._failed = self._control.layer
        self._say(failure)

    def say_of_panel(self, failure: Failure) -> None:
        """Say why something has failed that was no run."""
        self._failed = None
        self._say(failure)

    def say_of_memory(self, sentence: str) -> None:
        """Say that the present run had too little memory for all that it should do, and offer smaller tiles."""
        self._failed = self._control.layer
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
        elif failure.kind == "memory":
            self._offer_smaller_tiles(failure.sentence)
        else:
            self._message.say(
                failure.sentence, "warning" if failure.kind == "input" else "error", details=failure.details
            )

    def _offer_smaller_tiles(self, sentence: str) -> None:
        """Say that there was too little memory, with a way out unless that was taken already."""
        smaller = None if self._failed is None else with_smaller_tiles(self._tuning.settings)
        self._message.say(
            sentence,
            "error",
            action="" if smaller is None else "smaller",
            action_label="Try smaller tiles",
            action_tooltip="Run again with half the Tile size and half the Batch size, which need less memory.",
        )

    def _take_way_out(self, action: str) -> None:
        if action == "random":
            self._tuning.choose(self._failed or self._image.layer)
            first, second = self._tuning.pair
            self._tuning.set_pair((replace(first, use_roi=False), replace(second, use_roi=False)))
        elif action == "smaller":
            self._tuning.set_settings(with_smaller_tiles(self._tuning.settings) or self._tuning.settings)
        self._message.clear()
        if self._failed is not None:
            self._control.again(self._failed)
        elif action == "random":
            self.measure_again.emit()
