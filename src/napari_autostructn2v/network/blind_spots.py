"""Blind spots: which pixels of a batch are blind, what stands in them, and which flips leave the blind mask alone."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from ..settings import MaskingStrategy

__all__ = ["BlindSpots", "symmetries"]

#: Largest share of a crop that may be hidden: beyond it the network sees too little of the image.
MOST_HIDDEN = 0.25


class BlindSpots:
    """Draws fresh blind centres for every batch and hides their blind mask.

    Parameters
    ----------
    blind_mask : (H, W) bool
        The blind mask, odd sides.
    mask_percentage : float
        Blind centres in percent of the pixels; fewer where a large mask would hide more than a quarter of a crop.
    strategy : {"random", "local_mean", "zeros"}
        What stands in a hidden pixel: a random neighbour from outside the mask, the mean of those, or zero.
    device : torch.device
    """

    def __init__(
        self, blind_mask: np.ndarray, mask_percentage: float, strategy: MaskingStrategy, device: torch.device
    ) -> None:
        hidden = int(blind_mask.sum())
        # Solves 1 - (1 - density)^hidden = MOST_HIDDEN.
        self.density = min(mask_percentage / 100, 1 - (1 - MOST_HIDDEN) ** (1 / hidden))
        self.strategy = strategy
        self.device = device
        self.offsets = torch.as_tensor(np.argwhere(blind_mask) - np.array(blind_mask.shape) // 2, device=device)
        ring = _outside(blind_mask)
        self.neighbours = torch.as_tensor(ring, device=device)
        self._mean_kernel = _mean_kernel(ring).to(device)

    def centres(self, allowed: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Draw (P, 3) blind centres (crop, row, column) among the pixels of a batch that may be blind.

        Parameters
        ----------
        allowed : (B, Y, X) bool tensor
        generator : torch.Generator

        Returns
        -------
        (P, 3) int64 tensor
            At least one, whatever is drawn: the first pixel that is allowed, or the first of all.
        """
        drawn = torch.rand(allowed.shape, generator=generator, device=self.device) < self.density
        centres = (drawn & allowed).nonzero()
        if len(centres):
            return centres
        return torch.cat([allowed.nonzero()[:1], torch.zeros((1, 3), dtype=torch.int64, device=self.device)])[:1]

    def hide(self, batch: torch.Tensor, centres: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return a (B, Y, X) batch with the blind mask around each centre replaced."""
        height, width = batch.shape[1:]
        crop = centres[:, :1].expand(-1, len(self.offsets)).reshape(-1)
        row = (centres[:, 1:2] + self.offsets[:, 0]).reshape(-1)
        column = (centres[:, 2:] + self.offsets[:, 1]).reshape(-1)
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        crop, row, column = crop[inside], row[inside], column[inside]
        if self.strategy == "zeros":
            values = torch.zeros_like(row, dtype=batch.dtype)
        elif self.strategy == "local_mean":
            reach = self._mean_kernel.shape[-1] // 2
            padded = functional.pad(batch[:, None], (reach,) * 4, mode="reflect")
            values = functional.conv2d(padded, self._mean_kernel)[crop, 0, row, column]
        else:
            # Drawn for every pixel, so that where masks overlap the value does not depend on which is written last.
            # (One offset for a whole mask, which copies a piece of the image into it, was 1 dB worse on camera noise.)
            drawn = torch.randint(len(self.neighbours), batch.shape, generator=generator, device=self.device)
            offset = self.neighbours[drawn[crop, row, column]]
            values = batch[crop, _reflected(row + offset[:, 0], height), _reflected(column + offset[:, 1], width)]
        hidden = batch.clone()
        hidden[crop, row, column] = values
        return hidden


def symmetries(blind_mask: np.ndarray) -> list[tuple[bool, bool, bool]]:
    """List the (transpose, flip rows, flip columns) combinations that leave a blind mask as it is.

    A line along rows stays one under both flips but not when it is turned; a diagonal only under a turn by 180 degrees
    and under transposition.
    """
    allowed = []
    for transpose in (False, True):
        for flip_rows in (False, True):
            for flip_columns in (False, True):
                turned = blind_mask.T if transpose else blind_mask
                turned = turned[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
                if turned.shape == blind_mask.shape and np.array_equal(turned, blind_mask):
                    allowed.append((transpose, flip_rows, flip_columns))
    return allowed


def _outside(blind_mask: np.ndarray) -> np.ndarray:
    """Offsets near a hidden pixel whose values tell nothing of its centre, wherever in the mask it lies: (P, 2)."""
    offsets = np.argwhere(blind_mask) - np.array(blind_mask.shape) // 2
    differences = {tuple(offset) for offset in (offsets[:, None] - offsets).reshape(-1, 2).tolist()}
    nearby: list[tuple[int, int]] = []
    reach = 1
    while len(nearby) < 16:
        reach += 1
        nearby = [
            (row, column)
            for row in range(-reach, reach + 1)
            for column in range(-reach, reach + 1)
            if (row, column) not in differences
        ]
    return np.array(nearby)


def _mean_kernel(neighbours: np.ndarray) -> torch.Tensor:
    reach = int(np.abs(neighbours).max())
    kernel = torch.zeros(1, 1, 2 * reach + 1, 2 * reach + 1)
    kernel[0, 0, neighbours[:, 0] + reach, neighbours[:, 1] + reach] = 1 / len(neighbours)
    return kernel


def _reflected(index: torch.Tensor, length: int) -> torch.Tensor:
    """Fold indices back into 0 to length - 1 without repeating the border."""
    index = index.abs()
    return torch.where(index >= length, 2 * (length - 1) - index, index).clamp_(0, length - 1)
