"""The smoothing at the end of a network: weighted differences between an image and its smoothed versions."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Smoothing", "smoothed"]


class Smoothing(nn.Module):
    """Adds weighted differences between an image and its smoothed versions; does nothing until weights are set.

    The weights are measured, not trained; see ``smoothing_choice.py``.
    """

    #: Standard deviations of the Gaussians, in pixels; cut at three of them.
    SIGMAS = (0.6, 1.0, 1.7, 3.0)
    #: Pixels over which they reach.
    REACH = 9

    weights: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.count = len(self.SIGMAS) + 2
        self.register_buffer("weights", torch.zeros(self.count))
        self._active = False

    def set_weights(self, weights: torch.Tensor) -> None:
        """Set the (count,) weights."""
        self.weights.copy_(weights)
        self._active = bool(self.weights.any())

    @property
    def is_active(self) -> bool:
        """Whether any weight is set."""
        return self._active

    def clear(self) -> None:
        """Do nothing from now on."""
        self.set_weights(torch.zeros_like(self.weights))

    def terms(self, image: torch.Tensor) -> torch.Tensor:
        """Return what is weighted, (B, count, Y, X): the image, smoothed minus itself, and one."""
        differences = [smoothed(image, sigma) - image for sigma in self.SIGMAS]
        return torch.cat([image, *differences, torch.ones_like(image)], 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the (B, 1, Y, X) image plus its weighted terms."""
        if not self._active:
            return image
        return image + (self.terms(image) * self.weights[:, None, None]).sum(1, keepdim=True)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._active = bool(self.weights.any())


def smoothed(image: torch.Tensor, sigma: float) -> torch.Tensor:
    """Smooth (B, 1, Y, X) images by a Gaussian that is cut at three sigma, mirrored at the border."""
    reach = math.ceil(3 * sigma)
    weights = [math.exp(-0.5 * (offset / sigma) ** 2) for offset in range(reach + 1)]
    whole = 2 * sum(weights) - weights[0]
    image = functional.pad(image, (reach,) * 4, mode="reflect")
    for axis in (-2, -1):
        # Sums of moved images are four times as fast as a convolution of one channel.
        length = image.shape[axis] - 2 * reach
        total = image.narrow(axis, reach, length) * (weights[0] / whole)
        for offset in range(1, reach + 1):
            beside = image.narrow(axis, reach - offset, length) + image.narrow(axis, reach + offset, length)
            total.add_(beside, alpha=weights[offset] / whole)
        image = total
    return image
