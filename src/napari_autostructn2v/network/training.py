"""Self-supervised training of one stage: a loop that reads from top to bottom."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ..progress import Phase, Progress
from ..settings import StageSettings
from ..stop import StopToken
from .blind_spots import BlindSpots
from .context import NO_CONTEXT, Context
from .crops import BlindCrops, Crops
from .devices import autocast_to_bfloat16
from .optimiser import optimisers
from .threads import GivingWay
from .unet import UNet

__all__ = ["Training", "new_network", "train"]

#: Batches of held-out crops that tell two networks apart: one scatters too much for that.
_JUDGING_BATCHES = 8

#: The weights that predict are a running average over about this share of the steps, and at most so many.
AVERAGED_SHARE, MOST_AVERAGED_STEPS = 0.1, 50

#: Once held-out pixels no longer improve, training ends over this share of the steps done so far.
FINISHING_SHARE = 0.25

_EVENTS_PER_SECOND = 15


@dataclass(frozen=True, eq=False)
class Training:
    """How a training ended.

    Parameters
    ----------
    held_out : float
        Mean squared error over held-out blind pixels, in units of the noisy image's variance.
    steps : int
        Steps done.
    stopped : bool
        Whether the stop token ended it.
    """

    held_out: float
    steps: int
    stopped: bool


def new_network(
    settings: StageSettings, seed: int, device: torch.device | str = "cpu", context: Context = NO_CONTEXT
) -> UNet:
    """Return an untrained network, the same for the same seed."""
    # The global generator decides the weights; it is put back so that nobody else's numbers change.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = UNet(settings.features, settings.num_layers, context.channels)
    network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)


def train(
    network: UNet,
    planes: np.ndarray,
    settings: StageSettings,
    blind_mask: np.ndarray,
    *,
    patches: np.ndarray | None = None,
    patch_size: int = 32,
    context: Context = NO_CONTEXT,
    length: int = 1,
    drift: np.ndarray | None = None,
    seed: int = 42,
    first_step: int = 0,
    judged_at: int = 0,
    may_stay: bool = False,
    stop: StopToken | None = None,
    phase: Phase = "stage 1",
) -> Generator[Progress, None, Training]:
    """Train a network to predict blind pixels from what is around their blind mask.

    Parameters
    ----------
    network : UNet
        Trained in place, from the weights that it has, on the device where it is. At every event it holds the running
        average of the weights, ready to predict; at the end the average with the least error on held-out pixels, or,
        without early stopping, the last one where more held-out pixels tell no worse of it.
    planes : (N, Y, X) float32
        Zero mean and unit variance over all of them; sides of at least 16, and of at least what the network needs.
    settings : StageSettings
    blind_mask : (H, W) bool
        The blind mask; ``[[True]]`` is Noise2Void (Krull et al., CVPR 2019), anything larger structN2V
        (Broaddus et al., ISBI 2020).
    patches : (P, 3) int or None
        Plane, row and column of the upper left corners of selected patches.
        A share of `settings.roi_share` of the crops is drawn around these, with blind pixels inside them only.
    patch_size : int
        Side of the patches in pixels.
    context : Context
        What the network is shown of other planes.
    length : int
        Planes of one stack; `planes` holds one stack after the other.
    drift : (N, 2) float or None
        Of the planes, in pixels; see :func:`~..images.find_drift`.
    seed : int
    first_step : int
        Where in the schedule training sets in: the steps that the network has been trained for already.
    judged_at : int
        After this step the error that an event tells is that of more held-out pixels, the same for every network that
        is trained on these planes with this seed: good enough to tell two of them apart.
    may_stay : bool
        Whether the network is good for something before it is trained: it stays as it is unless training lessens the
        error on held-out pixels.
    stop : StopToken or None
        Polled at every step.
    phase : str
        Named in the events.

    Yields
    ------
    Progress
        At most about 15 a second.

    Returns
    -------
    Training
    """
    network.smoothing.clear()
    averaged, network = network, copy.deepcopy(network).train().requires_grad_(True)
    device = next(network.parameters()).device
    learners = optimisers(network, settings.learning_rate)
    peaks = [learner.param_groups[0]["lr"] for learner in learners]
    schedule = _Schedule(settings.steps)
    # Held-out pixels depend on the seed alone: training that goes on is judged by those that it was judged by before.
    held_out_pixels = torch.Generator(device).manual_seed(seed)
    random = torch.Generator(device).manual_seed(seed + first_step)
    spots = BlindSpots(blind_mask, settings.mask_percentage, settings.masking_strategy, device)
    crops = Crops(
        planes, settings, blind_mask, spots, patches, patch_size, context, length, drift, random, held_out_pixels
    )

    best, best_state, since_best = math.inf, copy.deepcopy(averaged.state_dict()), 0
    latest = math.inf
    stopped = False
    loss_sum, loss_count, held_out = torch.zeros((), device=device), 0, None
    to_judge = judged_at or not settings.early_stopping
    judges = [crops.more_held_out() for _ in range(_JUDGING_BATCHES if to_judge else 0)]
    step = first_step
    if may_stay:
        best = _held_out_error(averaged, [crops.held_out])
        yield Progress(phase, step, schedule.end, held_out=best)
    start = last_event = time.monotonic()
    threads = GivingWay(device)
    while step < schedule.end:
        if stop is not None and stop.is_set():
            stopped = True
            break
        with threads:
            batch, trainable, beside = crops.draw()
            centres = spots.centres(trainable, random)
            hidden = spots.hide(batch, centres, random)
            loss = _blind_error(network, BlindCrops(hidden, batch, centres, beside))
            network.zero_grad(set_to_none=True)
            loss.backward()
            rate = schedule.rate(step)
            for learner, peak in zip(learners, peaks, strict=True):
                learner.param_groups[0]["lr"] = rate * peak
                learner.step()
        step += 1
        _average(averaged, network, step - first_step, settings.steps)
        loss_sum += loss.detach()
        loss_count += 1
        if step % settings.steps_per_epoch == 0 or step == schedule.end:
            held_out = latest = _held_out_error(averaged, [crops.held_out])
            if held_out < best:
                best, best_state, since_best = held_out, copy.deepcopy(averaged.state_dict()), 0
            else:
                since_best += 1
        if step == judged_at:
            held_out = _held_out_error(averaged, judges)
        now = time.monotonic()
        if held_out is not None or now - last_event > 1 / _EVENTS_PER_SECOND:
            yield Progress(
                phase,
                step,
                schedule.end,
                loss=float(loss_sum / loss_count),
                held_out=held_out,
                seconds_left=(now - start) / (step - first_step) * (schedule.end - step),
            )
            # What others do with the event takes none of the time of the training.
            last_event = time.monotonic()
            start += last_event - now
            loss_sum.zero_()
            loss_count, held_out = 0, None
        if settings.early_stopping and since_best >= settings.early_stopping_patience:
            schedule.finish_early(step)
    if best < math.inf:
        last = None if settings.early_stopping or stopped else copy.deepcopy(averaged.state_dict())
        judged = _held_out_error(averaged, judges) if last else math.inf
        averaged.load_state_dict(best_state)
        # Where noise is strong beside what is left of it, one batch finds the best network by chance, halfway through.
        if last and judged <= _held_out_error(averaged, judges):
            averaged.load_state_dict(last)
            best = latest
    return Training(best, step, stopped)


class _Schedule:
    """Learning rate relative to its peak: a short rise, then a cosine to zero."""

    def __init__(self, steps: int) -> None:
        self.end = steps
        self._rise = max(1, min(50, steps // 10))
        self._fall_from, self._fall_start = 1.0, self._rise
        self._finishing = False

    def rate(self, step: int) -> float:
        """Return the rate of a step, counted from zero."""
        if step < self._fall_start:
            return (step + 1) / self._rise
        share = (step - self._fall_start) / max(1, self.end - self._fall_start)
        return self._fall_from * 0.5 * (1 + math.cos(math.pi * share))

    def finish_early(self, step: int) -> None:
        """Let the rate fall to zero soon: what has stopped improving at a high rate still gains from a lower one."""
        if self._finishing:
            return
        self._finishing = True
        self._fall_from, self._fall_start = self.rate(step), step
        self.end = min(self.end, step + max(10, round(FINISHING_SHARE * step)))


def _blind_error(network: nn.Module, crops: BlindCrops) -> torch.Tensor:
    """Mean squared error over blind centres."""
    image = crops.hidden[:, None]
    if crops.beside is not None:
        image = torch.cat([image, crops.beside], 1)
    image = image.contiguous(memory_format=torch.channels_last)
    with autocast_to_bfloat16(image.device):
        predicted = network(image)[:, 0]
    crop, row, column = crops.centres.unbind(1)
    return (predicted[crop, row, column].float() - crops.crops[crop, row, column]).square().mean()


@torch.no_grad()
def _held_out_error(network: nn.Module, batches: list[BlindCrops]) -> float:
    return float(torch.stack([_blind_error(network, batch) for batch in batches]).mean())


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, step: int, steps: int) -> None:
    """Move the averaged weights towards the current ones, faster at the beginning."""
    share = max(1 / max(1.0, min(MOST_AVERAGED_STEPS, AVERAGED_SHARE * steps)), 1 / (step + 1))
    torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), share)
