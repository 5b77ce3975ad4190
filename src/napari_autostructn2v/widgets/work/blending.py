"""Blends an original and its result, beside the window: a stack takes longer than a blink."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...images import blended
from ...progress import Progress

if TYPE_CHECKING:
    from .worker import StopRequest, Task

__all__ = ["blend_task"]


def blend_task(before: Any, after: Any, strength: float) -> Task:
    """Return the task that blends two (..., Y, X) arrays; see :func:`~.images.blended`."""

    def task(stop: StopRequest) -> Generator[Progress, None, Any]:
        yield Progress("prediction", message="Blending")
        return blended(before, after, strength)

    return task
