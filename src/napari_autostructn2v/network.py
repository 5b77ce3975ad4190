"""The network: a small U-Net without a skip at full resolution and without normalisation layers, and its last touch."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Smoothing", "UNet", "smoothed"]


class UNet(nn.Module):
    """U-Net that predicts a pixel from its surroundings.

    Parameters
    ----------
    features : int
        Channels at half resolution are twice as many and double with every further level; at full resolution, where
        they cost most and matter least, there are half as many.
    num_layers : int
        Number of times that the resolution is halved.

    Notes
    -----
    Average pooling and bilinear upsampling keep it free of checkerboards, and the missing skip at full resolution keeps
    the replaced values of blind pixels from shining through (Hoeck et al., N2V2, ECCV Workshops 2022). Channels are
    reduced before upsampling and skips are added, not stacked: half the time of the usual arrangement on a CPU at the
    same quality.
    """

    def __init__(self, features: int = 16, num_layers: int = 2) -> None:
        super().__init__()
        widths = [max(1, features // 2)] + [features * 2**level for level in range(1, num_layers + 1)]
        self.down = nn.ModuleList(
            [_convolutions(1, widths[0], 1)]
            + [_convolutions(widths[level - 1], widths[level], 2) for level in range(1, num_layers + 1)]
        )
        self.reduce = nn.ModuleList([nn.Conv2d(widths[level + 1], widths[level], 1) for level in range(num_layers)])
        self.up = nn.ModuleList(
            [_convolutions(widths[level], widths[level], 1 + (level > 0)) for level in range(num_layers)]
        )
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.finish = Smoothing()

    @property
    def multiple(self) -> int:
        """Sides of an input must be multiples of this."""
        return int(2 ** len(self.up))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the (B, 1, Y, X) prediction for a (B, 1, Y, X) image."""
        skips = []
        for block in self.down[:-1]:
            image = block(image)
            skips.append(image)
            image = functional.avg_pool2d(image, 2)
        image = self.down[-1](image)
        for level in reversed(range(len(self.up))):
            image = functional.interpolate(
                self.reduce[level](image), scale_factor=2, mode="bilinear", align_corners=False
            )
            if level > 0:
                image = image + skips[level]
            image = self.up[level](image)
        return self.finish(self.head(image))


class Smoothing(nn.Module):
    """Adds weighted differences between an image and its smoothed versions; does nothing until weights are set.

    The weights are measured, not trained; see ``refinement.py``.
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
    offsets = torch.arange(-reach, reach + 1, device=image.device, dtype=image.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    image = functional.pad(image, (reach,) * 4, mode="reflect")
    image = functional.conv2d(image, kernel.view(1, 1, -1, 1))
    return functional.conv2d(image, kernel.view(1, 1, 1, -1))


def _convolutions(channels_in: int, channels_out: int, count: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in range(count):
        layers += [
            nn.Conv2d(channels_in if index == 0 else channels_out, channels_out, 3, padding=1),
            nn.LeakyReLU(0.1, inplace=True),
        ]
    return nn.Sequential(*layers)
