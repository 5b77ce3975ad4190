"""The options that commands have in common become settings and a batch."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..batch import Batch, BatchPlan
from ..settings import Settings
from .report import complain


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Return the settings of the file, if there is one, changed by the options that were given."""
    path = getattr(arguments, "settings", None)
    settings = Settings.load(path) if path else Settings.from_preset()
    if arguments.preset:
        settings = settings.with_preset(arguments.preset)
    given = {
        name: getattr(arguments, name, None) for name in ("stages", "context", "other_channels", "start", "device")
    }
    given["random_seed"] = arguments.seed
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    if getattr(arguments, "mask", None):
        settings = replace(settings, mask=replace(settings.mask, source="file", path=str(arguments.mask)))
    if settings.mask.source == "file":
        from ..noise import BlindMask

        BlindMask.load(settings.mask.path)  # a bad mask should show before hours of other work
    return settings


def options_of_plan(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that a plan takes over as they are."""
    return {
        "axes": arguments.axes,
        "together": arguments.channels == "together",
        "along": arguments.along,
        "remove_fixed_pattern": arguments.remove_fixed_pattern,
        "error_maps": arguments.uncertainty,
        "scheduler": arguments.scheduler,
    }


def batch_from(arguments: argparse.Namespace, plan: Callable[[list[Path]], BatchPlan]) -> Batch:
    """Return the inputs with all that holds for each of them; `plan` is made once they are known."""
    from ..batch import find_inputs, targets_of

    if arguments.scheduler:
        from ..batch import check_scheduler

        if said := check_scheduler(arguments.scheduler):
            complain(said)
    inputs = find_inputs(arguments.inputs, arguments.pattern, getattr(arguments, "scene", None))
    return Batch(
        inputs=inputs,
        targets=targets_of(inputs, arguments.output),
        plan=plan(inputs),
        places=arguments.places,
        overwrite=arguments.overwrite,
        as_json=arguments.json,
        quiet=arguments.quiet,
    )


def one_or_all(paths: list[str]) -> str | list[str]:
    """Return a single path by itself, as JSON shows it."""
    return paths[0] if len(paths) == 1 else paths
