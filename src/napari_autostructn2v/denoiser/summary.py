"""What a model file says of itself, read without PyTorch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..settings import Settings
from .contents import read_contents

__all__ = ["ModelSummary", "summarize_model"]


@dataclass(frozen=True)
class ModelSummary:
    """What there is to know about a model without using it.

    Parameters
    ----------
    path : Path
    stages : tuple of str
        The stages that it has networks for, of "1" and "2".
    steps : dict of str to int
        Training steps per stage.
    mask : tuple of str
        The blind mask, one string of 0 and 1 a row.
    verdict : str
        About the noise and the mask, one sentence.
    noise : float
        Standard deviation of the noise in grey levels.
    mean, spread : float
        Of the image that it was trained on, in grey levels.
    settings : Settings
    """

    path: Path
    stages: tuple[str, ...]
    steps: dict[str, int]
    mask: tuple[str, ...]
    verdict: str
    noise: float
    mean: float
    spread: float
    settings: Settings

    @property
    def lines(self) -> list[str]:
        """What a person reads."""
        trained = ", ".join(f"stage {stage} ({_steps(self.steps.get(stage))})" for stage in self.stages)
        blind = sum(row.count("1") for row in self.mask)
        pixels = "1 pixel" if blind == 1 else f"{blind} pixels within {len(self.mask)} x {len(self.mask[0])}"
        return [
            f"{self.path}: a model of napari-autostructn2v",
            f"  trained:    {trained}, preset {self.settings.preset}, seed {self.settings.random_seed}",
            f"  image:      grey levels around {self.mean:.4g} that spread by {self.spread:.3g}",
            f"  noise:      standard deviation {self.noise:.3g} grey levels. {self.verdict}",
            f"  blind mask: {pixels}",
        ]

    def values(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "path": str(self.path),
            "stages": list(self.stages),
            "steps": self.steps,
            "mask": list(self.mask),
            "verdict": self.verdict,
            "noise": self.noise,
            "mean": self.mean,
            "spread": self.spread,
            "preset": self.settings.preset,
            "settings": self.settings.to_toml(),
        }


def summarize_model(path: str | Path) -> ModelSummary:
    """Read what a model file says of itself.

    Raises
    ------
    InputError
        If it is no model, or damaged.
    """
    held = read_contents(path)
    return ModelSummary(
        path=Path(path),
        stages=tuple(held.weights),
        steps=held.steps,
        mask=held.mask.to_rows(),
        verdict=held.mask.reason,
        noise=math.sqrt(held.noise.variance),
        mean=held.offset,
        spread=held.scale,
        settings=held.settings,
    )


def _steps(count: int | None) -> str:
    return "an unknown number of steps" if count is None else f"{count:,} steps"
