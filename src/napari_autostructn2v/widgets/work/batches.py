"""Many files beside the window: what is known of each before anything is done, and the batch itself."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...batch import BatchOrder, FileEvent
from ...errors import InputError
from ...progress import Progress

if TYPE_CHECKING:
    from ...denoiser import Denoiser
    from ...files import ImageFile
    from .worker import StopRequest, Task

__all__ = ["BatchEnd", "FileLook", "ResultEvent", "batch_task", "look_task", "small_picture"]

#: Side in pixels of a small picture, at most, and of the middle of a plane that is read for it.
_PICTURE, _READ = 96, 2048


@dataclass(frozen=True, eq=False)
class FileLook(Progress):
    """What is known of a file before a batch.

    Parameters
    ----------
    source : Path
    target : Path or None
        Where its result goes.
    about : str
        Its axes and size in words.
    before, after : (Y, X) or (Y, X, 3) ndarray or None
        Small pictures of the file and of its result; None where they were not asked for, or are not there.
    is_done : bool
        Whether the result is there already.
    values : dict
        What was said about the result when it was made.
    hint : str
        What would keep it from being written.
    error : Exception or None
        Why the file cannot be denoised.
    """

    source: Path = Path()
    target: Path | None = None
    about: str = ""
    before: np.ndarray | None = None
    after: np.ndarray | None = None
    is_done: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    hint: str = ""
    error: Exception | None = None


@dataclass(frozen=True, eq=False)
class BatchEnd:
    """What the files of a batch came to.

    Parameters
    ----------
    sentence : str
        About the file in whose middle it ended; empty where there is nothing to say.
    models : tuple of Denoiser
        One model for all, one a channel, where it was trained.
    """

    sentence: str = ""
    models: tuple[Denoiser, ...] = ()


@dataclass(frozen=True, eq=False)
class ResultEvent(FileEvent):
    """The last event of a file, with a small picture of its result where there is one."""

    after: np.ndarray | None = None


def look_task(order: BatchOrder, without_picture: Collection[int]) -> Task:
    """Return the task that looks at files; it yields a `FileLook` for each and returns nothing.

    Parameters
    ----------
    order : BatchOrder
    without_picture : collection of int
        Numbers of the files of which there is no picture yet.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, None]:
        from ...batch import kept_report, layout_of, made_by
        from ...files import open_image

        for number in sorted(without_picture):  # first, since it is quick
            if stop.is_set():
                return
            with suppress(InputError), open_image(order.sources[number]) as image:
                yield FileLook("measuring", source=order.sources[number], before=small_picture(image))
        batch, _ = order.prepared()
        for source, target in zip(batch.inputs, batch.targets, strict=True):
            if stop.is_set():
                return
            known: dict[str, Any] = {"source": source, "target": target}
            try:
                with open_image(source) as image:
                    known["about"] = _in_words(layout_of(image, batch.plan).axes, image)
            except Exception as error:
                yield FileLook("measuring", **known, error=error)
                continue
            try:
                if batch.check(source, target, try_writing=False):
                    known |= {"is_done": True, "values": kept_report(made_by(target)), "after": _picture_in(target)}
            except InputError as error:
                known["hint"] = str(error)
            yield FileLook("measuring", **known)

    return task


def batch_task(order: BatchOrder) -> Task:
    """Return the task that denoises many files; its result is a `BatchEnd`.

    It tells of `FileEvent` for each file, and of plain events while one model is trained on all.
    """

    def task(stop: StopRequest) -> Generator[Progress, None, BatchEnd]:
        yield Progress("measuring", message="Getting ready")
        import torch  # noqa: F401  so that the next event leaves the window a core

        from ...batch import StoppedEarly, carry_out, kept_report, made_by

        yield Progress("measuring", message="Looking at the files")
        targets = order.targets

        def tell(event: Progress) -> None:
            event = replace(event, preview=None, measurement=None)  # a table shows neither
            if isinstance(event, FileEvent) and event.is_last and event.error is None:
                said = {item.name: getattr(event, item.name) for item in fields(FileEvent)}
                target = targets[event.number]
                said["values"] = event.values or kept_report(made_by(target))
                event = ResultEvent(**said, after=_picture_in(target))
            stop.tell(event)

        try:
            return BatchEnd(models=carry_out(order, tell, stop))
        except StoppedEarly as early:
            return BatchEnd(early.sentence)
        except KeyboardInterrupt:
            return BatchEnd()

    return task


def small_picture(image: ImageFile) -> np.ndarray | None:
    """Return the middle plane of an image in small, its noise as it is; colours stay."""
    shape = tuple(image.array.shape)
    rgb = image.axes.endswith("S") or (len(shape) == 3 and shape[-1] in (3, 4))
    plane = len(shape) - (3 if rgb else 2)
    if plane < 0:
        return None
    windows = [slice((size - min(size, _READ)) // 2, (size + min(size, _READ)) // 2) for size in shape[plane:][:2]]
    pixels = image.read((*(size // 2 for size in shape[:plane]), *windows))
    step = max(1, -(-max(pixels.shape[:2]) // _PICTURE))
    return np.asarray(pixels[::step, ::step][..., :3] if rgb else pixels[::step, ::step], np.float32)


def _picture_in(path: Path) -> np.ndarray | None:
    from ...files import open_image

    with suppress(Exception), open_image(path) as image:  # a picture is worth no failure
        return small_picture(image)
    return None


def _in_words(axes: str, image: ImageFile) -> str:
    sizes = " × ".join(
        f"{size} {axis}" if axis not in "YX" else str(size) for axis, size in zip(axes, image.array.shape, strict=True)
    )
    return f"{sizes.replace('3 S', 'RGB').replace('4 S', 'RGBA')}, {image.array.dtype}"
