"""One stage of a run: train a network, smooth what needs smoothing, denoise the planes."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..noise import Measurement
from ..progress import Phase, Progress
from ..roi import StackPatches
from ..settings import Settings, StageSettings
from ..stop import Deadline, Stopped, StopToken
from .preview import Preview

if TYPE_CHECKING:
    import torch

    from ..denoiser import Denoiser
    from ..network import UNet

__all__ = ["StageTask", "TrainedStage", "run_stage"]

#: Seconds after a stop within which the result so far is computed, or left out.
_STOPPED_PREDICTION_SECONDS = 0.5


@dataclass(frozen=True, eq=False)
class StageTask:
    """What one stage has to do.

    Parameters
    ----------
    name : {"1", "2"}
    settings : StageSettings
    blind_mask : (H, W) bool
    patches : StackPatches or None
    is_last : bool
        Whether no stage follows.
    steps_to_come : int
        Training steps of the stage that follows, for the estimate of the time left.
    """

    name: str
    settings: StageSettings
    blind_mask: np.ndarray
    patches: StackPatches | None
    is_last: bool
    steps_to_come: int = 0

    @property
    def phase(self) -> Phase:
        """The stage as events name it."""
        return "stage 1" if self.name == "1" else "stage 2"


@dataclass(frozen=True, eq=False)
class TrainedStage:
    """What became of one stage.

    Parameters
    ----------
    network : UNet or None
        None if a stop came before the first step.
    denoised : (N, Y, X) float32 or None
        The planes, on their scale; None if a stop came before they were denoised.
    steps : int
        Training steps, those of an earlier run included.
    seconds : dict of str to float
        Per phase.
    held_out : float
        Mean squared error over held-out blind pixels, in units of the noisy planes' variance.
    message : str
        What the user should know; mostly empty.
    """

    network: UNet | None
    denoised: np.ndarray | None
    steps: int
    seconds: dict[str, float]
    held_out: float
    message: str = ""


def run_stage(
    task: StageTask,
    measurement: Measurement,
    settings: Settings,
    *,
    start: Denoiser | None = None,
    preview_plane: int | None = None,
    stop: StopToken | None = None,
) -> Generator[Progress, None, TrainedStage]:
    """Train one stage and denoise the planes with it.

    Parameters
    ----------
    task : StageTask
    measurement : Measurement
    settings : Settings
    start : Denoiser or None
        Whose networks to train on from.
    preview_plane : int or None
        Index of the plane that previews show.
    stop : StopToken or None

    Yields
    ------
    Progress

    Returns
    -------
    TrainedStage
    """
    from ..network import choose_smoothing, give_back, prediction_symmetries, resolve_device, train

    begun = time.monotonic()
    planes, seed, stage = measurement.planes.values, settings.random_seed, task.settings
    network, done, seconds_before = _network_to_train(task, settings, start, resolve_device(settings.device))
    training = train(
        network,
        planes,
        stage,
        task.blind_mask,
        patches=None if task.patches is None else task.patches.corners,
        patch_size=task.patches.side if task.patches is not None else stage.roi.patch_size,
        seed=seed,
        first_step=done,
        stop=stop,
        phase=task.phase,
    )
    preview = Preview(measurement.planes, preview_plane, network, settings.tile, stop)
    title = task.phase.capitalize()
    while True:
        try:
            event = next(training)
        except StopIteration as end:
            trained = end.value
            break
        left = event.seconds_left or 0.0
        left += (time.monotonic() - begun) / max(1, event.step - done) * task.steps_to_come
        said = f"{title}: step {event.step} of {event.total}"
        yield replace(event, message=said, seconds_left=left, preview=preview.next())
    seconds: dict[str, float] = {task.phase: seconds_before + time.monotonic() - begun}
    if trained.steps == 0:
        return TrainedStage(None, None, 0, seconds, trained.held_out)
    if task.blind_mask.sum() > 1 and not (stop is not None and stop.is_set()):
        with suppress(Stopped):
            choose_smoothing(network, planes, measurement.noise, tile=settings.tile, seed=seed, stop=stop)
    yield Progress("prediction", message=f"{title}: denoising the image")
    begun = time.monotonic()
    denoised = _predicted(network, planes, settings.tile, prediction_symmetries(stage, task.blind_mask), stop)
    if denoised is None:
        said = f"{title} was stopped before the image was denoised; its model is kept."
        return TrainedStage(network, None, trained.steps, seconds, trained.held_out, said)
    denoised = give_back(planes, denoised, measurement.noise)
    seconds["prediction"] = time.monotonic() - begun
    return TrainedStage(network, denoised, trained.steps, seconds, trained.held_out)


def _network_to_train(
    task: StageTask, settings: Settings, start: Denoiser | None, device: torch.device
) -> tuple[UNet, int, float]:
    """Return a network, the steps that it has been trained for, and the seconds that these took."""
    from ..network import new_network

    if start is None or task.name not in start.networks:
        return new_network(task.settings, settings.random_seed, device), 0, 0.0
    network = copy.deepcopy(start.networks[task.name]).to(device)
    steps = task.settings.steps
    done = start.steps.get(task.name, steps)
    if done >= steps and task.is_last:
        done = steps // 2  # the last stage is given half its steps again
    return network, done, start.seconds.get(task.name, 0.0)


def _predicted(
    network: UNet,
    planes: np.ndarray,
    tile: int,
    turns: Sequence[tuple[bool, bool, bool]],
    stop: StopToken | None,
) -> np.ndarray | None:
    """Denoise the planes; after a stop only if that is a matter of moments, and then without turning them."""
    from ..network import AS_IT_IS, predict_planes

    attempts: list[tuple[Sequence[tuple[bool, bool, bool]], StopToken | None]] = [(turns, stop)]
    if stop is not None:
        attempts.append(([AS_IT_IS], Deadline(_STOPPED_PREDICTION_SECONDS)))
    for symmetries, token in attempts:
        with suppress(Stopped):
            return predict_planes(network, planes, tile=tile, symmetries=symmetries, stop=token)
    return None
