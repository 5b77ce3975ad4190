"""One stage of a run: train a network, smooth what needs smoothing, denoise the planes."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..noise import Brightness, Measurement
from ..progress import Phase, Progress
from ..roi import StackPatches
from ..settings import Settings, StageSettings, after_start
from ..stop import Stopped, StopToken
from .brightness import blind_pixels, set_level
from .divergence import check_denoised, check_training
from .from_start import adapt
from .prediction import predicted
from .preview import Preview, Shown
from .race import Entry, about_stack, race, steps_judged_after

if TYPE_CHECKING:
    import torch

    from ..denoiser import Denoiser
    from ..network import Context, UNet

__all__ = ["StageTask", "TrainedStage", "about_kept", "run_stage"]

#: A share of the original that is said to be kept.
_MUCH_KEPT = 0.2


@dataclass(frozen=True, eq=False)
class StageTask:
    """What one stage has to do.

    Parameters
    ----------
    name : {"1", "2"}
    settings : StageSettings
    blind_mask : (H, W) bool
    patches : StackPatches or None
    contexts : tuple of Context
        What may be shown of other planes; held-out pixels decide between several.
    is_last : bool
        Whether no stage follows.
    steps_to_come : int
        Training steps of the stage that follows, for the estimate of the time left.
    from_start : bool
        Whether training sets out from the network that has seen images.
    """

    name: str
    settings: StageSettings
    blind_mask: np.ndarray
    patches: StackPatches | None
    contexts: tuple[Context, ...]
    is_last: bool
    steps_to_come: int = 0
    from_start: bool = False

    @property
    def phase(self) -> Phase:
        """The stage as events name it."""
        return "stage 1" if self.name == "1" else "stage 2"

    @property
    def is_short(self) -> bool:
        """Whether the network that has seen images has little to learn: other planes would be new to it."""
        return self.from_start and not any(context.channels for context in self.contexts)


@dataclass(frozen=True, eq=False)
class TrainedStage:
    """What became of one stage.

    Parameters
    ----------
    network : UNet or None
        None if a stop came before the first step.
    context : Context
        What it is shown of other planes.
    denoised : (N, Y, X) float32 or None
        The planes, on their scale; None if a stop came before they were denoised.
    steps : int
        Training steps, those of an earlier run included.
    seconds : dict of str to float
        Per phase.
    held_out : float
        Mean squared error over held-out blind pixels, in units of the noisy planes' variance.
    settings : StageSettings
        That the network was trained with: sized to the image, and for long or for a short while.
    message : str
        What the user should know; mostly empty.
    brightness : Brightness or None
        Of the last stage.
    from_start : bool
        Whether training set out from the network that has seen images.
    """

    network: UNet | None
    context: Context
    denoised: np.ndarray | None
    steps: int
    seconds: dict[str, float]
    held_out: float
    settings: StageSettings
    message: str = ""
    brightness: Brightness | None = None
    from_start: bool = False


def run_stage(
    task: StageTask,
    measurement: Measurement,
    settings: Settings,
    *,
    start: Denoiser | None = None,
    shown: Shown | None = None,
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
    shown : Shown or None
        What previews show.
    stop : StopToken or None

    Yields
    ------
    Progress

    Returns
    -------
    TrainedStage
    """
    from ..network import TrainedNetwork, choose_smoothing, give_back, prediction_symmetries, resolve_device, train

    planes, seed, stage = measurement.planes.values, settings.random_seed, task.settings
    short = after_start(stage, planes.shape) if task.is_short else None
    device = resolve_device(settings.device)
    done, seconds_before = _done_before(task, start, planes.shape)
    contexts = task.contexts if start is None or task.name not in start.networks else (start.context(task.name),)
    judged_at = steps_judged_after(stage) if len(contexts) > 1 else 0

    def enter(context: Context) -> Entry:
        return begin(_network_to_train(task, settings, start, device, context), context, short or stage)

    def begin(network: UNet, context: Context, trained: StageSettings) -> Entry:
        training = train(
            network,
            planes,
            trained,
            task.blind_mask,
            patches=None if task.patches is None else task.patches.corners,
            patch_size=task.patches.side if task.patches is not None else stage.roi.patch_size,
            context=context,
            length=measurement.length,
            drift=measurement.drift if context.follows_drift else None,
            seed=seed,
            first_step=done,
            judged_at=judged_at,
            may_stay=short is not None,
            stop=stop,
            phase=task.phase,
        )
        return Entry(network, context, training, trained)

    begun = time.monotonic()
    preview = Preview(shown, settings.tile, stop, at_once=task.is_short)
    title, last = task.phase.capitalize(), 0.0
    if short is not None and done == 0:
        trainings = adapt(enter(contexts[0]), short.steps, lambda tried: begin(tried.network, tried.context, stage))
    else:
        trainings = race(enter, contexts, stage.steps, judged_at)
    while True:
        try:
            event, entry = next(trainings)
        except StopIteration as end:
            entry, trained, entries = end.value
            break
        last = last if event.held_out is None else event.held_out
        left = event.seconds_left or 0.0
        left += (time.monotonic() - begun) / max(1, event.step - done) * task.steps_to_come
        said = f"{title}: step {event.step} of {event.total}"
        yield replace(event, message=said, seconds_left=left, preview=preview.next(entry.network, entry.context))
    network, context, length = entry.network, entry.context, measurement.length
    drift = measurement.drift if context.follows_drift else None
    seconds: dict[str, float] = {task.phase: seconds_before + time.monotonic() - begun}
    ended = TrainedStage(
        network, context, None, trained.steps, seconds, trained.held_out, entry.settings, from_start=task.from_start
    )
    if trained.steps == 0:
        return replace(ended, network=None)
    check_training(network, trained.held_out, last, stage, task.phase)
    if task.blind_mask.sum() > 1 and not (stop is not None and stop.is_set()):
        with suppress(Stopped):
            choose_smoothing(
                network,
                planes,
                measurement.noise,
                context=context,
                length=length,
                drift=drift,
                tile=settings.tile,
                seed=seed,
                stop=stop,
            )
    yield Progress("prediction", message=f"{title}: denoising the image")
    begun = time.monotonic()
    turns = prediction_symmetries(stage, task.blind_mask)
    pixels = None
    if task.is_last:
        whole = TrainedNetwork(network, stage, task.blind_mask, context, length, drift)
        with suppress(Stopped):
            pixels = blind_pixels(whole, planes, seed=seed, stop=stop)
            set_level(whole, planes, measurement.noise, pixels, stop=stop)
    denoised = predicted(entry, planes, length, drift, settings.tile, turns, stop)
    if denoised is None:
        return replace(ended, message=f"{title} was stopped before the image was denoised; its model is kept.")
    check_denoised(planes, denoised, stage, task.phase)
    kept = about_kept(give_back(planes, denoised, measurement.noise))
    brightness = None if pixels is None else pixels.brightness(planes, denoised)
    seconds["prediction"] = time.monotonic() - begun
    stack = about_stack(entry, entries, measurement, settings) if start is None else ""
    said = " ".join(part for part in (stack, kept) if part) if task.is_last else ""
    return replace(ended, denoised=denoised, message=said, brightness=brightness)


