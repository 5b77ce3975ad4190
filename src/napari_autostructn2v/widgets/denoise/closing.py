"""What becomes of a run when the Denoise dock is closed."""

from __future__ import annotations

from weakref import ref

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QWidget

from ..image import RunControl
from ..parts import ask_choice, shortened

__all__ = ["ClosingRun"]

STOP, GO_ON, KEEP_OPEN = "Stop and close", "Go on in background", "Keep open"

_DETAILS = (
    "If you stop it, what it has reached is kept as a layer. If it goes on in the background, its result appears "
    "as a layer when it is done; open the Denoise dock again to see how far it is, or to cancel it."
)


class ClosingRun:
    """Asks before the dock is closed in the middle of a run.

    Parameters
    ----------
    dock : QWidget
    control : RunControl
    """

    def __init__(self, dock: QWidget, control: RunControl) -> None:
        self._dock, self._control = ref(dock), control  # no circle of Qt objects
        self._is_settled = False  # the user has said what becomes of the run

    def may_close(self) -> bool:
        """Return whether the dock may be closed; stop the run if the user wants that."""
        self._is_settled = False
        if not self._is_asked_about:
            return True
        question = f"{self._name()} is still being denoised."
        answer = ask_choice(self._dock(), "Close the Denoise dock", question, _DETAILS, (STOP, GO_ON, KEEP_OPEN))
        if answer == STOP and self._control.is_running:  # it may have ended while the question stood
            self._control.stop()
        self._is_settled = answer != KEEP_OPEN
        return self._is_settled

    def tell_if_unasked(self) -> None:
        """Say that a run goes on where the dock was closed by other means than its button."""
        if self._is_asked_about and not self._is_settled:
            show_info(
                f"{self._name()} is still being denoised. Open the Denoise dock again to see how far it is, or to "
                "cancel it."
            )

    @property
    def _is_asked_about(self) -> bool:
        """Whether the dock steers what is under way: a batch belongs to another dock."""
        control = self._control
        return control.is_running and not control.is_stopping and not control.is_batch

    def _name(self) -> str:
        layer = self._control.layer
        return "An image" if layer is None else f"“{shortened(layer.name)}”"
