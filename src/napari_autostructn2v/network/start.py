"""The start: networks that have learned from pictures made by code (scripts/train_start.py, docs/start.md)."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import torch

from ..settings import StageSettings, has_start
from .context import NO_CONTEXT, Context
from .unet import UNet

__all__ = ["started_network"]


def started_network(
    settings: StageSettings,
    blind_mask: np.ndarray,
    device: torch.device | str = "cpu",
    context: Context = NO_CONTEXT,
) -> UNet | None:
    """Return a network that has seen images, or None where there is none.

    Parameters
    ----------
    settings : StageSettings
        Of which only the size of the network counts.
    blind_mask : (H, W) bool
        The blind mask: there is a start for noise that pixels do not share, or share along rows or columns only.
    device : torch.device
    context : Context
        What the network is shown of other planes. The start has seen planes alone, so it begins by making nothing of
        them.

    Returns
    -------
    UNet or None
        On the device, ready to predict.
    """
    if not has_start(settings, blind_mask.shape):
        return None
    with torch.device("meta"):
        network = UNet(settings.features, settings.num_layers, context.channels)
    wanted = network.state_dict().items()
    network.load_state_dict({name: _seen(name, weight.shape) for name, weight in wanted}, assign=True)
    network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)


def _seen(name: str, shape: torch.Size) -> torch.Tensor:
    """Return the weights of a layer, with zeros for what comes from other planes."""
    weights = torch.zeros(shape)
    if name in _weights():
        known = _weights()[name]
        weights[tuple(map(slice, known.shape))] = known
    return weights


@cache
def _weights() -> dict[str, torch.Tensor]:
    """Read weights, which are kept with half the digits, as float32."""
    from safetensors.torch import load

    content = resources.files(__package__).joinpath("start_independent.safetensors").read_bytes()
    return {name: weight.float() for name, weight in load(content).items()}
