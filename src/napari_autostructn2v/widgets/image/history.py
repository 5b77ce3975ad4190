"""A value with its past: what undo and redo go through."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

__all__ = ["History"]

_T = TypeVar("_T")

#: Changes of the same kind that follow each other within so many seconds, such as those of a slider, are one step.
_ONE_STEP = 1.0

_MOST_STEPS = 200


class History(Generic[_T]):
    """The present value and those before it.

    Parameters
    ----------
    value : object
        What to begin with; compared by ``==``.
    """

    def __init__(self, value: _T) -> None:
        self.value = value
        self._before: list[_T] = []
        self._after: list[_T] = []
        self._kind = ""
        self._end = 0.0

    @property
    def can_undo(self) -> bool:
        """Whether there is something to go back to."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone that can come back."""
        return bool(self._after)

    def set(self, value: _T, kind: str = "") -> bool:
        """Take up another value, and return whether it is another one.

        Parameters
        ----------
        value : object
        kind : str
            What was changed; quick changes of one kind are undone together. An empty one is a step of its own.
        """
        if value == self.value:
            return False
        now = time.monotonic()
        if not (kind and kind == self._kind and now < self._end and self._before):
            self._before = [*self._before[-_MOST_STEPS:], self.value]
        self._after.clear()
        self._kind, self._end = kind, now + _ONE_STEP
        self.value = value
        return True

    def undo(self) -> bool:
        """Go back a step, and return whether there was one."""
        return self._step(self._before, self._after)

    def redo(self) -> bool:
        """Go forth again, and return whether there was a step."""
        return self._step(self._after, self._before)

    def _step(self, source: list[_T], target: list[_T]) -> bool:
        if not source:
            return False
        target.append(self.value)
        self.value = source.pop()
        self._kind = ""
        return True
