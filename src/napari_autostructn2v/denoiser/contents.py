"""What a model file holds, read without PyTorch; whatever is wrong with it is said in a sentence.

A file can come from anywhere. Nothing that it says is believed before it is checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..noise import BlindMask, NoiseModel
from ..settings import Settings, StageSettings, merged, shortened
from .file import load_model

__all__ = ["NOISE_ARRAYS", "NOISE_NUMBERS", "TRAINING_NUMBERS", "Contents", "damaged", "read_contents"]

NOISE_ARRAYS = ("correlation", "standard_error", "intensities", "variances")

NOISE_NUMBERS = ("variance", "mean_variance", "tiles")

#: What of the settings of a stage a run may change, as it suits the image.
TRAINING_NUMBERS = ("num_epochs", "patches_per_image", "batch_size", "learning_rate", "early_stopping")

#: Windows of planes beside a plane, and planes that they reach over, at most.
_MOST_WINDOWS, _MOST_PLANES = 16, 10_000

#: Larger numbers are no grey values, and their squares leave the range of floating point.
_LARGEST = 1e150

Windows = tuple[tuple[tuple[int, int], ...], int, bool]


@dataclass(frozen=True, eq=False)
class Contents:
    """What a model file holds, checked; as for :class:`~napari_autostructn2v.Denoiser`, but for two parts.

    Parameters
    ----------
    weights : dict of str to dict of str to ndarray
        By stage and by name; finite numbers, not compared yet with the network that the settings describe.
    settings, mask, noise, offset, scale, usual_excess, steps, flattened, seconds
    windows : dict of str to (tuple of (int, int), int, bool)
        By stage: distances of the planes that its network is shown, how many it leaves out, and whether it follows
        drift.
    from_start : tuple of str
    trainings : dict of str to StageSettings
    """

    weights: dict[str, dict[str, np.ndarray]]
    settings: Settings
    mask: BlindMask
    noise: NoiseModel
    offset: float
    scale: float
    usual_excess: float | None
    steps: dict[str, int]
    flattened: tuple[str, ...]
    seconds: dict[str, float]
    windows: dict[str, Windows]
    from_start: tuple[str, ...]
    trainings: dict[str, StageSettings]


def read_contents(path: str | Path) -> Contents:
    """Read and check a model file.

    Raises
    ------
    InputError
        If the file cannot be read, or anything in it is missing, of the wrong type, out of reason or does not fit the
        rest.
    """
    arrays, metadata = load_model(path)
    with damaged(path):
        return _contents(arrays, metadata)


@contextmanager
def damaged(path: str | Path) -> Iterator[None]:
    """Name the file in what is said to be wrong with it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path} holds a damaged model: {error} Save the model again, or train again.") from error


def _contents(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Contents:
    settings = Settings.from_toml(_part(metadata, "settings"))
    numbers = _numbers(_part(metadata, "numbers"))
    stages = [stage for stage in ("1", "2") if any(name.startswith(f"stage{stage}.") for name in arrays)]
    if not stages:
        raise InputError("it holds no trained network.")
    usual_excess = numbers.get("usual_excess")
    seconds = _table(numbers, "seconds", stages)
    return Contents(
        weights={stage: _weights(arrays, stage) for stage in stages},
        settings=settings,
        mask=BlindMask(_part(arrays, "mask"), _part(metadata, "reason"), _number(numbers, "gain")),
        noise=_noise(arrays, numbers),
        offset=_number(numbers, "offset"),
        scale=_number(numbers, "scale", above=0),
        usual_excess=None if usual_excess is None else _number(numbers, "usual_excess", low=0),
        steps={stage: _whole(value, "steps") for stage, value in _table(numbers, "steps", stages).items()},
        flattened=_names(numbers.get("evened", []), "evened", "rows", "columns"),
        seconds={stage: _number(seconds, stage, low=0) for stage in seconds},
        windows={stage: _windows(value) for stage, value in _table(numbers, "contexts", stages).items()},
        from_start=_names(numbers.get("from_start", []), "from_start", "1", "2"),
        trainings={
            stage: _training(getattr(settings, f"stage{stage}"), value)
            for stage, value in _table(numbers, "trainings", stages).items()
        },
    )


def _part(parts: Mapping[str, Any], name: str) -> Any:
    if name not in parts:
        raise InputError(f"its part {name!r} is missing.")
    return parts[name]


def _numbers(text: str) -> dict[str, Any]:
    try:
        numbers = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("its numbers cannot be read.") from error
    if not isinstance(numbers, dict):
        raise InputError("its numbers are no table.")
    return numbers


def _number(numbers: Mapping[str, Any], name: str, *, low: float = -_LARGEST, above: float | None = None) -> float:
    value = _part(numbers, name)
    valid = isinstance(value, (int, float)) and not isinstance(value, bool)
    valid = valid and low <= value <= _LARGEST and (above is None or value > above)
    if not valid:
        ends = f" above {above:g}" if above is not None else f" of at least {low:g}" if low > -_LARGEST else ""
        raise InputError(f"{name} is {shortened(value)}, which is no usable number{ends}.")
    return float(value)


def _whole(value: Any, name: str, least: int = 0, most: int = 2**62) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"{name} is {shortened(value)}, which is no whole number from {least} to {most}.")
    return value


