"""A sentence for the user inside a dock, with a button, seldom more, that mends what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QApplication, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from .wrapped_label import WrappedLabel

__all__ = ["MessageBar"]

#: Edge colours, told apart by colour-blind people too and readable on dark and light themes.
_EDGES = {"info": "#56b4e9", "warning": "#e69f00", "error": "#d55e00"}

_MOST_OTHERS = 2

#: Under which a button keeps the name of its action.
_ACTION = "autostructn2v_action"


class MessageBar(QFrame):
    """Hidden until there is something to say.

    `action_triggered` is emitted with the name of the action whose button was pressed.
    """

    action_triggered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("autostructn2v_message")
        self._action = ""
        self._details = ""
        self.label = WrappedLabel()
        self.action_button = QPushButton()
        self.action_button.clicked.connect(self._trigger)
        #: For further answers to a question.
        self.other_buttons = [QPushButton() for _ in range(_MOST_OTHERS)]
        for button in self.other_buttons:
            button.clicked.connect(self._trigger_other)
        self.details_button = QPushButton("Copy details")
        self.details_button.setToolTip("Put the technical details on the clipboard, to be pasted into a report.")
        self.details_button.clicked.connect(self._copy_details)
        buttons = QHBoxLayout()
        for button in (self.action_button, *self.other_buttons):
            buttons.addWidget(button)
        buttons.addWidget(self.details_button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 4)
        layout.addWidget(self.label)
        layout.addLayout(buttons)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; empty while hidden."""
        return self.label.text()

    @property
    def action(self) -> str:
        """What the first button does; empty where there is none."""
        return self._action

    def say(
        self,
        text: str,
        kind: Literal["info", "warning", "error"] = "info",
        *,
        action: str = "",
        action_label: str = "",
        action_tooltip: str = "",
        details: str = "",
        others: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        """Show a sentence, with a button for `action` and one that copies `details` where these are given.

        `others` are further actions, each with its label and its tooltip.
        """
        self._action, self._details = action, details
        self.label.setText(text)
        self.action_button.setText(action_label)
        self.action_button.setToolTip(action_tooltip)
        self.action_button.setVisible(bool(action))
        for button in self.other_buttons:
            button.hide()
        for button, (name, label, tooltip) in zip(self.other_buttons, others, strict=False):
            button.setText(label)
            button.setToolTip(tooltip)
            button.setProperty(_ACTION, name)
            button.show()
        self.details_button.setVisible(bool(details))
        self.setStyleSheet(f"#{self.objectName()} {{ border-left: 4px solid {_EDGES[kind]}; }}")
        self.show()

    def warn(self, text: str) -> None:
        """Show a sentence about something that went wrong."""
        self.say(text, "warning")

    def clear(self) -> None:
        """Hide, with nothing to say."""
        self._action = self._details = ""
        self.label.clear()
        self.hide()

    def _trigger(self) -> None:
        self.action_triggered.emit(self._action)

    def _trigger_other(self) -> None:
        button = self.sender()
        if button is not None:
            self.action_triggered.emit(button.property(_ACTION))

    def _copy_details(self) -> None:
        QApplication.clipboard().setText(self._details)
