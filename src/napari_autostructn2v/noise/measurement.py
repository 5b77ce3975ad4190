"""What is known about an image before anything is trained: planes, patches, noise, and the blind mask that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..images import Planes, evenly_spread, find_drift, to_planes
from ..roi import StackPatches, select_stage_patches, spread_planes
from ..settings import MaskSettings, Settings
from ..stop import Stopped, StopToken
from .blind_mask import BlindMask
from .estimate import estimate_noise
from .independent import independent_part
from .mask_choice import choose_mask, predicted_gain
from .model import NoiseModel
from .shared_noise import planes_to_leave_out

__all__ = ["Measurement", "flattened_planes", "measure"]

#: Planes of a stack from which the gain of a mask is predicted.
_GAIN_PLANES = 4


@dataclass(frozen=True, eq=False)
class Measurement:
    """What a run starts from; made once, without training and without PyTorch.

    Parameters
    ----------
    planes : Planes
        The image without hot pixels and, where asked, without the offsets of its lines.
    flattened : str
        Which lines had offsets, in a sentence; empty where none had.
    background : StackPatches or None
        The patches of stage 1; None where they are drawn at random.
    structure : StackPatches or None
        Those of stage 2; None as well where there is no stage 2.
    noise : NoiseModel
        On the scale of `planes`.
    mask : BlindMask
    with_second : bool
        Whether stage 2 is wanted, as far as can be said now.
    length : int
        Planes of one stack along the last axis before rows and columns; 1 for a single plane.
    leave_out : int or None
        Planes on either side that share noise with a plane; None where all do, and for a single plane.
    drift : (N, 2) float64 or None
        How far the planes have moved, in pixels; None where they have not, and where that is not needed.
    """

    planes: Planes
    flattened: str
    background: StackPatches | None
    structure: StackPatches | None
    noise: NoiseModel
    mask: BlindMask
    with_second: bool
    length: int = 1
    leave_out: int | None = None
    drift: np.ndarray | None = None

    @property
    def noise_in_units(self) -> NoiseModel:
        """The noise in the units of the image."""
        return self.noise.rescaled(self.planes.scale, self.planes.offset)

    @property
    def noise_to_remove(self) -> NoiseModel:
        """The noise that a good result lacks, in units of the image; what neighbours share counts if it is noise."""
        noise = self.noise_in_units
        by_hand = noise.may_be_structure and noise.from_flat_parts and not self.mask.is_structured
        return independent_part(noise) if by_hand or self.mask.spares_structure else noise

    def gain_of(self, blind_mask: np.ndarray) -> float | None:
        """Predict what a blind mask gains over a single blind pixel, in dB; None where nothing can be said."""
        values = self.planes.values
        return predicted_gain(self.noise, values[evenly_spread(len(values), _GAIN_PLANES)], blind_mask)

    def noisy(self, image: np.ndarray) -> np.ndarray:
        """Return the image that the noise is that of: without the offsets of lines, where these were flattened."""
        return self.planes.restore(self.planes.values, np.float32) if self.planes.flattened else image

    def without_most_planes(self) -> Measurement:
        """Return the same with the few planes that :meth:`gain_of` looks at, to be kept while the image is open."""
        values = self.planes.values
        few = values[evenly_spread(len(values), _GAIN_PLANES)]
        planes = replace(self.planes, values=few, shape=few.shape)
        return replace(self, planes=planes, background=None, structure=None, drift=None)

    def remeasured(self, planes: np.ndarray, settings: MaskSettings) -> Measurement:
        """Return the measurement with the noise, and the mask that follows from it, of other planes of the same image.

        Parameters
        ----------
        planes : (N, Y, X) float32
            What stage 1 has left, on the scale of `self.planes`.
        settings : MaskSettings
        """
        noise = _noise_of(planes, self.background, settings)
        return replace(self, noise=noise, mask=_mask_for(noise, planes, settings, self.flattened))


def measure(
    image: Any, settings: Settings, *, mask: BlindMask | None = None, stop: StopToken | None = None
) -> Measurement:
    """Measure the noise of an image and choose patches and blind mask.

    Parameters
    ----------
    image : (..., Y, X) array-like
    settings : Settings
    mask : BlindMask or None
        Taken instead of what `settings.mask` says.
    stop : StopToken or None
        Polled between the steps.

    Returns
    -------
    Measurement

    Raises
    ------
    InputError
        If the image, the mask or the settings cannot be used.
    NotEnoughPatchesError
        If too few patches pass a threshold.
    Stopped
        If the stop token was set.
    """

    def check_stop() -> None:
        if stop is not None and stop.is_set():
            raise Stopped

    planes, flattened = flattened_planes(image, settings.remove_line_offsets)
    for stage in (settings.stage1, settings.stage2):
        _check_size(stage.num_layers, planes.values.shape[1:])
    check_stop()
    background = select_stage_patches(planes.values, settings.stage1)
    check_stop()
    noise = _noise_of(planes.values, background, settings.mask)
    check_stop()
    own = mask
    mask = own or _mask_for(noise, planes.values, settings.mask, flattened)
    check_stop()
    measured_later = settings.mask.source == "stage1" and own is None and settings.stages != "2"
    wanted = settings.stages in ("2", "both")
    with_second = wanted or (settings.stages == "auto" and (mask.is_structured or measured_later))
    # Selected now, so that what is wrong with the patches or the mask is said before a stage has been trained.
    structure = select_stage_patches(planes.values, settings.stage2) if with_second else None
    if with_second:
        check_mask(mask, settings.stage2.crop_size, planes.values.shape[1:])
    length = planes.shape[-3] if len(planes.shape) > 2 else 1
    leave_out = None if settings.context == "none" else planes_to_leave_out(planes.values, length)
    check_stop()
    drift = None if leave_out is None else find_drift(planes.values, length, stop)
    return Measurement(planes, flattened, background, structure, noise, mask, with_second, length, leave_out, drift)


def flattened_planes(image: Any, remove_line_offsets: bool) -> tuple[Planes, str]:
    """Bring an image to planes without hot pixels and, if asked, without the offsets of lines.

    Parameters
    ----------
    image : (..., Y, X) array-like
    remove_line_offsets : bool

    Returns
    -------
    planes : Planes
    flattened : str
        Which lines had offsets, in a sentence; empty where none had.
    """
    planes = to_planes(image).without_hot_pixels()
    if not remove_line_offsets:
        return planes, ""
    flat = planes.without_line_offsets()
    if not flat.flattened:
        return planes, ""
    by = np.std(planes.values[0] - flat.values[0]) * planes.scale
    lines = " and ".join(line.removesuffix("s") for line in flat.flattened)
    return flat, f"Each {lines} has an offset of its own (by {by:.2g} grey levels), which is taken out first."


def check_mask(mask: BlindMask, crop_size: int, plane_shape: tuple[int, ...]) -> None:
    """Raise an InputError if a mask leaves the network nothing to learn from."""
    height, width = mask.pattern.shape
    if max(height, width) >= min(crop_size, *plane_shape):
        raise InputError(
            f"The blind mask is {height} x {width} pixels, which is as large as the crops that the network learns "
            "from; choose a smaller mask or larger crops."
        )


def _check_size(levels: int, plane_shape: tuple[int, ...]) -> None:
    """Raise an InputError if an image is too small to be halved as often as the network does."""
    if min(plane_shape) < 2**levels:
        raise InputError(
            f"The network halves the image {levels} times (num_layers), for which {2**levels} x {2**levels} pixels are "
            f"needed; this one is {plane_shape[0]} x {plane_shape[1]}. Set num_layers to a smaller number."
        )


def _noise_of(planes: np.ndarray, background: StackPatches | None, settings: MaskSettings) -> NoiseModel:
    selections = None if background is None else background.selections
    return estimate_noise(planes[spread_planes(len(planes))], selections, max_lag=settings.max_lag)


def _mask_for(noise: NoiseModel, planes: np.ndarray, settings: MaskSettings, flattened: str) -> BlindMask:
    """Return the blind mask of stage 2, from wherever the settings say."""
    if settings.source == "file":
        if not settings.path:
            raise InputError("The blind mask should come from a file, but no file is named.")
        return BlindMask.load(settings.path)
    if settings.source == "editor":
        return BlindMask.from_rows(settings.pattern)
    mask = choose_mask(noise, planes, settings)
    return replace(mask, reason=f"{flattened} {mask.reason}") if flattened else mask
