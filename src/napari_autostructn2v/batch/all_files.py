"""All files of a batch, one after the other, and the one stream of events that tells of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from ..progress import Progress
from ..stop import StopToken
from .kept_reports import keep_report
from .many_files import Batch
from .plan import made_by

__all__ = ["FileEvent", "FileStatus", "FileWork", "denoise_files"]

FileStatus = Literal["begun", "running", "denoised", "was done already", "failed"]

#: Denoises one file: input, output, listener -> what there is to report, and what to tell a person.
FileWork = Callable[[Path, Path, Callable[[Progress], None]], tuple[dict[str, Any], str]]


@dataclass(frozen=True, eq=False)
class FileEvent(Progress):
    """An event of one of many files.

    Parameters
    ----------
    number, count : int
        Which file, from 0, and how many there are.
    status : {"begun", "running", "denoised", "was done already", "failed"}
        The last three end a file.
    values : dict
        What there is to report of a file that was denoised, in values that JSON can hold.
    error : Exception or None
        Why a file has no result.
    seconds : float
        Since the file was begun, on the event that ends it.
    """

    number: int = 0
    count: int = 1
    status: FileStatus = "running"
    values: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    seconds: float = 0.0

    @property
    def is_last(self) -> bool:
        """Whether it ends its file."""
        return self.status not in ("begun", "running")


def denoise_files(
    batch: Batch, work: FileWork, tell: Callable[[FileEvent], None], stop: StopToken | None = None
) -> None:
    """Do the work for every file; one that cannot be denoised is told of, and the others go on.

    Parameters
    ----------
    batch : Batch
    work : callable
    tell : callable
        Called with each `FileEvent`.
    stop : StopToken or None
        Looked at between files; `work` looks at it by itself.

    Raises
    ------
    KeyboardInterrupt
        If `work` raises one, such as `StoppedEarly`.
    """
    count = len(batch.inputs)
    for number, (source, target) in enumerate(zip(batch.inputs, batch.targets, strict=True)):
        if stop is not None and stop.is_set():
            return
        begun = time.monotonic()
        tell(FileEvent("measuring", number=number, count=count, status="begun"))
        status: FileStatus = "was done already"
        values: dict[str, Any] = {}
        sentence, failure, seconds = "", None, None
        try:
            if not batch.check(source, target):
                values, sentence = work(source, target, _teller(tell, number, count))
                status = "denoised"
                seconds = time.monotonic() - begun
                keep_report(made_by(target), values | {"total_seconds": seconds})
        except Exception as error:
            status, failure = "failed", error
        tell(
            FileEvent(
                "done",
                message=sentence,
                number=number,
                count=count,
                status=status,
                values=values,
                error=failure,
                # What was kept is what is told, so that another session tells the same.
                seconds=time.monotonic() - begun if seconds is None else seconds,
            )
        )


def _teller(tell: Callable[[FileEvent], None], number: int, count: int) -> Callable[[Progress], None]:
    def listen(event: Progress) -> None:
        said = {item.name: getattr(event, item.name) for item in fields(Progress)}
        tell(FileEvent(**said, number=number, count=count))

    return listen
