"""The network: a small U-Net without a skip at full resolution and without normalisation layers."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from .smoothing import Smoothing

__all__ = ["UNet"]


class UNet(nn.Module):
    """U-Net that predicts a pixel from its surroundings.

    Parameters
    ----------
    features : int
        Channels at half resolution are twice as many and double with every further level; at full resolution, where
        they cost most and matter least, there are half as many.
    num_layers : int
        Number of times that the resolution is halved.
    context_channels : int
        Channels beside the image, of other planes, in which nothing is blind.

    Notes
    -----
    Average pooling and bilinear upsampling keep it free of checkerboards, and the missing skip at full resolution keeps
    the replaced values of blind pixels from shining through (Hoeck et al., N2V2, ECCV Workshops 2022). Channels are
    reduced before upsampling and skips are added, not stacked: half the time of the usual arrangement on a CPU at the
    same quality. What comes from other planes may shine through, and has a way of its own at full resolution.
    """

    def __init__(self, features: int = 16, num_layers: int = 2, context_channels: int = 0) -> None:
        super().__init__()
        widths = [max(1, features // 2)] + [features * 2**level for level in range(1, num_layers + 1)]
        self.down = nn.ModuleList(
            [_convolutions(1 + context_channels, widths[0], 1)]
            + [_convolutions(widths[level - 1], widths[level], 2) for level in range(1, num_layers + 1)]
        )
        self.reduce = nn.ModuleList([nn.Conv2d(widths[level + 1], widths[level], 1) for level in range(num_layers)])
        self.up = nn.ModuleList(
            [_convolutions(widths[level], widths[level], 1 + (level > 0)) for level in range(num_layers)]
        )
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.smoothing = Smoothing()
        self.beside = _convolutions(context_channels, widths[0], 1) if context_channels else None

    @property
    def multiple(self) -> int:
        """Sides of an input must be multiples of this."""
        return int(2 ** len(self.up))

    @property
    def reach(self) -> int:
        """Pixels beyond which nothing in an input changes a pixel of the output, wherever pooling begins."""
        # One convolution down and one up at full resolution; at each level below, two down, two up (one way only at the
        # lowest), pooling and bilinear upsampling: summed over all levels this is what is left of it.
        own = 8 * (2 ** len(self.up) - 1)
        return own + (Smoothing.REACH if self.smoothing.is_active else 0)

    @property
    def is_finite(self) -> bool:
        """Whether all weights are numbers still."""
        return all(bool(torch.isfinite(weight).all()) for weight in self.state_dict().values())

    @torch.no_grad()
    def stretch(self, slope: float, offset: float) -> None:
        """Make every prediction `slope` times what it was, plus `offset`."""
        state = self.head.state_dict()  # the parameters themselves
        share_of_image, constant = float(self.smoothing.weights[0]), float(self.smoothing.weights[-1])
        state["weight"].mul_(slope)
        # The smoothing comes after the head, and adds a share of the image and a constant of its own.
        state["bias"].mul_(slope).add_((offset + (slope - 1) * constant) / (1 + share_of_image))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the (B, 1, Y, X) prediction for a (B, 1 + context_channels, Y, X) image."""
        skips: dict[int, torch.Tensor] = {}
        if self.beside is not None:
            skips[0] = self.beside(image[:, 1:])
        for level, block in enumerate(self.down[:-1]):
            image = block(image)
            if level > 0:
                skips[level] = image
            image = functional.avg_pool2d(image, 2)
        image = self.down[-1](image)
        for level in reversed(range(len(self.up))):
            image = functional.interpolate(
                self.reduce[level](image), scale_factor=2, mode="bilinear", align_corners=False
            )
            if level in skips:
                image = image + skips[level]
            image = self.up[level](image)
        return self.smoothing(self.head(image))


def _convolutions(channels_in: int, channels_out: int, count: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in range(count):
        layers += [
            nn.Conv2d(channels_in if index == 0 else channels_out, channels_out, 3, padding=1),
            nn.LeakyReLU(0.1, inplace=True),
        ]
    return nn.Sequential(*layers)
