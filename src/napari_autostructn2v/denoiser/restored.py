"""A network from the weights of a file."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch

from ..errors import InputError
from ..network import Context, UNet
from ..settings import StageSettings

__all__ = ["restored"]


def restored(weights: Mapping[str, np.ndarray], settings: StageSettings, context: Context) -> UNet:
    """Build the network that settings describe with the weights of a file.

    No memory is taken before the file is known to hold all weights: what the settings say may be gigabytes.

    Raises
    ------
    InputError
        If the weights are not those of that network.
    """
    with torch.device("meta"):  # names and shapes alone
        expected = UNet(settings.features, settings.num_layers, context.channels).state_dict()
    shapes = {name: tuple(weight.shape) for name, weight in expected.items()}
    if {name: array.shape for name, array in weights.items()} != shapes:
        needed = sum(math.prod(shape) for shape in shapes.values())
        held = sum(array.size for array in weights.values())
        raise InputError(
            f"its weights are not those of the network that its settings describe ({held:,} numbers instead of "
            f"{needed:,}, or in other shapes)."
        )
    network = UNet(settings.features, settings.num_layers, context.channels)
    network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()})
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)
