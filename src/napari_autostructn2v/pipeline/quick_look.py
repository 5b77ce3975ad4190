"""A model before any training: the network that has seen images, on the scale of an image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..large import on_disk_as_dask, sample_planes
from ..noise import measure
from ..settings import Settings
from .from_start import sets_out_from_start

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = ["quick_look"]

#: Pixels, at most, that the noise is measured on.
_MOST_PIXELS = 2**20


def quick_look(image: Any, settings: Settings) -> Denoiser | None:
    """Return a model of an image without training on it, in a second.

    Parameters
    ----------
    image : (..., Y, X) array-like
        Of what lies on disk a few planes are read.
    settings : Settings

    Returns
    -------
    Denoiser or None
        Which denoises every plane alone; None where the noise is of a kind that no network has seen.

    Raises
    ------
    InputError
        If the image or the settings cannot be used.
    """
    from ..denoiser import Denoiser
    from ..network import started_network

    settings = replace(settings, context="none")
    measured = measure(sample_planes(on_disk_as_dask(image), most=_MOST_PIXELS)[0], settings)
    name, stage, mask = "1", settings.stage1, np.ones((1, 1), bool)
    if measured.with_second:
        name, stage, mask = "2", settings.stage2, measured.mask.pattern
    if not sets_out_from_start(name, stage, mask, settings, None):
        return None
    network, planes = started_network(stage, mask), measured.planes
    assert network is not None
    return Denoiser(
        {name: network},
        settings,
        measured.mask,
        measured.noise_in_units,
        planes.offset,
        planes.scale,
        usual_excess=planes.usual_excess,
        steps={name: 0},
        flattened=planes.flattened,
        from_start=(name,),
    )
