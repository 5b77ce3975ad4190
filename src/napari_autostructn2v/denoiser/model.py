"""A trained model: it denoises further images of the same kind and lives in one file."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError, ModelDoesNotFitError
from ..images import as_array, check_image, in_memory, masked_like, to_planes
from ..large import SAMPLE_PIXELS, PackedModel, check_lazy, is_lazy, packed, predict_lazily, sample_planes
from ..network import TrainedNetwork, UNet, resolve_device
from ..settings import checked
from ..stop import StopToken
from .applying import check_arguments, denoise_in_runs
from .fit import Line, line_of, standing_for
from .part import PartDenoiser
from .saved import read_fields, write_fields
from .uncertainty import uncertainty_of

__all__ = ["Denoiser"]

#: Pixels of an image larger than memory that show whether a model fits.
_SAMPLE_PIXELS = 2**20


class Denoiser(PartDenoiser):
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
    from_start : tuple of str
        Stages whose training set out from the network that has seen images.
    trainings : dict of str to StageSettings
        What each stage was really trained with: the settings, with the batches, steps and learning rate that suit the
        size of the image and where the training set out from. Files of older versions do not say.

    Examples
    --------
    >>> model = Denoiser.load("cells.safetensors")  # doctest: +SKIP
    >>> denoised = model.predict(image)  # doctest: +SKIP
    """

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
        anyway: bool = False,
    ) -> Any:
        """Denoise an image.

        Parameters
        ----------
        image : (..., Y, X) array-like
            Of the kind that the model was trained on; see :meth:`fitted_to` for other units. A dask array stays lazy:
            the result is one, too, whose parts are denoised when they are computed, on whatever scheduler computes
            them. Only a sample of planes is read at once, to see whether the model fits.
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
        anyway : bool
            Apply the model to the grey values as they are, without a look at whether it was trained on such.

        Returns
        -------
        (..., Y, X) ndarray or dask array
            Shape, dtype and units of the input; integers are rounded and clipped to their range. Of a masked array,
            masked where that is.

        Raises
        ------
        InputError
            If the image cannot be used, or the model does not fit it.
        Stopped
            If the stop token was set before the end.
        """
        self.network(None if stage is None else checked(stage, str, "stage"))
        check_arguments(device, dtype, tile)
        if is_lazy(image):
            check_lazy(image)
            model = self if anyway else self.fitted_to(sample_planes(image, most=_SAMPLE_PIXELS)[0])[0]
            return predict_lazily(model, image, stage=stage, device=device, stop=stop, dtype=dtype, tile=tile)
        given = as_array(image)
        array = check_image(given)
        model = self if anyway else self.fitted_to(array)[0]
        denoised = denoise_in_runs(
            array,
            given.dtype if dtype is None else dtype,
            partial(model.predict_part, stage=stage, device=device, stop=stop, tile=tile),
            length=self.check_length(array.shape, stage),
            reach=self.context(stage).reach,
            on_tile=on_tile,
        )
        return masked_like(denoised, image)

    def uncertainty(
        self,
        image: Any,
        *,
        stage: str | None = None,
        device: str = "auto",
        stop: StopToken | None = None,
        on_step: Callable[[int, int], None] | None = None,
        seed: int = 0,
        anyway: bool = False,
    ) -> Any:
        """Estimate how far :meth:`predict` is from the truth, and where; it takes about a quarter of a training.

        Parameters
        ----------
        image : (..., Y, X) array-like
            As for :meth:`predict`, of at most 16 megapixels.
        stage, device, stop, anyway
            As for :meth:`predict`.
        on_step : callable or None
            Called with the training steps done and their total.
        seed : int

        Returns
        -------
        (..., Y, X) float32
            Root mean square error around each pixel in the units of the image: two thirds of the pixels are likely to
            be nearer to the truth than that. See ``docs/how-sure.md`` for how far to trust it. Masked where the image
            is.

        Raises
        ------
        InputError
            If the image cannot be used, or the model does not fit it.
        Stopped
            If the stop token was set before the end.
        """
        network = self.network(None if stage is None else checked(stage, str, "stage"))
        check_arguments(device, None, None)
        checked(seed, int, "seed")
        pixels = math.prod(getattr(image, "shape", ()))
        if pixels > SAMPLE_PIXELS:
            raise InputError(
                f"An error map is made for at most {SAMPLE_PIXELS / 1e6:.0f} megapixels at once, and this image has "
                f"{pixels / 1e6:.0f}. Give it a part: some planes, or a piece that shows what matters."
            )
        image = in_memory(image)
        array = check_image(image)
        if not anyway:
            fitting = self.fitted_to(array)[0]
            if fitting is not self:
                return fitting.uncertainty(
                    image, stage=stage, device=device, stop=stop, on_step=on_step, seed=seed, anyway=True
                )
        network, stage = network.to(resolve_device(device)), stage or max(self.networks)
        length = self.check_length(array.shape, stage)

        def denoise(network: UNet, planes: np.ndarray) -> np.ndarray:
            of_stack = replace(self, networks={stage: network}).on_planes(stage, device=device, stop=stop)
            stacks = planes.reshape(-1, length, *planes.shape[-2:])
            return np.concatenate([of_stack(stack, slice(None)) for stack in stacks])

        values = self.normalised(array).values
        training = self.training_on(stage, values.shape)
        error = uncertainty_of(
            TrainedNetwork(network, training, self.blind_mask(stage), self.context(stage), length),
            values,
            self.normalised_noise,
            denoise,
            seed=seed,
            stop=stop,
            on_step=on_step,
        )
        return masked_like(error.reshape(array.shape) * np.float32(self.scale), image)

    def packed(self) -> PackedModel:
        """Return the model in a form that travels to other processes, whatever device it is on here."""
        networks = {stage: copy.deepcopy(network).cpu() for stage, network in self.networks.items()}
        return packed(replace(self, networks=networks))

    def save(self, path: str | Path) -> None:
        """Write the model to one safetensors file.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        write_fields(path, vars(self))

    @classmethod
    def load(cls, path: str | Path) -> Denoiser:
        """Read a model that :meth:`save` has written.

        Raises
        ------
        InputError
            If the file is no such model.
        """
        return cls(**read_fields(path))

    def fitted_to(self, image: ArrayLike, *, known: bool = False) -> tuple[Denoiser, str]:
        """Return the model on the scale of an image; see ``fit.py`` for the rule.

        Parameters
        ----------
        image : (..., Y, X) array-like
            The image, or planes of it that stand for all.
        known : bool
            Whether it is one of several that the model was trained on together: on no scale of the model, it is still
            known to it as it is.

        Returns
        -------
        model : Denoiser
            This one where the image is on its scale.
        said : str
            One sentence where it is not, otherwise empty.

        Raises
        ------
        InputError
            If the image cannot be used.
        ModelDoesNotFitError
            If its noise, background and contrast are not those of the model on any scale.
        """
        array = check_image(image)
        some = standing_for(array.reshape(-1, *array.shape[-2:]))
        if not len(some):
            return self, ""
        planes = to_planes(some).without_hot_pixels()
        planes = planes.without_line_offsets(self.flattened)
        try:
            line = line_of(planes, self.noise, self.offset, self.scale)
        except ModelDoesNotFitError:
            if not known:
                raise
            return self, "Its noise is not that of the other images on any scale; a model of its own may do better."
        if line == Line():
            return self, ""
        noise = self.noise.rescaled(line.gain, line.offset)
        moved = replace(self, offset=line.gain * self.offset + line.offset, scale=line.gain * self.scale, noise=noise)
        return moved, (
            "The brightness range of the image differs from that of the training image (noise of "
            f"{math.sqrt(noise.variance):.3g} instead of {math.sqrt(self.noise.variance):.3g} grey levels, background "
            f"of {noise.intensities[0]:.4g} instead of {self.noise.intensities[0]:.4g}), so the model was adapted to "
            "it."
        )
