"""A trained model: it denoises further images of the same kind and lives in one file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .blind_mask import BlindMask
from .devices import resolve_device
from .errors import InputError
from .images import to_planes
from .model_file import load_model, save_model
from .network import UNet
from .noise import NoiseModel
from .prediction import predict_planes
from .progress import StopToken
from .settings import Settings, StageSettings

__all__ = ["Denoiser"]

_NOISE_ARRAYS = ("correlation", "standard_error", "intensities", "variances")
_NOISE_NUMBERS = ("variance", "mean_variance", "tiles")


@dataclass(frozen=True, eq=False)
class Denoiser:
    """Trained networks with all that is needed to use them again.

    Parameters
    ----------
    networks : dict of str to UNet
        By stage, "1" and "2"; the last one gives the result.
    settings : Settings
        What they were trained with.
    mask : BlindMask
    noise : NoiseModel
    offset, scale : float
        ``(image - offset) / scale`` is what the networks were trained on.

    Examples
    --------
    >>> model = Denoiser.load("cells.safetensors")  # doctest: +SKIP
    >>> denoised = model.predict(image)  # doctest: +SKIP
    """

    networks: dict[str, UNet]
    settings: Settings
    mask: BlindMask
    noise: NoiseModel
    offset: float
    scale: float

    def predict(
        self,
        image: Any,
        *,
        stage: str | None = None,
        device: str = "auto",
        stop: StopToken | None = None,
        on_tile: Callable[[int, int], None] | None = None,
        dtype: Any = None,
    ) -> np.ndarray:
        """Denoise an image.

        Parameters
        ----------
        image : (..., Y, X) array-like
            Of the kind that the model was trained on, in the same units.
        stage : {"1", "2"} or None
            Whose network; None takes the last.
        device : str
        stop : StopToken or None
        on_tile : callable or None
            Called with the tiles done and their total.
        dtype : dtype or None
            Of the result; None keeps the input's.

        Returns
        -------
        (..., Y, X) ndarray
            Shape, dtype and units of the input; integers are rounded and clipped to their range.

        Raises
        ------
        InputError
            If the image cannot be used.
        Stopped
            If the stop token was set before the end.
        """
        planes = to_planes(image).without_hot_pixels()
        shift = np.float32((planes.offset - self.offset) / self.scale)
        values = planes.values * np.float32(planes.scale / self.scale) + shift
        target = resolve_device(device)
        network = self._network(stage).to(target)
        denoised = predict_planes(network, values, stop=stop, on_tile=on_tile)
        denoised -= shift
        denoised *= np.float32(self.scale / planes.scale)
        return planes.restore(denoised, dtype)

    def save(self, path: str | Path) -> None:
        """Write the model to one safetensors file.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        arrays: dict[str, np.ndarray] = {"mask": self.mask.pattern.astype(np.uint8)}
        for stage, network in self.networks.items():
            arrays |= {f"stage{stage}.{name}": weight.cpu().numpy() for name, weight in network.state_dict().items()}
        arrays |= {f"noise.{name}": np.asarray(getattr(self.noise, name)) for name in _NOISE_ARRAYS}
        numbers = {name: getattr(self.noise, name) for name in _NOISE_NUMBERS}
        numbers |= {"offset": self.offset, "scale": self.scale, "gain": self.mask.predicted_gain_db}
        metadata = {"settings": self.settings.to_toml(), "numbers": json.dumps(numbers), "reason": self.mask.reason}
        save_model(path, arrays, metadata)

    @classmethod
    def load(cls, path: str | Path) -> Denoiser:
        """Read a model that :meth:`save` has written.

        Raises
        ------
        InputError
            If the file is no such model.
        """
        arrays, metadata = load_model(path)
        try:
            settings = Settings.from_toml(metadata["settings"])
            numbers = json.loads(metadata["numbers"])
            networks = {
                stage: _restored(arrays, stage, getattr(settings, f"stage{stage}"))
                for stage in ("1", "2")
                if any(name.startswith(f"stage{stage}.") for name in arrays)
            }
            arrays_of_noise: dict[str, Any] = {name: arrays[f"noise.{name}"] for name in _NOISE_ARRAYS}
            noise = NoiseModel(**arrays_of_noise, **{name: numbers[name] for name in _NOISE_NUMBERS})
            mask = BlindMask(arrays["mask"], metadata["reason"], numbers["gain"])
            offset, scale = float(numbers["offset"]), float(numbers["scale"])
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise InputError(f"{path} lacks a part of the model or holds a damaged one; save it again.") from error
        if not networks:
            raise InputError(f"{path} holds no trained network.")
        return cls(networks, settings, mask, noise, offset, scale)

    def _network(self, stage: str | None) -> UNet:
        if stage is None:
            return self.networks[max(self.networks)]
        if stage not in self.networks:
            raise InputError(
                f"This model has no stage {stage}; it was trained with stage {' and '.join(self.networks)}."
            )
        return self.networks[stage]


def _restored(arrays: dict[str, np.ndarray], stage: str, settings: StageSettings) -> UNet:
    """Build the network of a stage from the weights of a file."""
    prefix = f"stage{stage}."
    network = UNet(settings.features, settings.num_layers)
    weights = {
        name.removeprefix(prefix): torch.from_numpy(weight.copy())
        for name, weight in arrays.items()
        if name.startswith(prefix)
    }
    network.load_state_dict(weights)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)
