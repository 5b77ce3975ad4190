"""One file of an experiment: from opening it to a whole result beside which nothing is left."""

from __future__ import annotations

from pathlib import Path

from ..files import open_image
from ..stop import StopToken
from .file_job import FileJob, Listen
from .plan import BatchPlan, layout_of, run_id, streams
from .report import FileReport
from .streamed_image import denoise_streamed
from .whole_image import denoise_whole

__all__ = ["process"]


def process(source: Path, target: Path, plan: BatchPlan, listen: Listen, stop: StopToken | None = None) -> FileReport:
    """Denoise one file.

    Parameters
    ----------
    source, target : Path
    plan : BatchPlan
    listen : callable
        Called with each `Progress`.
    stop : StopToken or None
        Ends a training with what there is.

    Returns
    -------
    FileReport

    Raises
    ------
    InputError
        If the file cannot be read, denoised or written.
    StoppedEarly
        If the stop token ended a training, and its result so far is written.
    KeyboardInterrupt
        If the stop token was set, and there is no result that could be written.
    """
    from ..files import absent_chunks, check_can_hold

    software = run_id(source, plan)
    with open_image(source) as image:
        if target.suffix != ".zarr":
            check_can_hold(target, tuple(image.array.shape), image.array.dtype)
        layout = layout_of(image, plan)
        messages = [*image.messages, *absent_chunks(image)]
        if plan.axes and "?" not in image.axes and image.axes != layout.axes:
            messages.append(f"{source} says that its axes are {image.axes}; they were read as {layout.axes}.")
        if plan.settings.context != "none" and len(depth_and_time := set(layout.leading) & set("TZ")) == 2:
            other = min(depth_and_time - {layout.stacked})
            messages.append(f"Planes are neighbours along {layout.stacked}; --along {other} takes those along {other}.")
        job = FileJob(image, layout, plan, listen, stop, messages)
        if streams(image, plan):
            denoise_streamed(job, target, software)
        else:
            denoise_whole(job, target, software)
        return job.report()
