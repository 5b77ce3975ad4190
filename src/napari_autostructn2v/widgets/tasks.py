"""What the worker runs. These functions are called in the worker's thread: no Qt here, and torch only from here on."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ..progress import Progress
from ..settings import Settings

if TYPE_CHECKING:
    from ..noise import BlindMask
    from ..pipeline import Result
    from ..roi import PatchSelection
    from .worker import StopRequest, Task

__all__ = ["denoise_task"]


def denoise_task(
    image: Any,
    settings: Settings,
    *,
    patches: tuple[PatchSelection | None, PatchSelection | None] = (None, None),
    mask: BlindMask | None = None,
) -> Task:
    """Return the task that denoises an image.

    Parameters
    ----------
    image : (..., Y, X) array-like
        May be lazy: it is read in the worker's thread.
    settings : Settings
    patches : pair of PatchSelection or None
        Patches chosen by hand for stage 1 and stage 2.
    mask : BlindMask, optional
        A mask that takes the place of the measured one.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, Result]:
        yield Progress("measuring", message="Getting ready")
        from .. import pipeline

        return (yield from pipeline.run(image, settings, stop=stop, patches=patches, mask=mask))

    return task
