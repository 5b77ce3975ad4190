"""A trained model: it denoises further images of the same kind and lives in one file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError, MissingPixelsError
from ..images import Planes, check_image, line_offsets, on_scale, to_planes
from ..large import PackedModel, is_lazy, packed, planes_at_once, predict_lazily, shifted, with_margin
from ..network import (
    AS_IT_IS,
    GIVE_BACK_REACH,
    NO_CONTEXT,
    Context,
    UNet,
    give_back,
    predict_planes,
    prediction_symmetries,
    resolve_device,
)
from ..noise import BlindMask, NoiseModel
from ..settings import Settings
from ..stop import StopToken
from .contents import NOISE_ARRAYS, NOISE_NUMBERS, damaged, read_contents
from .file import save_model
from .restored import restored

__all__ = ["Denoiser"]

#: How many times larger or smaller than the model's the spread of an image may be, and by how many times the larger of
#: both spreads its mean may be off: several times the exposure is well within, another unit or bit depth is not.
_FARTHEST = 20.0


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
    usual_excess : float or None
        How far a pixel usually is from its neighbours, on that scale; tells hot pixels.
    steps : dict of str to int
        Training steps done per stage.
    flattened : tuple of str
        Of "rows" and "columns": the lines whose offsets are taken out of every plane first.
    seconds : dict of str to float
        Training time per stage.
    contexts : dict of str to Context
        What the networks are shown of other planes; where a stage is missing, nothing.

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
    usual_excess: float | None = None
    steps: dict[str, int] = field(default_factory=dict)
    flattened: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)

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

    @property
    def reach(self) -> int:
        """Planes on either side beyond which nothing changes the result of a plane."""
        return max(self.context(stage).reach for stage in self.networks)

    def predict(
        self,
        image: Any,
        *,
        stage: str | None = None,
        device: str = "auto",
        stop: StopToken | None = None,
        on_tile: Callable[[int, int], None] | None = None,
        dtype: Any = None,
        tile: int | None = None,
    ) -> Any:
        """Denoise an image.

        Parameters
        ----------
        image : (..., Y, X) array-like
            Of the kind that the model was trained on, in the same units. A dask array stays lazy: the result is one,
            too, whose parts are denoised when they are computed, on whatever scheduler computes them.
        stage : {"1", "2"} or None
            Whose network; None takes the last.
        device : str
        stop : StopToken or None
        on_tile : callable or None
            Called with the tiles done and their total.
        dtype : dtype or None
            Of the result; None keeps the input's.
        tile : int or None
            Side in pixels of the pieces in which the image is denoised; None takes that of the model's settings.

        Returns
        -------
        (..., Y, X) ndarray or dask array
            Shape, dtype and units of the input; integers are rounded and clipped to their range.

        Raises
        ------
        InputError
            If the image cannot be used, or its values are on a wholly different scale than the model's.
        Stopped
            If the stop token was set before the end.
        """
        if is_lazy(image):
            return predict_lazily(self, image, stage=stage, device=device, stop=stop, dtype=dtype, tile=tile)
        planes = to_planes(image)
        self._refuse_other_scale(planes)
        result = np.empty(planes.shape, planes.dtype if dtype is None else dtype)
        array = check_image(image).reshape(-1, *planes.shape[-2:])
        del planes
        length = self.check_length(result.shape, stage)
        stack, reach = result.reshape(array.shape), self.context(stage).reach
        tiles, step = _TileCount(on_tile, len(stack)), planes_at_once(array.shape[1:], reach)
        for first in range(0, len(stack), length):
            for start in range(0, length, step):
                run = slice(start, min(start + step, length))
                seen, within = with_margin(run, length, reach)
                stack[shifted(run, first)] = self.predict_part(
                    array[shifted(seen, first)],
                    chosen=within,
                    stage=stage,
                    device=device,
                    stop=stop,
                    on_tile=tiles.of(first + start, within.stop - within.start),
                    dtype=stack.dtype,
                    tile=tile,
                )
        return result

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
        denoised = np.stack([denoise(stack, chosen) for stack in stacks])
        left = part.shape if chosen == slice(None) else (*part.shape[:-3], denoised.shape[1], *part.shape[-2:])
        return planes.restore(denoised.reshape(left), dtype)

    def normalised(self, part: np.ndarray, *, lines_are_flat: bool = False) -> Planes:
        """Bring a (..., Y, X) part of an image to the scale of the networks, as they were trained on it."""
        planes = on_scale(part, self.offset, self.scale).without_hot_pixels(self.usual_excess)
        return planes.without_line_offsets(() if lines_are_flat else self.flattened)

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
        turned: bool = True,
    ) -> Callable[[np.ndarray, slice], np.ndarray]:
        """Return what denoises chosen planes of one stack, both (N, Y, X) float32 on the scale of the networks.

        Parameters
        ----------
        stage, device, stop, on_tile, tile
            As for :meth:`predict`.
        turned : bool
            Average over the flips and turns that the settings ask for.
        """
        network, stage = self._network(stage).to(resolve_device(device)), stage or max(self.networks)
        mask = self.mask.pattern if stage == "2" else np.ones((1, 1), bool)
        turns = prediction_symmetries(getattr(self.settings, f"stage{stage}"), mask) if turned else [AS_IT_IS]
        noise, context = self.normalised_noise, self.context(stage)

        def denoise(stack: np.ndarray, chosen: slice) -> np.ndarray:
            result = predict_planes(
                network,
                stack,
                context=context,
                length=len(stack),
                chosen=chosen,
                tile=tile or self.settings.tile,
                symmetries=turns,
                stop=stop,
                on_tile=on_tile,
            )
            return give_back(stack[chosen], result, noise)

        return denoise

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

    def packed(self) -> PackedModel:
        """Return the model in a form that travels to other processes, whatever device it is on here."""
        networks = {stage: copy.deepcopy(network).cpu() for stage, network in self.networks.items()}
        return packed(replace(self, networks=networks))

    @property
    def margin(self) -> int:
        """Pixels beyond which nothing reaches through a network, rounded up to where pooling begins anew."""
        multiple = max(16, *(network.multiple for network in self.networks.values()))
        reach = max(network.reach for network in self.networks.values()) + GIVE_BACK_REACH
        return -(-reach // multiple) * multiple

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
        arrays |= {f"noise.{name}": np.asarray(getattr(self.noise, name)) for name in NOISE_ARRAYS}
        numbers = {name: getattr(self.noise, name) for name in NOISE_NUMBERS}
        numbers |= {"offset": self.offset, "scale": self.scale, "gain": self.mask.predicted_gain_db}
        numbers |= {"usual_excess": self.usual_excess, "steps": self.steps, "evened": self.flattened}
        numbers |= {"seconds": self.seconds}
        numbers |= {"contexts": {stage: asdict(context) for stage, context in self.contexts.items()}}
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
        held = read_contents(path)
        contexts = {stage: Context(*windows) for stage, windows in held.windows.items()}
        with damaged(path):
            networks = {
                stage: restored(weights, getattr(held.settings, f"stage{stage}"), contexts.get(stage, NO_CONTEXT))
                for stage, weights in held.weights.items()
            }
        return cls(
            networks,
            held.settings,
            held.mask,
            held.noise,
            held.offset,
            held.scale,
            held.usual_excess,
            held.steps,
            held.flattened,
            held.seconds,
            contexts,
        )

    def check_fit(self, image: ArrayLike) -> None:
        """Raise if an image is on another scale than the model: a network makes nothing of such numbers.

        Parameters
        ----------
        image : (..., Y, X) array-like
            The image, or planes of it that stand for all.

        Raises
        ------
        InputError
            If the image cannot be used, or its values are on a wholly different scale than the model's.
        """
        self._refuse_other_scale(to_planes(image))

    def _refuse_other_scale(self, planes: Planes) -> None:
        contrast = planes.scale / self.scale
        distance = abs(planes.offset - self.offset) / max(planes.scale, self.scale)
        if 1 / _FARTHEST < contrast < _FARTHEST and distance < _FARTHEST:
            return
        raise InputError(
            f"This model does not fit the image: it was trained on values around {self.offset:.4g} that spread by "
            f"{self.scale:.3g}, and those of the image are around {planes.offset:.4g} and spread by "
            f"{planes.scale:.3g}. Bring the image to the units of the training image, or train on it."
        )

    def _network(self, stage: str | None) -> UNet:
        if stage is None:
            return self.networks[max(self.networks)]
        if stage not in self.networks:
            raise InputError(
                f"This model has no stage {stage}; it was trained with stage {' and '.join(self.networks)}."
            )
        return self.networks[stage]


class _TileCount:
    """Counts the tiles of some planes after others as those of the whole image."""

    def __init__(self, on_tile: Callable[[int, int], None] | None, planes: int) -> None:
        self._on_tile, self._planes = on_tile, planes

    def of(self, first: int, count: int) -> Callable[[int, int], None] | None:
        """Return what so many planes, from the first one on, call with their tiles done and their total."""
        tell = self._on_tile
        if tell is None:
            return None

        def told(done: int, total: int) -> None:
            tiles = total // count
            tell(first * tiles + done, self._planes * tiles)

        return told
