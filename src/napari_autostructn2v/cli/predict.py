"""``autostructn2v predict``: denoise with a trained model."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..batch import Batch, FileWork
from ..disk import fingerprint
from .arguments import batch_from, one_or_all, options_of_plan
from .run_batch import run_batch

if TYPE_CHECKING:
    from ..progress import Progress


def predict(arguments: argparse.Namespace) -> int:
    """Denoise with trained models and return the exit code."""
    batch, work = prepared(arguments)
    if arguments.dry_run:
        from .dry_run import dry_run

        return dry_run(batch, None)
    return run_batch(batch, work)


def prepared(arguments: argparse.Namespace) -> tuple[Batch, FileWork]:
    """Return the inputs with the models to denoise them with, and what is done with each."""
    from ..batch import load_models, plan_for, process

    models, paths = load_models(arguments.model)
    settings = replace(models[-1].settings, device=arguments.device)
    parts = [*map(fingerprint, paths), *(["anyway"] if arguments.anyway else [])]
    plan = replace(plan_for(settings, *parts, **options_of_plan(arguments)), models=models, anyway=arguments.anyway)
    batch = batch_from(arguments, lambda _: plan)

    def work(source: Path, target: Path, listen: Callable[[Progress], None]) -> tuple[dict[str, Any], str]:
        start = time.perf_counter()
        values = process(source, target, batch.plan, listen).values()
        values["model"] = one_or_all([str(path) for path in arguments.model])
        return values, f"{time.perf_counter() - start:.1f} s"

    return batch, work
