"""A trained network with all that is done around it, as one TorchScript program that needs PyTorch alone."""

# Annotations stay objects: TorchScript reads them.
import io
import warnings
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..noise import NoiseModel
from .context import Context
from .give_back import SURROUNDINGS, most_removed
from .smoothing import smoothed
from .unet import UNet

__all__ = ["run_torchscript", "torchscript_of"]


def torchscript_of(
    network: UNet, context: Context, symmetries: Sequence[tuple[bool, bool, bool]], noise: NoiseModel
) -> bytes:
    """Return a program that denoises as :func:`~.predict_planes` and :func:`~.give_back` do.

    Parameters
    ----------
    network : UNet
    context : Context
        What it is shown of other planes.
    symmetries : sequence of (transpose, flip rows, flip columns)
        That results are averaged over.
    noise : NoiseModel
        On the scale of the network.

    Returns
    -------
    bytes
        For ``torch.jit.load``. It takes and gives float32 on the scale of the network: (B, 1, Y, X), or (B, 1, Z, Y, X)
        where the network is shown other planes.
    """
    network = network.cpu().eval()
    example = torch.zeros(1, 1 + context.channels, 8 * network.multiple, 8 * network.multiple)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # TorchScript is called deprecated, and is what other programs read
        traced = torch.jit.trace(network, example, check_trace=False)
        near, far = (torch.jit.trace(_Surroundings(reach), example[:, :1], check_trace=False) for reach in SURROUNDINGS)
        # Rows of windows: first and last plane on either side.
        windows = [[first + context.leave_out, last + context.leave_out] for first, last in context.distances]
        turns = [list(turn) for turn in symmetries]
        program = torch.jit.script(_Portable(traced, near, far, network.multiple, windows, turns, noise).eval())
        content = io.BytesIO()
        torch.jit.save(program, content)
    return content.getvalue()


def run_torchscript(program: bytes, image: np.ndarray) -> np.ndarray:
    """Run what :func:`torchscript_of` has returned, as another program would, on a float32 array."""
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        result: torch.Tensor = torch.jit.load(io.BytesIO(program))(torch.from_numpy(image))
    return result.numpy()


class _Surroundings(nn.Module):
    """The mean over the surroundings of a pixel."""

    def __init__(self, reach: float) -> None:
        super().__init__()
        self.reach = reach

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return smoothed(image, self.reach)


class _Portable(nn.Module):
    """What TorchScript compiles: hence loops and lists where the package has slices and comprehensions."""

    windows: list[list[int]]
    symmetries: list[list[bool]]
    intensities: torch.Tensor
    variances: torch.Tensor

    def __init__(
        self,
        network: nn.Module,
        near: nn.Module,
        far: nn.Module,
        multiple: int,
        windows: list[list[int]],
        symmetries: list[list[bool]],
        noise: NoiseModel,
    ) -> None:
        super().__init__()
        self.network = network
        self.near = near
        self.far = far
        self.multiple = multiple
        self.windows = windows
        self.symmetries = symmetries
        self.most_near, self.most_far = most_removed(noise)
        last = noise.intensities[-1:]
        self.slope = float((noise.variance_at(last + 1) - noise.variance_at(last))[0])
        self.register_buffer("intensities", torch.tensor(noise.intensities, dtype=torch.float64))
        self.register_buffer("variances", torch.tensor(noise.variances, dtype=torch.float64))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        if len(self.windows) == 0:
            return self.denoised(image, image)
        results: list[torch.Tensor] = []
        for plane in range(image.shape[2]):
            channels = [image[:, :, plane]]
            for before in [True, False]:
                for window in self.windows:
                    first, last = self.span(plane, image.shape[2], window[0], window[1], before)
                    channels.append(image[:, :, first : last + 1].mean(2))
            results.append(self.denoised(torch.cat(channels, 1), image[:, :, plane]))
        return torch.stack(results, 2)

    def span(self, plane: int, length: int, near: int, far: int, before: bool) -> tuple[int, int]:
        """Return first and last plane of a window, as :meth:`~.Context.spans` has them."""
        there_before, there_after = plane - near >= 0, plane + near < length
        if (before and there_before) or (not before and not there_after and there_before):
            return max(plane - far, 0), plane - near
        if there_after:
            return plane + near, min(plane + far, length - 1)
        farthest = length - 1 if 2 * plane < length else 0
        return farthest, farthest

    def denoised(self, channels: torch.Tensor, plane: torch.Tensor) -> torch.Tensor:
        """Denoise one plane with what is shown beside it, and put back what is far more than noise."""
        height, width = channels.shape[2], channels.shape[3]
        beyond = [0, -width % self.multiple, 0, -height % self.multiple]
        padded = functional.pad(channels, beyond, mode="reflect")
        total = torch.zeros_like(padded[:, :1])
        for turn in self.symmetries:
            axes: list[int] = []
            if turn[1]:
                axes.append(2)
            if turn[2]:
                axes.append(3)
            turned = padded.transpose(2, 3) if turn[0] else padded
            result = self.network(turned.flip(axes).contiguous()).flip(axes)
            total = total + (result.transpose(2, 3) if turn[0] else result)
        result = (total / len(self.symmetries))[:, :, :height, :width]
        removed, variance = plane - result, self.variance_at(result)
        found = self.near(removed * removed)
        kept = (self.near(self.most_near * variance) / found.clamp(min=1e-37)).clamp(0, 1)
        found = self.far(kept * kept * removed * removed)
        kept = kept * (self.far(self.most_far * variance) / found.clamp(min=1e-37)).clamp(0, 1)
        return result + removed * (1 - kept)

    def variance_at(self, intensity: torch.Tensor) -> torch.Tensor:
        """Return the variance of the noise at intensities, as :meth:`~.NoiseModel.variance_at` does."""
        at, known = intensity.double(), self.intensities
        count = known.shape[0]
        if count == 1:
            found = self.variances[0].expand(at.shape)
        else:
            right = torch.searchsorted(known, at.contiguous()).clamp(1, count - 1)
            width = (known[right] - known[right - 1]).clamp(min=1e-300)
            share = ((at - known[right - 1]) / width).clamp(0, 1)
            found = self.variances[right - 1] + share * (self.variances[right] - self.variances[right - 1])
        return (found + self.slope * (at - known[count - 1]).clamp(min=0)).float()
