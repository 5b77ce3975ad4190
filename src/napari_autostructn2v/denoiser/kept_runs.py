"""Runs that are kept on disk: each a model file and a small JSON file that says where it comes from."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ..disk import atomic_path, runs_folder

if TYPE_CHECKING:
    from .model import Denoiser

__all__ = ["KEPT", "Run", "delete_run", "keep_run", "kept_runs"]

#: So many of the newest runs stay on disk.
KEPT = 20


@dataclass(frozen=True)
class Run:
    """What is known of a kept run.

    Parameters
    ----------
    image : str
        Name of the layer it was trained on.
    time : str
        When it ended, in UTC (ISO 8601).
    settings : str
        As TOML.
    steps : dict of str to int
        Training steps per stage.
    held_out : list of [str, int, float]
        Phase, step and held-out loss.
    stopped : bool
        Whether it was cancelled.
    model : str
        Path of the model file; not stored, but found beside the JSON file.
    """

    image: str
    time: str
    settings: str
    steps: dict[str, int]
    held_out: list[list[str | int | float]] = field(default_factory=list)
    stopped: bool = False
    model: str = ""

    @property
    def title(self) -> str:
        """Name, day and time for a list, in local time; with seconds, since fast runs end in the same minute."""
        when = datetime.fromisoformat(self.time).astimezone()
        return f"{self.image} · {when:%d %b %H:%M:%S}{' · cancelled' if self.stopped else ''}"

    @property
    def description(self) -> str:
        """What there is to know, in a few lines."""
        stages = ", ".join(f"stage {stage}: {steps:,} steps" for stage, steps in self.steps.items())
        last = self.held_out[-1][-1] if self.held_out else None
        lines = [f"Trained on “{self.image}”, {stages}."]
        if isinstance(last, float):
            lines.append(f"Held-out loss at the end: {last:.4g}.")
        return "\n".join(lines)


def kept_runs() -> list[Run]:
    """Return the runs on disk, newest first; what is damaged is left out."""
    runs = []
    for path in sorted(_files("*.json"), key=lambda path: path.name, reverse=True):
        model = path.with_suffix(".safetensors")
        with suppress(OSError, ValueError, TypeError):
            run = Run(**json.loads(path.read_text(encoding="utf-8")))
            datetime.fromisoformat(run.time)
            if model.is_file() and run.title and run.description:
                runs.append(replace(run, model=str(model)))
    return runs


def delete_run(run: Run) -> None:
    """Take a run off the disk."""
    model = Path(run.model)
    with suppress(OSError):
        model.with_suffix(".json").unlink(missing_ok=True)
        model.unlink(missing_ok=True)


def keep_run(
    model: Denoiser, image: str, *, steps: dict[str, int], stopped: bool, held_out: list[list[str | int | float]]
) -> None:
    """Keep a model on disk, and let go of the oldest ones.

    Parameters
    ----------
    model : Denoiser
    image : str
        Name of what it was trained on.
    steps : dict of str to int
        Training steps per stage.
    stopped : bool
        Whether its run was cancelled.
    held_out : list of [str, int, float]
        Phase, step and held-out loss.

    Raises
    ------
    InputError, OSError
        If it cannot be written.
    """
    now = datetime.now(UTC)
    stem = f"{now:%Y%m%d-%H%M%S-%f}-{uuid4().hex[:6]}"
    run = Run(
        image=image,
        time=now.isoformat(timespec="seconds"),
        settings=model.settings.to_toml(),
        steps=dict(steps),
        held_out=held_out,
        stopped=stopped,
    )
    record = asdict(run)
    del record["model"]
    folder = runs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # The model first, so that a listed run is a whole one.
    model.save(folder / f"{stem}.safetensors")
    with atomic_path(folder / f"{stem}.json") as part:
        part.write_text(json.dumps(record), encoding="utf-8")
    stems = sorted({path.stem for path in _files("*.json") + _files("*.safetensors")}, reverse=True)
    for old in stems[KEPT:]:
        delete_run(replace(run, model=str(folder / f"{old}.safetensors")))


def _files(pattern: str) -> list[Path]:
    try:
        return list(runs_folder().glob(pattern))
    except OSError:
        return []
