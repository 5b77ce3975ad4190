"""What a command reads and writes, known before anything is opened for writing."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..disk import Places
from ..settings import Settings

__all__ = ["places_of"]

#: So many channels may have a model each.
_MOST_CHANNELS = 32


def places_of(arguments: argparse.Namespace) -> Places:
    """Return every file of a command with its use; the log and the model to be written are looked at here.

    Raises
    ------
    InputError
        If the log or the model would replace something that the command reads, or each other, or a result.
    """
    places = Places()
    if arguments.command not in ("denoise", "predict", "watch"):
        return places
    from ..batch import error_map_path, find_inputs, found_models, model_paths, targets_of, unfinished_model
    from ..files import is_zarr
    from ..microscopes import split_scene

    watched = [str(arguments.folder)] if arguments.command == "watch" else []
    scene: str | None = getattr(arguments, "scene", None)
    inputs = find_inputs(watched or arguments.inputs, arguments.pattern, scene)
    for path in inputs:
        places.add(split_scene(path)[0], "an input", folder=is_zarr(path))
    for path in find_inputs(getattr(arguments, "train_on", None) or [], arguments.pattern, scene):
        places.add(split_scene(path)[0], "a training image", folder=is_zarr(path))
    for path in found_models(getattr(arguments, "model", None) or []):
        places.add(path, "the model")
    settings: Path | None = getattr(arguments, "settings", None)
    if settings is not None:
        places.add(settings, "the settings file")
    mask = getattr(arguments, "mask", None) or (Settings.load(settings).mask.path if settings is not None else "")
    if mask:
        places.add(Path(mask), "the blind mask")
    for path in targets_of(inputs, arguments.output):
        places.add(path, "a result", folder=path.suffix == ".zarr")
        if arguments.uncertainty:
            places.add(error_map_path(path), "an error map")
    kept: Path | None = getattr(arguments, "save_model", None)
    models = []
    if kept is not None:
        models = [
            name for path in (kept, unfinished_model(kept)) for name in [path, *model_paths(path, _MOST_CHANNELS)]
        ]
    for path in models:
        places.add(path, "the trained model")
    if arguments.log is not None:
        places.add(arguments.log, "the log")
        places.check(arguments.log, "the log")
    for path in models:
        places.check(path, "the trained model")
    return places
