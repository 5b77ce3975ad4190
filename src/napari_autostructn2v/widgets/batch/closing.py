"""What becomes of a batch when its dock is closed."""

from __future__ import annotations

from weakref import ref

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QWidget

from ..parts import ask_choice
from .batch_state import BatchState

__all__ = ["ClosingBatch"]

STOP, GO_ON, KEEP_OPEN = "Stop and close", "Go on in background", "Keep open"

_TITLE = "Close the Batch dock"

_QUESTION = "The batch is still being denoised."

_DETAILS = (
    "If you stop it, the images that are done stay, and Start goes on with the rest. If it goes on in the background, "
    "open the Batch dock again to see how far it is."
)


class ClosingBatch:
    """Asks before the dock is closed in the middle of a batch.

    Parameters
    ----------
    dock : QWidget
    batch : BatchState
    """

    def __init__(self, dock: QWidget, batch: BatchState) -> None:
        self._dock, self._batch = ref(dock), batch  # no circle of Qt objects
        self._is_settled = False

    def may_close(self) -> bool:
        """Return whether the dock may be closed; stop the batch if the user wants that."""
        self._is_settled = False
        if not self._goes_on:
            return True
        answer = ask_choice(self._dock(), _TITLE, _QUESTION, _DETAILS, (STOP, GO_ON, KEEP_OPEN))
        if answer == STOP:
            self._batch.stop()
        self._is_settled = answer != KEEP_OPEN
        return self._is_settled

    def tell_if_unasked(self) -> None:
        """Say that the batch goes on where the dock was closed by other means than its button."""
        if self._goes_on and not self._is_settled:
            show_info(f"{_QUESTION} Open the Batch dock again to see how far it is, or to cancel it.")

    @property
    def _goes_on(self) -> bool:
        return self._batch.is_running and not self._batch.control.is_stopping
