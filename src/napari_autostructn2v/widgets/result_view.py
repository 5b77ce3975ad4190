"""What came of the last run, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from .progress_view import duration_in_words
from .wrapped_label import WrappedLabel

if TYPE_CHECKING:
    from ..pipeline import Result

__all__ = ["ResultView"]


class ResultView(QWidget):
    """The verdict over the noise and what was done about it."""

    def __init__(self) -> None:
        super().__init__()
        self.label = WrappedLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)

    def show_result(self, result: Result, layer_name: str) -> None:
        """Describe a result."""
        report = result.report
        lines = [f"Layer “{layer_name}”, after {duration_in_words(sum(report.seconds.values()))}."]
        if report.stopped:
            lines.append("The run was cancelled; this is what it had reached.")
        lines.append(report.verdict)
        lines.extend(report.messages)
        self.label.setText("\n".join(line for line in lines if line))