def _table(numbers: Mapping[str, Any], name: str, stages: list[str]) -> dict[str, Any]:
    """Return a table with an entry for each stage, or for some; files of version 0.1.0 lack some tables."""
    table = numbers.get(name, {})
    if not isinstance(table, dict) or not set(table) <= set(stages):
        raise InputError(f"{name} is {shortened(table)}, which is no table of stages {' and '.join(stages)}.")
    return table


def _names(value: Any, part: str, *known: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(name in known for name in value):
        raise InputError(f"{part} is {shortened(value)}, which is no list of {' and '.join(map(repr, known))}.")
    return tuple(value)


def _training(stage: StageSettings, value: Any) -> StageSettings:
    if not isinstance(value, dict) or not set(value) <= set(TRAINING_NUMBERS):
        raise InputError(f"the training of a stage is {shortened(value)}, which is none.")
    training: StageSettings = merged(stage, value, "trainings.")
    return training


def _windows(value: Any) -> Windows:
    known = {"distances", "leave_out", "follows_drift"}
    if not isinstance(value, dict) or not known - {"follows_drift"} <= set(value) <= known:
        raise InputError(f"the context of a stage is {shortened(value)}, which is none.")
    distances, leave_out = value["distances"], _whole(value["leave_out"], "leave_out", 0, _MOST_PLANES)
    follows = value.get("follows_drift", False)
    if not isinstance(follows, bool):
        raise InputError(f"follows_drift is {shortened(follows)}, which is neither true nor false.")
    windows = isinstance(distances, list) and len(distances) <= _MOST_WINDOWS
    if not windows or not all(isinstance(window, list) and len(window) == 2 for window in distances):
        raise InputError(f"distances is {shortened(distances)}, which is no short list of pairs.")
    pairs = [[_whole(end, "distances", 1, _MOST_PLANES) for end in window] for window in distances]
    if any(near > far for near, far in pairs):
        raise InputError(f"distances is {shortened(distances)}; the nearer plane comes first.")
    return tuple((near, far) for near, far in pairs), leave_out, follows


def _noise(arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> NoiseModel:
    found = {name: _part(arrays, f"noise.{name}") for name in NOISE_ARRAYS}
    for name, array in found.items():
        if array.dtype.kind != "f" or not (np.abs(array, dtype=np.float64) <= _LARGEST).all():  # nor NaN
            raise InputError(f"noise.{name} holds values that are no usable numbers.")
        if name != "correlation" and name != "intensities" and (array < 0).any():
            raise InputError(f"noise.{name} holds values below 0.")
    correlation, intensities = found["correlation"], found["intensities"]
    square = correlation.ndim == 2 and correlation.shape[0] == correlation.shape[1] and correlation.shape[0] % 2 == 1
    if not square or found["standard_error"].shape != correlation.shape:
        raise InputError("noise.correlation and noise.standard_error are no squares of one size with odd sides.")
    if intensities.ndim != 1 or not intensities.size or found["variances"].shape != intensities.shape:
        raise InputError("noise.intensities and noise.variances are no lists of one length.")
    if (np.diff(intensities) < 0).any():
        raise InputError("noise.intensities are not in order.")
    return NoiseModel(
        **found,
        variance=_number(numbers, "variance", low=0),
        mean_variance=_number(numbers, "mean_variance", low=0),
        tiles=_whole(_part(numbers, "tiles"), "tiles"),
    )


def _weights(arrays: Mapping[str, np.ndarray], stage: str) -> dict[str, np.ndarray]:
    prefix = f"stage{stage}."
    weights = {
        # Files of version 0.1.0 call the smoothing by another name.
        name.removeprefix(prefix).replace("finish.", "smoothing."): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    for name, array in weights.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise InputError(f"stage{stage}.{name} holds values that are no usable numbers.")
    return weights
