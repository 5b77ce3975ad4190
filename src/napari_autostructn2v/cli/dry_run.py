"""What a command would do and what it would take, before anything is done (``--dry-run``)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..batch import Batch, BatchPlan, dumps, layout_of, streams
from ..errors import InputError, counted
from ..files import ImageFile, open_image
from ..images import Layout
from ..noise import Measurement
from ..settings import Settings, after_start, has_start, turned_where_cheap
from .report import complain, duration, tell

__all__ = ["dry_run"]

#: Python with torch and all that a run needs, before it has seen a pixel; rounded up from benchmarks/memory.py.
_BARE_BYTES = 500e6
#: Inputs of which the noise is measured: each has to be read for that.
_MOST_MEASURED = 10


def dry_run(batch: Batch, trained_on: Sequence[Path] | None) -> int:
    """Say what would become of each input, with times measured on this machine, and return the exit code.

    Parameters
    ----------
    batch : Batch
    trained_on : sequence of Path or None
        Files that one model for all is trained on; None trains on each input, unless models are given.
    """
    plan = batch.plan
    speeds = _speeds(plan.settings)
    failed = 0
    total = [0.0, 0.0]
    if trained_on is not None:
        channels, shape = _to_train(trained_on, plan)
        times = [seconds * channels for seconds in speeds.training(plan.settings, shape)]
        total = [sum(pair) for pair in zip(total, times, strict=True)]
        if not batch.as_json:
            tell(f"train {_models(channels)} on {counted(len(trained_on), 'file')}, {_span(times)}")
    for source, target in zip(batch.inputs, batch.targets, strict=True):
        values: dict[str, Any] = {"input": str(source), "output": str(target), "ok": True, "error": None}
        try:
            done = batch.check(source, target, try_writing=False)
            with open_image(source) as image:
                layout = layout_of(image, plan)
                light = [channel for channel in layout.channels if not channel.is_alpha]
                pixels = math.prod(layout.shape)
                by_block = streams(image, plan)
                times = [pixels / speeds.pixels_a_second] * 2
                measured = None
                if plan.models is None and trained_on is None:
                    if len(batch.inputs) <= _MOST_MEASURED and light and not done:
                        measured = _measured(image, layout, plan)
                    training = speeds.training(plan.settings, _stack_shape(layout), measured)
                    times = [a + b * len(light) for a, b in zip(times, training, strict=True)]
                memory = _memory(pixels // max(1, len(light)), math.prod(layout.plane_shape), by_block)
                values |= {
                    "action": "was done already" if done else "denoise",
                    "kind": image.kind,
                    "axes": layout.axes,
                    "shape": list(layout.shape),
                    "channels": [channel.name for channel in layout.channels],
                    "block_by_block": by_block,
                    "seconds": [0, 0] if done else [round(seconds) for seconds in times],
                    "memory_gb": round(memory / 1e9, 1),
                    "verdict": None if measured is None else measured.mask.reason,
                }
            total = [a + b for a, b in zip(total, values["seconds"], strict=True)]
        except InputError as error:
            failed += 1
            values |= {"output": None, "ok": False, "error": str(error), "action": "fail"}
        if batch.as_json:
            tell(dumps(values))
        elif values["ok"]:
            tell(_in_words(values))
        else:
            complain(values["error"])
    if not batch.as_json:
        inputs = counted(len(batch.inputs), "input") + (f" ({failed} cannot be denoised)" if failed else "")
        tell(f"{inputs}, {_span(total)} in all on this machine; nothing was written")
    return 1 if failed else 0


def _in_words(values: dict[str, Any]) -> str:
    if values["action"] != "denoise":
        return f"{values['input']}: {values['action']}, as {values['output']}"
    size = " x ".join(map(str, values["shape"]))
    how = ", block by block" if values["block_by_block"] else ""
    channels = f", {len(values['channels'])} channels apart" if len(values["channels"]) > 1 else ""
    return (
        f"{values['input']} -> {values['output']}: {values['kind']}, {values['axes']} {size}{channels}{how}, "
        f"{_span(values['seconds'])}, up to {values['memory_gb']} GB"
        + (f". {values['verdict']}" if values["verdict"] else "")
    )


def _span(times: Sequence[float]) -> str:
    low, high = (duration(seconds) for seconds in times)
    return f"about {low}" if low == high else f"about {low} to {high}"


def _models(count: int) -> str:
    return "one model" if count == 1 else f"{count} models, one for each channel,"


def _to_train(paths: Sequence[Path], plan: BatchPlan) -> tuple[int, tuple[int, ...]]:
    """Return for how many channels models are trained, and the shape of a stack."""
    with open_image(paths[0]) as image:
        layout = layout_of(image, plan)
        return sum(not channel.is_alpha for channel in layout.channels), _stack_shape(layout)


def _stack_shape(layout: Layout) -> tuple[int, ...]:
    return (layout.size(layout.stacked) if layout.stacked else 1, *layout.plane_shape)


def _memory(channel_pixels: int, plane_pixels: int, by_block: bool) -> float:
    from ..large import BLOCK_PIXELS, SAMPLE_PIXELS, memory_of_run

    pixels = max(min(channel_pixels, SAMPLE_PIXELS), min(plane_pixels, BLOCK_PIXELS)) if by_block else channel_pixels
    return _BARE_BYTES + memory_of_run(pixels)


def _measured(image: ImageFile, layout: Layout, plan: BatchPlan) -> Measurement:
    """Measure the noise of the first channel, just as its run will."""
    from ..large import read_sample
    from ..noise import measure

    light = next(channel for channel in layout.channels if not channel.is_alpha)
    with_neighbours = bool(layout.stacked) and plan.settings.context != "none"
    return measure(read_sample(image, layout, light, with_neighbours=with_neighbours), plan.settings)


class _Speeds:
    """What this machine does in a second."""

    def __init__(self, step_seconds: float, pixels_a_second: float) -> None:
        self.step_seconds, self.pixels_a_second = step_seconds, pixels_a_second

    def training(
        self, settings: Settings, shape: Sequence[int], measured: Measurement | None = None
    ) -> tuple[float, float]:
        """Return the least and the greatest number of seconds of one training.

        Parameters
        ----------
        settings : Settings
        shape : sequence of int
            (N, Y, X) of one stack.
        measured : Measurement or None
        """
        from ..pipeline import times_for_stack

        settings = turned_where_cheap(settings, shape)
        times = times_for_stack(settings, shape, 0 if measured is None else measured.leave_out)
        first, second = (stage.steps * self.step_seconds for stage in (settings.stage1, settings.stage2))
        from_start = settings.start == "general" and has_start(settings.stage1) and times == 1
        alone = after_start(settings.stage1, shape).steps * self.step_seconds if from_start else times * first
        last = times * second
        if measured is not None and settings.stages == "auto":
            seconds = first / 3 + last if measured.with_second else alone
            return seconds, seconds
        return {"1": (alone, alone), "2": (last, last), "both": (first + last,) * 2}.get(
            settings.stages, (alone, first / 2 + last)
        )


def _speeds(settings: Settings) -> _Speeds:
    """Measure by a very short run on a synthetic image."""
    from .. import pipeline
    from ..samples import scan_lines

    stage = replace(settings.stage1, num_epochs=1, patches_per_image=6 * settings.stage1.batch_size)
    short = replace(settings, stages="1", stage1=stage)
    image = scan_lines((256, 256))
    pipeline.denoise(image, short)  # the first steps find out how to do it
    report = pipeline.denoise(image, short).report
    steps = max(1, report.steps["1"])
    return _Speeds(report.seconds["stage 1"] / steps, image.size / max(1e-6, report.seconds["prediction"]))
