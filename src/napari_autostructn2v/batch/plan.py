"""What is done with every input, and what tells whether that has been done already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..disk import check_regular, fingerprint
from ..errors import InputError
from ..files import UNKNOWN, ImageFile
from ..images import Layout, named_axes
from ..large import IN_MEMORY_PIXELS
from ..microscopes import scene_fingerprint
from ..settings import Settings

if TYPE_CHECKING:
    from ..denoiser import Denoiser

__all__ = [
    "BatchPlan",
    "digest",
    "is_whole",
    "layout_of",
    "made_by",
    "plan_for",
    "run_id",
    "streams",
    "training_plan",
    "unfinished_id",
]


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """What is done with every input.

    Parameters
    ----------
    settings : Settings
        Trains a model for each input; only its device and tile matter where `models` are given.
    models : tuple of Denoiser or None
        One for all channels, or one for each; already trained.
    trained_on : tuple of Path
        Inputs that the models were trained on together: those that are on no line with the models' scale are still
        known to them.
    anyway : bool
        Apply the models to the grey values of all inputs as they are.
    axes : str or None
        Named by the user.
    unnamed : str
        Letter of the one axis of a stack whose file does not name it; empty refuses such files.
    together : bool
        One model for all channels.
    along : str
        Letter of the axis along which planes are neighbours; empty chooses.
    remove_fixed_pattern : bool
    error_maps : bool
        Write how far each result is likely to be from the truth beside it.
    judged : bool
        Judge what given models make of an image by its own noise, which has to be measured for that.
    scheduler : str or None
        Address of a dask scheduler whose workers denoise the blocks.
    identity : str
        Digest of all that decides about the pixels beside the input.
    """

    settings: Settings
    models: tuple[Denoiser, ...] | None = None
    trained_on: tuple[Path, ...] = ()
    anyway: bool = False
    axes: str | None = None
    unnamed: str = ""
    together: bool = False
    along: str = ""
    remove_fixed_pattern: bool = False
    error_maps: bool = False
    judged: bool = False
    scheduler: str | None = None
    identity: str = ""


def plan_for(
    settings: Settings,
    *parts: Any,
    axes: str | None = None,
    unnamed: str = "",
    together: bool = False,
    along: str = "",
    remove_fixed_pattern: bool = False,
    error_maps: bool = False,
    scheduler: str | None = None,
) -> BatchPlan:
    """Return a plan that knows which results were made by it.

    Parameters
    ----------
    settings : Settings
    *parts : values that JSON can hold
        What decides about the pixels beside the settings and the inputs.
    axes, unnamed, together, along, remove_fixed_pattern, error_maps, scheduler
        As for :class:`BatchPlan`.
    """
    # The device and the size of a tile change no more than the last digit.
    plain = replace(settings, device="auto", tile=Settings().tile).to_toml()
    more = [*([f"unnamed {unnamed}"] if unnamed else []), *(["error map"] if error_maps else [])]
    return BatchPlan(
        settings=settings,
        axes=axes,
        unnamed=unnamed,
        together=together,
        along=along,
        remove_fixed_pattern=remove_fixed_pattern,
        error_maps=error_maps,
        scheduler=scheduler,
        identity=digest(plain, axes, together, along, remove_fixed_pattern, *more, *parts),
    )


def training_plan(
    settings: Settings, training: Sequence[Path] | None = None, *, on_all: bool = False, **more: Any
) -> BatchPlan:
    """Return the plan of a training.

    Parameters
    ----------
    settings : Settings
    training : sequence of Path or None
        What one model for all inputs is trained on; None trains a model for each input.
    on_all : bool
        Whether `training` are the inputs themselves.
    **more
        As for :func:`plan_for`.
    """
    mask = fingerprint(Path(settings.mask.path)) if settings.mask.source == "file" else ""
    known = [] if training is None else [scene_fingerprint(path) for path in training]
    plan = plan_for(settings, mask, [] if on_all else known, on_all, **more)
    return replace(plan, identity=f"{plan.identity}{known}") if on_all else plan


def layout_of(image: ImageFile, plan: BatchPlan) -> Layout:
    """Return the axes of an image and what its channels are.

    Raises
    ------
    InputError
        If the axes are not known, or cannot be those that the user names.
    """
    said = plan.axes
    if said is None and plan.unnamed and image.axes == f"{UNKNOWN}YX" and image.array.shape[0] > 1:
        said = f"{plan.unnamed}YX"
    axes = named_axes(image.axes, image.array.shape, image.array.dtype, str(image.path), said)
    if plan.along and plan.along not in axes:
        raise InputError(
            f"{image.path} has the axes {axes}; there is no {plan.along} along which planes are neighbours."
        )
    return Layout(axes, tuple(image.array.shape), plan.together, image.names, plan.along)


def streams(image: ImageFile, plan: BatchPlan) -> bool:
    """Return True where an image is denoised block by block, and goes on where it stopped."""
    return image.kind in ("zarr", "ome-zarr") or image.array.size > IN_MEMORY_PIXELS or plan.scheduler is not None


def run_id(source: Path, plan: BatchPlan) -> str:
    """Return what a result says made it: the same only for the same pixels, settings and model."""
    from .. import __version__
    from ..files import companions

    known = [plan.identity, scene_fingerprint(source), *map(fingerprint, companions(source))]
    return f"napari-autostructn2v {__version__} run {hashlib.sha256(repr(known).encode()).hexdigest()[:16]}"


def unfinished_id(run: str) -> str:
    """Return what a result says made it that was stopped early: the same run makes it anew without being asked."""
    return f"{run}, stopped early"


def made_by(target: Path) -> str:
    """Return what made a file, as far as it says and can be read."""
    from ..files import png_software, tiff_software, zarr_software

    try:
        if target.is_dir():
            return zarr_software(target)
        check_regular(target)
        return png_software(target) if target.suffix == ".png" else tiff_software(target)
    except Exception:  # whatever it is, it is not what we have made
        return ""


def is_whole(target: Path) -> bool:
    """Return whether a result can be read to its end; a copy may have been cut short."""
    from ..files import check_end

    try:
        check_end(target)
    except InputError:
        return False
    return True


def digest(*parts: Any) -> str:
    """Return a short digest of values that JSON can hold, for :attr:`BatchPlan.identity`."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]
