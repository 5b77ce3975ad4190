"""``autostructn2v models``: which models there are."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .report import complain, tell


def models(arguments: argparse.Namespace) -> int:
    """Print what the models of a place say of themselves, and return the exit code."""
    from ..batch import dumps
    from ..denoiser import kept_runs, summarize_model

    runs = {Path(run.model): run for run in ([] if arguments.places_given else kept_runs())}
    paths = _found(arguments.places_given) if arguments.places_given else list(runs)
    failed = False
    for path in paths:
        try:
            summary = summarize_model(path)
        except InputError as error:
            failed = True
            complain(str(error))
            continue
        run = runs.get(path)
        if arguments.json:
            known = {} if run is None else {"image": run.image, "time": run.time, "stopped": run.stopped}
            tell(dumps(known | summary.values()))
        else:
            lines = [*summary.lines, *([] if run is None else [f"  run:        {run.title}"])]
            tell("\n".join(lines))
    if not paths and not arguments.json:
        where = "in the folders that you named" if arguments.places_given else "kept by the docks"
        tell(f"There are no models {where}.")
    return 1 if failed else 0


def _found(places: list[Path]) -> list[Path]:
    """Return the files that were named, and the models directly in the folders that were."""
    paths = []
    for place in places:
        paths += sorted(place.glob("*.safetensors")) if place.is_dir() else [place]
    return paths
