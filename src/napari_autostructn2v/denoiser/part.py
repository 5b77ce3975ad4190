"""A trained model as it denoises parts of an image, without a look at the rest and without a look whether it fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import InputError, MissingPixelsError
from ..images import Planes, find_drift, line_offsets, on_scale
from ..network import (
    GIVE_BACK_REACH,
    NO_CONTEXT,
    Context,
    TrainedNetwork,
    UNet,
    give_back,
    predict_planes,
    prediction_symmetries,
    resolve_device,
)
from ..noise import BlindMask, NoiseModel
from ..settings import Settings, StageSettings, sized_to
from ..stop import StopToken
from .contents import NOISE_ARRAYS, NOISE_NUMBERS

__all__ = ["PartDenoiser"]


@dataclass(frozen=True, eq=False)
class PartDenoiser:
    """Trained networks with all that is needed to denoise parts of an image with them.

    Its parameters are those of :class:`~.model.Denoiser`, which adds the look whether it fits.
    """

    networks: dict[str, UNet]
    settings: Settings
    mask: BlindMask
    noise: NoiseModel
    offset: float
    scale: float
    usual_excess: float | None = None
    steps: dict[str, int] = field(default_factory=dict)
    flattened: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    from_start: tuple[str, ...] = ()
    trainings: dict[str, StageSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        noise = (getattr(self.noise, name) for name in (*NOISE_ARRAYS, *NOISE_NUMBERS))
        numbers = [self.offset, self.scale, 0 if self.usual_excess is None else self.usual_excess, *noise]
        finite = all(np.isfinite(number).all() for number in numbers) and self.scale > 0
        if not finite or not all(network.is_finite for network in self.networks.values()):
            raise InputError(
                "The model holds values that are no numbers, so it would give black images: its training diverged, or "
                "the measured noise is damaged. Train again, with a smaller learning_rate if it is not the default."
            )

    def context(self, stage: str | None = None) -> Context:
        """Return what the network of a stage, by default the last one, is shown of other planes."""
        return self.contexts.get(stage or max(self.networks), NO_CONTEXT)

    def training(self, stage: str) -> StageSettings:
        """Return what a stage was really trained with, as far as that is known."""
        asked_for: StageSettings = getattr(self.settings, f"stage{stage}")
        return self.trainings.get(stage, asked_for)

    def training_on(self, stage: str, shape: tuple[int, int, int]) -> StageSettings:
        """Return what a stage was trained with, for no longer than suits (N, Y, X) planes: they may be a piece."""
        asked_for: StageSettings = getattr(self.settings, f"stage{stage}")
        shares_noise = bool(self.blind_mask(stage).sum() > 1)
        suits = sized_to(asked_for, shape, shares_noise=shares_noise, from_start=stage in self.from_start)
        training = sized_to(self.training(stage), shape)
        return replace(training, num_epochs=min(training.num_epochs, suits.num_epochs))

    @property
    def reach(self) -> int:
        """Planes on either side beyond which nothing changes the result of a plane."""
        return max(self.context(stage).reach for stage in self.networks)

    def check_length(self, shape: tuple[int, ...], stage: str | None = None) -> int:
        """Return how many planes of an image stand one beside the other, or say that they are too few.

        Parameters
        ----------
        shape : tuple of int
            Of the image.
        stage : {"1", "2"} or None

        Raises
        ------
        InputError
            If the model looks at other planes and there are none.
        """
        context = self.context(stage)
        length = shape[-3] if len(shape) > 2 else 1
        if context.channels and length < 2 + context.leave_out:
            raise InputError(
                "This model was trained on a stack and uses the planes beside each plane, but this image has "
                f"{length}. Give it the whole stack, or train a model with context 'none'."
            )
        return length if context.channels else 1

    def predict_part(
        self,
        part: np.ndarray,
        *,
        stage: str | None = None,
        device: str = "auto",
        stop: StopToken | None = None,
        on_tile: Callable[[int, int], None] | None = None,
        dtype: Any = None,
        tile: int | None = None,
        lines_are_flat: bool = False,
        chosen: slice = slice(None),
    ) -> np.ndarray:
        """Denoise a part of an image, without a look at the rest and without a check whether the model fits it.

        Parameters
        ----------
        part : (..., Y, X) ndarray
            Whole planes, or pieces of them; up to :attr:`margin` pixels from where a piece is cut off, the result is
            not that of the whole plane. A model that looks at other planes takes those along the last axis before Y
            and X; :attr:`reach` planes from where these are cut off, the result is not that of the whole stack.
        stage, device, stop, on_tile, dtype, tile
            As for :meth:`predict`.
        lines_are_flat : bool
            The offsets of lines have been taken out already, as they must be where a plane is cut: see
            :meth:`line_offsets`.
        chosen : slice
            Planes to denoise, along the last axis before Y and X; the others are only looked at.

        Returns
        -------
        (..., Y, X) ndarray
            Of the chosen planes.

        Raises
        ------
        InputError
            If the part holds NaN or infinite values.
        Stopped
            If the stop token was set before the end.
        """
        if part.ndim > 2 and not self.context(stage).channels:
            part, chosen = part[..., chosen, :, :], slice(None)
        if part.dtype.kind == "f" and not np.isfinite(part).all():
            raise MissingPixelsError("The image has pixels that are NaN or infinite; replace them or crop them away.")
        planes = self.normalised(part, lines_are_flat=lines_are_flat)
        denoise = self.on_planes(stage, device=device, stop=stop, on_tile=on_tile, tile=tile)
        stacks = planes.values.reshape(-1, self.check_length(part.shape, stage), *part.shape[-2:])
        results = [denoise(stack, chosen) for stack in stacks]
        denoised = results[0][None] if len(results) == 1 else np.stack(results)
        left = part.shape if chosen == slice(None) else (*part.shape[:-3], denoised.shape[1], *part.shape[-2:])
        return planes.restore(denoised.reshape(left), dtype)

    def normalised(self, part: np.ndarray, *, lines_are_flat: bool = False) -> Planes:
        """Bring a (..., Y, X) part of an image to the scale of the networks, as they were trained on it."""
        # One array from beginning to end: a block of a stack has dozens of planes.
        planes = on_scale(part, self.offset, self.scale).without_hot_pixels(self.usual_excess, in_place=True)
        return planes.without_line_offsets(() if lines_are_flat else self.flattened, in_place=True)

    @property
    def normalised_noise(self) -> NoiseModel:
        """The noise on the scale of the networks."""
        return self.noise.rescaled(1 / self.scale, -self.offset / self.scale)

    def on_planes(
        self,
        stage: str | None = None,
        *,
        device: str = "auto",
        stop: StopToken | None = None,
        on_tile: Callable[[int, int], None] | None = None,
        tile: int | None = None,
    ) -> Callable[[np.ndarray, slice], np.ndarray]:
        """Return what denoises chosen planes of one stack, both (N, Y, X) float32 on the scale of the networks.

        Parameters
        ----------
        stage, device, stop, on_tile, tile
            As for :meth:`predict`.
        """
        network, stage = self.network(stage).to(resolve_device(device)), stage or max(self.networks)
        turns = prediction_symmetries(getattr(self.settings, f"stage{stage}"), self.blind_mask(stage))
        noise, context = self.normalised_noise, self.context(stage)

        def denoise(stack: np.ndarray, chosen: slice) -> np.ndarray:
            drift = find_drift(stack, len(stack), stop) if context.follows_drift else None
            result = predict_planes(
                network,
                stack,
                context=context,
                length=len(stack),
                drift=drift,
                chosen=chosen,
                tile=tile or self.settings.tile,
                symmetries=turns,
                stop=stop,
                on_tile=on_tile,
            )
            give_back(stack[chosen], result, noise)
            return result

        return denoise

    def trained_on(self, image: np.ndarray) -> tuple[TrainedNetwork, np.ndarray]:
        """Return the network of the last stage with all that it is used with on a (..., Y, X) image, and its planes.

        The (N, Y, X) float32 planes are on the scale of the network.
        """
        stage, values = max(self.networks), self.normalised(image).values
        context, length = self.context(stage), self.check_length(image.shape, stage)
        drift = find_drift(values, length) if context.follows_drift else None
        training = self.training_on(stage, values.shape)
        return TrainedNetwork(self.network(), training, self.blind_mask(stage), context, length, drift), values

    def blind_mask(self, stage: str) -> np.ndarray:
        """Return the blind mask that a stage was trained with."""
        return self.mask.pattern if stage == "2" else np.ones((1, 1), bool)

    def line_offsets(self, strips: np.ndarray) -> np.ndarray:
        """Estimate the offset of every row of a plane that is denoised in pieces.

        Parameters
        ----------
        strips : (Y, K) ndarray
            What :func:`~.images.line_strips` names of all rows, side by side; of the transposed plane for columns.

        Returns
        -------
        (Y,) float32
            In the units of the image.
        """
        plane = on_scale(strips, self.offset, self.scale).without_hot_pixels(self.usual_excess).values[0]
        return line_offsets(plane - plane.mean()) * np.float32(self.scale)

    @property
    def margin(self) -> int:
        """Pixels beyond which nothing reaches through a network, rounded up to where pooling begins anew."""
        multiple = max(16, *(network.multiple for network in self.networks.values()))
        reach = max(network.reach for network in self.networks.values()) + GIVE_BACK_REACH
        return -(-reach // multiple) * multiple

    def network(self, stage: str | None = None) -> UNet:
        """Return the network of a stage, by default the last one; an InputError where there is none."""
        if stage is None:
            return self.networks[max(self.networks)]
        if stage not in self.networks:
            raise InputError(
                f"This model has no stage {stage}; it was trained with stage {' and '.join(self.networks)}."
            )
        return self.networks[stage]
