"""What a model file holds of a model, both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..network import NO_CONTEXT, Context
from .contents import NOISE_ARRAYS, NOISE_NUMBERS, TRAINING_NUMBERS, damaged, read_contents
from .file import save_model
from .restored import restored

__all__ = ["read_fields", "write_fields"]


def write_fields(path: str | Path, fields: Mapping[str, Any]) -> None:
    """Write the fields of a model to one safetensors file; see :meth:`Denoiser.save`."""
    mask, noise, settings = fields["mask"], fields["noise"], fields["settings"]
    arrays: dict[str, np.ndarray] = {"mask": mask.pattern.astype(np.uint8)}
    for stage, network in fields["networks"].items():
        arrays |= {f"stage{stage}.{name}": weight.cpu().numpy() for name, weight in network.state_dict().items()}
    arrays |= {f"noise.{name}": np.asarray(getattr(noise, name)) for name in NOISE_ARRAYS}
    numbers = {name: getattr(noise, name) for name in NOISE_NUMBERS}
    numbers |= {name: fields[name] for name in ("offset", "scale", "usual_excess", "steps", "seconds")}
    numbers |= {"gain": mask.predicted_gain_db, "evened": fields["flattened"]}
    numbers |= {"from_start": fields["from_start"]}
    numbers |= {
        "trainings": {
            stage: {name: getattr(training, name) for name in TRAINING_NUMBERS}
            for stage, training in fields["trainings"].items()
        }
    }
    numbers |= {"contexts": {stage: asdict(context) for stage, context in fields["contexts"].items()}}
    metadata = {"settings": settings.to_toml(), "numbers": json.dumps(numbers), "reason": mask.reason}
    save_model(path, arrays, metadata)


def read_fields(path: str | Path) -> dict[str, Any]:
    """Read the fields of the model that a file holds; see :meth:`Denoiser.load`."""
    held = read_contents(path)
    contexts = {stage: Context(*windows) for stage, windows in held.windows.items()}
    with damaged(path):
        networks = {
            stage: restored(weights, getattr(held.settings, f"stage{stage}"), contexts.get(stage, NO_CONTEXT))
            for stage, weights in held.weights.items()
        }
    numbers = {
        name: getattr(held, name)
        for name in ("settings", "mask", "noise", "offset", "scale", "usual_excess", "steps", "flattened", "seconds")
    }
    numbers |= {"from_start": held.from_start, "trainings": held.trainings}
    return {"networks": networks, "contexts": contexts, **numbers}
