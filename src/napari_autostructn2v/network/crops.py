"""Crops of the planes: drawn for every step of a training, and kept to judge it by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..settings import StageSettings
from .blind_spots import BlindSpots, symmetries
from .context import Beside, Context, DriftingStacks, StackSums

__all__ = ["BlindCrops", "Crops"]

#: Share of the pixels that never enter the loss; their blind error tells how training goes.
HELD_OUT_SHARE = 0.02


@dataclass(frozen=True, eq=False)
class BlindCrops:
    """Crops with blind pixels and what is true there.

    Parameters
    ----------
    hidden, crops : (B, S, S) float32 tensor
        With and without blind pixels.
    centres : (P, 3) int64 tensor
        Crop, row and column of the blind pixels.
    beside : (B, C, S, S) float32 tensor or None
        Of the other planes.
    """

    hidden: torch.Tensor
    crops: torch.Tensor
    centres: torch.Tensor
    beside: torch.Tensor | None


class Crops:
    """Draws batches of crops from the planes and keeps batches of held-out pixels.

    Parameters
    ----------
    planes : (N, Y, X) float32
    settings : StageSettings
    blind_mask : (H, W) bool
    spots : BlindSpots
    patches : (P, 3) int or None
        Plane, row and column of the corners of selected patches.
    patch_size : int
    context : Context
    length : int
        Planes of one stack.
    drift : (N, 2) float or None
        Of the planes; see :func:`~.context.neighbours`.
    random, held_out_pixels : torch.Generator
        For what is drawn at every step, and for what is never trained on.
    """

    def __init__(
        self,
        planes: np.ndarray,
        settings: StageSettings,
        blind_mask: np.ndarray,
        spots: BlindSpots,
        patches: np.ndarray | None,
        patch_size: int,
        context: Context,
        length: int,
        drift: np.ndarray | None,
        random: torch.Generator,
        held_out_pixels: torch.Generator,
    ) -> None:
        device = random.device
        self.planes = torch.as_tensor(planes, device=device)
        self.others: Beside | None = None
        if context.channels:
            self.others = (
                StackSums(self.planes, context, length)
                if drift is None
                else DriftingStacks(self.planes, context, length, drift)
            )
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
        self._spots, self._held_out_pixels = spots, held_out_pixels
        self.held_out = self.more_held_out()

    def draw(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Draw a (B, S, S) batch, where its pixels may enter the loss, bool, and its (B, C, S, S) neighbours."""
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
        beside = None if self.others is None else self.others.crops(plane, rows, columns)
        if count:
            trainable = trainable & (self.selected[index] | ~from_patches[:, None, None])
        if transpose:
            batch, trainable = batch.transpose(1, 2), trainable.transpose(1, 2)
            beside = None if beside is None else beside.transpose(2, 3)
        return batch, trainable, beside

    def more_held_out(self) -> BlindCrops:
        """Draw twice as many crops as a batch has, with all their held-out pixels blind."""
        random = self._held_out_pixels
        plane, top, left = self._corners(2 * self.batch_size, random)
        within = torch.arange(self.size, device=self.device)
        rows, columns = top[:, None] + within, left[:, None] + within
        index = plane[:, None, None], rows[:, :, None], columns[:, None, :]
        batch, chosen = self.planes[index], ~self.trainable[index]
        if not chosen.any():  # a very small image
            chosen = torch.ones_like(chosen)
            chosen[:, 1::2], chosen[:, :, 1::2] = False, False
        centres = chosen.nonzero()
        beside = None if self.others is None else self.others.crops(plane, rows, columns)
        return BlindCrops(self._spots.hide(batch, centres, random), batch, centres, beside)

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

    def _randint(self, below: int, count: int, random: torch.Generator | None = None) -> torch.Tensor:
        return torch.randint(below, (count,), generator=random or self.random, device=self.device)


def _covered(shape: torch.Size, patches: torch.Tensor, side: int) -> torch.Tensor:
    """(N, Y, X) bool, pixels inside a patch."""
    covered = torch.zeros(shape, dtype=torch.bool, device=patches.device)
    within = torch.arange(side, device=patches.device)
    plane, row, column = patches.unbind(1)
    covered[plane[:, None, None], (row[:, None] + within)[:, :, None], (column[:, None] + within)[:, None, :]] = True
    return covered