def about_kept(share: float) -> str:
    """Say that much of the original was kept, in a sentence; empty where the share, 0 to 1, is small."""
    if share < _MUCH_KEPT:
        return ""
    return (
        f"{100 * share:.0f} % of the original is kept, since what the network would remove there is more than noise, "
        "such as points and detail hardly wider than a pixel."
    )


def _done_before(task: StageTask, start: Denoiser | None, shape: tuple[int, ...]) -> tuple[int, float]:
    """Return the steps that a network has been trained for, and the seconds that these took."""
    if start is None or task.name not in start.networks:
        return 0, 0.0
    steps = (after_start(task.settings, shape) if task.is_short else task.settings).steps
    done = start.steps.get(task.name, steps)
    if done >= steps and task.is_last:
        done = steps // 2  # the last stage is given half its steps again
    return done, start.seconds.get(task.name, 0.0)


def _network_to_train(
    task: StageTask, settings: Settings, start: Denoiser | None, device: torch.device, context: Context
) -> UNet:
    from ..network import new_network, started_network

    if start is not None and task.name in start.networks:
        return copy.deepcopy(start.networks[task.name]).to(device)
    seen = started_network(task.settings, task.blind_mask, device, context) if task.from_start else None
    return seen or new_network(task.settings, settings.random_seed, device, context)
