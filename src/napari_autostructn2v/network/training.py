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
from .blind_spots import BlindSpots, symmetries
from .devices import autocast_to_bfloat16
from .optimiser import optimisers
from .unet import UNet

__all__ = ["Training", "new_network", "train"]

#: Share of the pixels that never enter the loss; their blind error tells how training goes.
HELD_OUT_SHARE = 0.02

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


def new_network(settings: StageSettings, seed: int, device: torch.device | str = "cpu") -> UNet:
    """Return an untrained network, the same for the same seed."""
    # The global generator decides the weights; it is put back so that nobody else's numbers change.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = UNet(settings.features, settings.num_layers)
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
    seed: int = 42,
    first_step: int = 0,
    stop: StopToken | None = None,
    phase: Phase = "stage 1",
) -> Generator[Progress, None, Training]:
    """Train a network to predict blind pixels from what is around their blind mask.

    Parameters
    ----------
    network : UNet
        Trained in place, from the weights that it has, on the device where it is. At every event it holds the running
        average of the weights, ready to predict; at the end the average with the least error on held-out pixels.
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
    seed : int
    first_step : int
        Where in the schedule training sets in: the steps that the network has been trained for already.
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
    crops = _Crops(planes, settings, blind_mask, spots, patches, patch_size, random, held_out_pixels)

    best, best_state, since_best = math.inf, copy.deepcopy(averaged.state_dict()), 0
    stopped = False
    loss_sum, loss_count, held_out = torch.zeros((), device=device), 0, None
    start = last_event = time.monotonic()
    step = first_step
    while step < schedule.end:
        if stop is not None and stop.is_set():
            stopped = True
            break
        batch, trainable = crops.draw()
        centres = spots.centres(trainable, random)
        hidden = spots.hide(batch, centres, random)
        loss = _blind_error(network, hidden, batch, centres)
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
            with torch.no_grad():
                held_out = float(_blind_error(averaged, *crops.held_out))
            if held_out < best:
                best, best_state, since_best = held_out, copy.deepcopy(averaged.state_dict()), 0
            else:
                since_best += 1
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
            loss_sum.zero_()
            loss_count, held_out, last_event = 0, None, now
        if settings.early_stopping and since_best >= settings.early_stopping_patience:
            schedule.finish_early(step)
    if best < math.inf:
        averaged.load_state_dict(best_state)
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


def _blind_error(network: nn.Module, hidden: torch.Tensor, truth: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """Mean squared error over blind centres."""
    image = hidden[:, None].contiguous(memory_format=torch.channels_last)
    with autocast_to_bfloat16(hidden.device):
        predicted = network(image)[:, 0]
    crop, row, column = centres.unbind(1)
    return (predicted[crop, row, column].float() - truth[crop, row, column]).square().mean()


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, step: int, steps: int) -> None:
    """Move the averaged weights towards the current ones, faster at the beginning."""
    share = max(1 / max(1.0, min(MOST_AVERAGED_STEPS, AVERAGED_SHARE * steps)), 1 / (step + 1))
    torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), share)


class _Crops:
    """Draws batches of crops from the planes and keeps a fixed batch of held-out pixels."""

    def __init__(
        self,
        planes: np.ndarray,
        settings: StageSettings,
        blind_mask: np.ndarray,
        spots: BlindSpots,
        patches: np.ndarray | None,
        patch_size: int,
        random: torch.Generator,
        held_out_pixels: torch.Generator,
    ) -> None:
        device = random.device
        self.planes = torch.as_tensor(planes, device=device)
        self.random, self.device = random, device
        self.batch_size = settings.batch_size
        multiple = 2**settings.num_layers
        self.size = max(multiple, min(settings.crop_size, *planes.shape[1:]) // multiple * multiple)
        self.symmetries = symmetries(blind_mask) if settings.use_augmentation else [(False, False, False)]
        share = min(HELD_OUT_SHARE, spots.density)
        held = torch.rand(self.planes.shape, generator=held_out_pixels, device=device) < share
        self.trainable = ~held
        self.patches = None if patches is None or not len(patches) else torch.as_tensor(patches, device=device)
        self.patch_size = patch_size
        self.roi_share = settings.roi_share if self.patches is not None else 0.0
        if self.patches is not None:
            self.selected = _covered(self.planes.shape, self.patches, self.patch_size)
        self.held_out = self._held_out_batch(spots, held, held_out_pixels)

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw a (B, S, S) batch and where its pixels may enter the loss, bool."""
        plane, top, left = self._corners(self.batch_size)
        within = torch.arange(self.size, device=self.device)
        rows, columns = top[:, None] + within, left[:, None] + within
        from_patches = torch.zeros(self.batch_size, dtype=torch.bool, device=self.device)
        count = self._from_patches(plane, rows, columns)
        from_patches[:count] = True
        kind = int(torch.randint(len(self.symmetries), (), generator=self.random, device=self.device))
        transpose, flip_rows, flip_columns = self.symmetries[kind]
        rows = rows.flip(1) if flip_rows else rows
        columns = columns.flip(1) if flip_columns else columns
        index = plane[:, None, None], rows[:, :, None], columns[:, None, :]
        batch, trainable = self.planes[index], self.trainable[index]
        if count:
            trainable = trainable & (self.selected[index] | ~from_patches[:, None, None])
        if transpose:
            batch, trainable = batch.transpose(1, 2), trainable.transpose(1, 2)
        return batch, trainable

    def _corners(
        self, count: int, random: torch.Generator | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        planes, height, width = self.planes.shape
        return (
            self._randint(planes, count, random),
            self._randint(height - self.size + 1, count, random),
            self._randint(width - self.size + 1, count, random),
        )

    def _from_patches(self, plane: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> int:
        """Move the first crops of a batch onto selected patches, in place; returns how many."""
        if self.patches is None:
            return 0
        exact = self.roi_share * self.batch_size
        count = int(exact) + int(torch.rand((), generator=self.random, device=self.device) < exact % 1)
        chosen = self.patches[self._randint(len(self.patches), count)]
        plane[:count] = chosen[:, 0]
        slack = self.patch_size - self.size
        for index, axis in ((rows, 1), (columns, 2)):
            shift = self._randint(abs(slack) + 1, count) + min(slack, 0)
            corner = (chosen[:, axis] + shift).clamp_(0, self.planes.shape[axis] - self.size)
            index[:count] = corner[:, None] + torch.arange(self.size, device=self.device)
        return count

    def _held_out_batch(
        self, spots: BlindSpots, held: torch.Tensor, random: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        plane, top, left = self._corners(2 * self.batch_size, random)
        within = torch.arange(self.size, device=self.device)
        index = plane[:, None, None], (top[:, None] + within)[:, :, None], (left[:, None] + within)[:, None, :]
        batch, chosen = self.planes[index], held[index]
        if not chosen.any():  # a very small image
            chosen = torch.ones_like(chosen)
            chosen[:, 1::2], chosen[:, :, 1::2] = False, False
        centres = chosen.nonzero()
        return spots.hide(batch, centres, random), batch, centres

    def _randint(self, below: int, count: int, random: torch.Generator | None = None) -> torch.Tensor:
        return torch.randint(below, (count,), generator=random or self.random, device=self.device)


def _covered(shape: torch.Size, patches: torch.Tensor, side: int) -> torch.Tensor:
    """(N, Y, X) bool, pixels inside a patch."""
    covered = torch.zeros(shape, dtype=torch.bool, device=patches.device)
    within = torch.arange(side, device=patches.device)
    plane, row, column = patches.unbind(1)
    covered[plane[:, None, None], (row[:, None] + within)[:, :, None], (column[:, None] + within)[:, None, :]] = True
    return covered
