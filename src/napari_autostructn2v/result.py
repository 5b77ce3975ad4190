"""What a run returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .blind_mask import BlindMask
    from .denoiser import Denoiser
    from .noise import NoiseModel
    from .quality import Quality
    from .settings import Settings

__all__ = ["Report", "Result"]


@dataclass(frozen=True)
class Report:
    """What a run did, in figures and sentences.

    Parameters
    ----------
    verdict : str
        About the noise and the mask, one sentence.
    stages : tuple of str
        The stages trained, of "1" and "2".
    seconds : dict of str to float
        Per phase.
    steps : dict of str to int
        Training steps per stage.
    quality : Quality or None
    stopped : bool
        Whether the stop token ended the run early.
    messages : tuple of str
        What else the user should know, one sentence each.
    """

    verdict: str
    stages: tuple[str, ...]
    seconds: dict[str, float]
    steps: dict[str, int]
    quality: Quality | None
    stopped: bool
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Result:
    """What a run returns.

    Parameters
    ----------
    denoised : ndarray or None
        The best result there is, in shape, dtype and units of the input; None if a stop came before there was one.
    stage1, stage2 : ndarray or None
        Results of the stages that were run.
    mask : BlindMask
    noise : NoiseModel
    report : Report
    denoiser : Denoiser or None
        The trained model.
    settings : Settings
    """

    denoised: np.ndarray | None
    stage1: np.ndarray | None
    stage2: np.ndarray | None
    mask: BlindMask
    noise: NoiseModel
    report: Report
    denoiser: Denoiser | None
    settings: Settings
