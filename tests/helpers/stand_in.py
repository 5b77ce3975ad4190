"""A stand-in for the pipeline: the same events and results in milliseconds, and without torch."""

from __future__ import annotations

import sys
import threading
import time
import types
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import napari_autostructn2v
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.images import check_image, to_planes
from napari_autostructn2v.noise import BlindMask, Measurement, NoiseModel, assess
from napari_autostructn2v.pipeline import Result, times_for_stack
from napari_autostructn2v.progress import Progress
from napari_autostructn2v.settings import Settings


@dataclass(frozen=True)
class Report:
    verdict: str
    stopped: bool
    seconds: dict = field(default_factory=lambda: {"stage 1": 1.0, "stage 2": 2.0})
    quality: object = None
    messages: tuple = ()
    steps: dict = field(default_factory=lambda: {"1": 4})


VERDICT = "The noise is correlated along rows over 1 pixel; stage 2 gains about 5 dB."


def row_noise() -> NoiseModel:
    """Noise that direct neighbours in a row share."""
    correlation = np.zeros((25, 25))
    correlation[12, 11:14] = 0.4, 1, 0.4
    return NoiseModel(correlation, np.full((25, 25), 0.01), 9.0, 9.0, np.array([100.0]), np.array([9.0]), 40)


@dataclass(eq=False)
class Model:
    """A trained model that blurs in ten tiles; `error` is raised instead, and `hold` waits for a stop at each tile."""

    settings: Settings
    mask: BlindMask
    offset: float = 100.0
    scale: float = 10.0
    noise: NoiseModel = field(default_factory=row_noise)
    error: Exception | None = None
    hold: bool = False
    tiles: list[int] = field(default_factory=list)

    def predict(self, image, *, device="auto", stop=None, on_tile=None, dtype=None, tile=None, anyway=False):
        from napari_autostructn2v.stop import Stopped

        self.tiles.append(tile)
        if self.error is not None:
            raise self.error
        for done in range(1, 11):
            if on_tile is not None:
                on_tile(done, 10)
            while self.hold and not stop.is_set():
                time.sleep(0.005)
            if stop.is_set():
                raise Stopped
        image = np.asarray(image)
        return gaussian_filter(image, (0,) * (image.ndim - 2) + (1, 1)).astype(dtype or image.dtype)

    def fitted_to(self, image, *, known=False):
        return self, ""

    def save(self, path) -> None:
        try:
            Path(path).write_text("a model")
        except OSError as error:
            raise InputError(f"{path} could not be written.") from error


class StandIn:
    """Set `steps` and `pause` for its pace; `error` is raised in phase `error_at`; it waits for a stop in `hold_at`,
    a phase, or the beginning of the second run.

    `reached` is the present phase, `runs` what it was called with, `threads` those it ran in.
    """

    def __init__(self) -> None:
        self.steps = 4
        self.pause = 0.0
        self.error: Exception | None = None
        self.error_at = "stage 1"
        self.hold_at = ""
        self.messages: tuple[str, ...] = ()
        self.reached = ""
        self.runs: list[dict] = []
        self.threads: set[threading.Thread] = set()

    def measure(self, image, settings, *, mask=None, stop=None) -> Measurement:
        planes = to_planes(image)
        noise = row_noise().rescaled(1 / planes.scale, -planes.offset / planes.scale)
        mask = mask or BlindMask(np.ones((1, 3)), VERDICT, 5.0)
        return Measurement(planes, "", None, None, noise, mask, mask.is_structured).without_most_planes()

    def _holds(self, phase: str) -> bool:
        return self.hold_at == phase or (self.hold_at == "second" and len(self.runs) == 2)

    def run(self, image, settings, *, stop=None, mask=None, preview_plane=None, start=None):
        self.threads.add(threading.current_thread())
        self.runs.append(
            {
                "settings": settings,
                "mask": mask,
                "preview_plane": preview_plane,
                "image": tuple(image.shape),
                "level": round(float(np.nanmedian(np.asarray(image, float))), -2),
            }
        )
        yield Progress("measuring", message="Measuring the noise")
        image = check_image(image)
        measurement = self.measure(image, settings, mask=mask)
        while self._holds("measuring") and not stop.is_set():
            time.sleep(0.005)
        yield Progress("measuring", message=measurement.mask.reason, measurement=measurement)
        mask = measurement.mask
        stages = {"auto": ("1", "2") if mask.is_structured else ("1",), "both": ("1", "2")}.get(
            settings.stages, (settings.stages,)
        )
        outputs = {}
        for stage in stages:
            if stop is not None and stop.is_set():
                break
            for step in range(1, self.steps + 1):
                if self.error is not None and self.error_at == f"stage {stage}":
                    raise self.error
                time.sleep(self.pause)
                plane = image.reshape(-1, *image.shape[-2:])[preview_plane or 0]
                preview = gaussian_filter(plane.astype(np.float32), 2 * step / self.steps)
                outputs[stage] = preview
                yield Progress(
                    f"stage {stage}",
                    step,
                    self.steps,
                    f"Stage {stage}",
                    loss=1 / step,
                    held_out=1.1 / step,
                    preview=preview,
                    seconds_left=12.0,
                )
                self.reached = f"stage {stage}"
                while self.hold_at == f"stage {stage}" and not stop.is_set():
                    time.sleep(0.005)
                if stop is not None and stop.is_set():
                    break
            sigma = (0,) * (image.ndim - 2) + (1, 1)
            outputs[stage] = gaussian_filter(image.astype(np.float32), sigma).astype(image.dtype)
            if stop is not None and stop.is_set():
                break
        yield Progress("prediction", 1, 1, "Denoising the whole image")
        stage1, stage2 = outputs.get("1"), outputs.get("2")
        best = stage2 if stage2 is not None else stage1
        return Result(
            denoised=best,
            stage1=stage1,
            stage2=stage2,
            mask=mask,
            measurement=measurement,
            report=Report(
                mask.reason,
                stopped=stop is not None and stop.is_set(),
                quality=None if best is None else assess(image, best, row_noise()),
                messages=self.messages,
            ),
            denoiser=None
            if best is None
            else Model(settings, mask, measurement.planes.offset, measurement.planes.scale, measurement.noise_in_units),
            settings=settings,
        )

    def install(self, monkeypatch: pytest.MonkeyPatch) -> StandIn:
        """Put the stand-in where the worker finds the pipeline."""
        module = types.ModuleType("napari_autostructn2v.pipeline")
        module.run, module.times_for_stack = self.run, times_for_stack
        module.results_helped = lambda images, results, stop: list(results)
        module.DenoisedChannel = lambda noisy, denoised, model: denoised
        module.each_helped = lambda channels, stop: [(denoised, "") for denoised in channels]
        monkeypatch.setitem(sys.modules, "napari_autostructn2v.pipeline", module)
        monkeypatch.setattr(napari_autostructn2v, "pipeline", module, raising=False)
        monkeypatch.setattr("napari_autostructn2v.noise.measure", self.measure)
        return self
