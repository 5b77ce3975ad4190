"""``autostructn2v denoise``: train and denoise."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..batch import Batch, BatchPlan
from ..errors import InputError, counted
from .arguments import batch_from, one_or_all, options_of_plan, settings_from
from .interrupts import gentle_stop
from .report import CommandError
from .run_batch import INTERRUPTED, run_batch

if TYPE_CHECKING:
    from ..progress import Progress


def denoise(arguments: argparse.Namespace) -> int:
    """Train, denoise and return the exit code."""
    from ..batch import (
        StoppedEarly,
        check_models,
        find_inputs,
        found_models,
        process,
        save_models,
        training_plan,
        unfinished_model,
    )

    settings, on_all = settings_from(arguments), bool(arguments.one_model)
    training = find_inputs(arguments.train_on, arguments.pattern, arguments.scene) if arguments.train_on else None
    options = options_of_plan(arguments)

    def plan(inputs: list[Path]) -> BatchPlan:
        return training_plan(settings, inputs if on_all else training, on_all=on_all, **options)

    batch = batch_from(arguments, plan)
    if on_all:
        training = list(batch.inputs)
    path: Path | None = arguments.save_model
    if path and training is None and len(batch.inputs) > 1:
        raise CommandError(
            "--save-model keeps one model, and each INPUT trains its own: give one INPUT at a time, or --one-model."
        )
    if path and training is None and not found_models([path])[0].exists():
        batch = replace(batch, again=True)  # an earlier run has left the result, but no model
    if arguments.dry_run:
        from .dry_run import dry_run

        return dry_run(batch, training)
    if training is not None:
        return _denoise_with_one(batch, training, path, arguments)
    if path:
        check_models(path, arguments.overwrite)

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        try:
            with gentle_stop() as stop:
                report = process(source, target, batch.plan, listen, stop)
        except StoppedEarly as early:
            if path:
                kept = save_models(unfinished_model(path), early.models)
                early.sentence += f" Its model is in {' and '.join(kept)}."
            raise
        values = report.values()
        if path:
            if not report.models:
                raise InputError(f"{target} was written, but there is no trained model to save in {path}.")
            values["model"] = one_or_all(save_models(path, report.models))
        return values, str(values.get("verdict", ""))

    return run_batch(batch, work)


def _denoise_with_one(batch: Batch, training: list[Path], path: Path | None, arguments: argparse.Namespace) -> int:
    """Train one model and denoise all inputs with it; an interrupted run goes on with the model that it had trained."""
    from ..batch import WorkFolder, check_models, process, save_models, train_once
    from .report import ProgressLine

    common: dict[str, Any] = {}

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        values = process(source, target, batch.plan, listen).values()
        values |= common | {"messages": [*values["messages"], *common.get("messages", [])]}
        return values, str(values.get("verdict", ""))

    if not path and batch.is_done:
        return run_batch(batch, work)
    with WorkFolder(arguments.output / "model", batch.plan.identity) as memory:
        if path and memory.recall(0) is None:
            check_models(path, arguments.overwrite)
        line = ProgressLine()
        line.start(f"training on {counted(len(training), 'file')}")
        try:
            models, said = train_once(training, batch.plan, memory, line.show)
        finally:
            line.clear()
        common = {"trained_on": [str(source) for source in training]}
        common |= said[0] if len(said) == 1 else {"channels": said}
        if path:
            common["model"] = one_or_all(save_models(path, models))
        batch = replace(batch, plan=replace(batch.plan, models=models, trained_on=tuple(training)))
        code = run_batch(batch, work)
        memory.unfinished = code == INTERRUPTED
    return code
