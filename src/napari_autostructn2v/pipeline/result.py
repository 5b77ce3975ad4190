"""What a run returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..large import SAMPLE_PIXELS
from ..noise import BlindMask

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from ..noise import Brightness, Measurement, NoiseModel, Quality
    from ..settings import Settings

__all__ = ["Report", "Result", "over_all"]


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
    brightness : Brightness or None
        Whether the result keeps the brightness of what it shows; None where that could not be told.
    """

    verdict: str
    stages: tuple[str, ...]
    seconds: dict[str, float]
    steps: dict[str, int]
    quality: Quality | None
    stopped: bool
    messages: tuple[str, ...] = ()
    brightness: Brightness | None = None


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
    measurement : Measurement or None
        What the run started from, with a few of the planes; None if a stop came before it was made.
    report : Report
    denoiser : Denoiser or None
        The trained model.
    settings : Settings
    """

    denoised: np.ndarray | None
    stage1: np.ndarray | None
    stage2: np.ndarray | None
    mask: BlindMask
    measurement: Measurement | None
    report: Report
    denoiser: Denoiser | None
    settings: Settings

    @property
    def noise(self) -> NoiseModel | None:
        """The noise in the units of the input; None if a stop came before it was measured."""
        return None if self.measurement is None else self.measurement.noise_in_units

    @classmethod
    def of_nothing(cls, settings: Settings, said: str) -> Result:
        """Return the result of a run that was stopped before there was anything."""
        report = Report(said, (), {}, {}, None, stopped=True, messages=(said,))
        return cls(None, None, None, BlindMask(np.ones((1, 1), bool)), None, report, None, settings)


def over_all(result: Result, image: Any, sample: tuple[int, ...]) -> Result:
    """Return the result of a sample as that of the whole image, which is denoised where it is computed.

    Parameters
    ----------
    result : Result
        Of the sample.
    image : (..., Y, X) dask array
    sample : tuple of int
        Shape of the sample: planes, or runs of planes that lie one beside the other.

    Returns
    -------
    Result
        With dask arrays; without any where nothing was trained.
    """
    model = result.denoiser
    if model is None:
        return replace(result, denoised=None, stage1=None, stage2=None)
    stages = {
        # It was trained on a sample of this image.
        f"stage{stage}": model.predict(image, stage=stage, device=result.settings.device, anyway=True)
        for stage in model.networks
    }
    parts = "planes" if math.prod(image.shape[-2:]) <= SAMPLE_PIXELS else "pieces of planes"
    if len(sample) > 3:
        parts = f"parts of {sample[1]} planes each, {sample[2]} x {sample[3]} pixels,"
    said = f"The image is too large to be read whole: {sample[0]} {parts} spread over it were trained on."
    report = replace(result.report, messages=(*result.report.messages, said))
    return replace(result, denoised=stages[f"stage{max(model.networks)}"], report=report, **stages)
