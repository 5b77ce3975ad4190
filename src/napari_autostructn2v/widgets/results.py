"""What a run gives becomes image layers that lie where their source lies, and say where they come from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from ..errors import InputError

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from ..pipeline import Result
    from ..settings import Settings

__all__ = ["METADATA_KEY", "ResultLayers", "Source", "provenance"]

#: Where the metadata of a layer keep what is known about its origin.
METADATA_KEY = "autostructn2v"

#: A float32 copy, the network's output and the sums of overlapping tiles exist at the same time.
_BYTES_PER_PIXEL = 16


@dataclass(frozen=True, eq=False)
class Source:
    """What has to be known of an image layer to run on it and to place the result, even if the layer is gone by then.

    Parameters
    ----------
    name : str
    data : array-like
        The finest level; may be lazy.
    placement : dict
        Keyword arguments of a new layer: scale, translate, rotate, shear, affine, units, axis_labels.
    look : dict
        Keyword arguments of a new layer: contrast_limits, colormap, gamma, blending, interpolation2d.
    """

    name: str
    data: Any
    placement: dict[str, Any]
    look: dict[str, Any]

    @classmethod
    def of(cls, layer: Layer | None) -> Source:
        """Take down what is needed of a layer.

        Raises
        ------
        InputError
            If there is no layer, it is not an image, or colour, or too large for the memory.
        """
        if layer is None:
            raise InputError(
                "There is no image to denoise. Open one with File > Open, or try File > Open Sample > autoStructN2V."
            )
        if not isinstance(layer, Image):
            kind = type(layer).__name__
            raise InputError(f"“{layer.name}” is a {kind} layer; choose an image layer to denoise.")
        if layer.rgb:
            raise InputError(
                f"“{layer.name}” is a colour image (RGB). Split it with Layer > Split RGB, then denoise each channel."
            )
        data = layer.data[0] if layer.multiscale else layer.data
        _check_memory(data)
        return cls(
            name=layer.name,
            data=data,
            placement={
                name: getattr(layer, name)
                for name in ("scale", "translate", "rotate", "shear", "units", "axis_labels")
            } | {"affine": layer.affine.affine_matrix},
            look={
                name: getattr(layer, name)
                for name in ("contrast_limits", "colormap", "gamma", "blending", "interpolation2d")
            },
        )

    def plane_placement(self) -> dict[str, Any]:
        """Return the placement of a single plane of the source."""
        return {
            "scale": self.placement["scale"][-2:],
            "translate": self.placement["translate"][-2:],
            "rotate": np.asarray(self.placement["rotate"])[-2:, -2:],
            "shear": np.asarray(self.placement["shear"])[-1:],
            "units": self.placement["units"][-2:],
            "axis_labels": self.placement["axis_labels"][-2:],
            "affine": _last_axes(self.placement["affine"]),
        }


class ResultLayers:
    """The layers of one run: a preview that improves while training goes on and turns into the result.

    Parameters
    ----------
    viewer : napari viewer
    source : Source
    replace : bool
        Whether the result takes the place of an earlier one of the same image; otherwise it comes on top.
    """

    def __init__(self, viewer: ViewerModel, source: Source, *, replace: bool = True) -> None:
        self._viewer = viewer
        self._source = source
        self._replace = replace
        self._preview: Image | None = None
        self._preview_was_shown = False

    def show_preview(self, plane: np.ndarray) -> None:
        """Show the (Y, X) image as it is so far; a preview that the user has deleted does not come back."""
        if self._preview is not None and self._preview in self._viewer.layers:
            self._preview.data = plane
        elif not self._preview_was_shown:
            placement = self._source.placement if self._is_plane() else self._source.plane_placement()
            self._preview = self._add(plane, f"{self._source.name} denoised (preview)", placement, {"role": "preview"})
            self._preview_was_shown = True

    def finish(self, result: Result, details: dict[str, Any]) -> Image:
        """Turn the preview into the result, with stage 1 hidden below it where both stages ran.

        Parameters
        ----------
        result : Result
        details : dict
            Provenance, see :func:`provenance`.
        """
        earlier = self._earlier_results() if self._replace else []
        if result.stage1 is not None and result.stage2 is not None:
            stage1 = self._add(result.stage1, f"{self._source.name} stage 1", self._source.placement,
                               details | {"role": "stage 1"}, below=self._preview)
            stage1.visible = False
        metadata = details | {"role": "denoised"}
        preview, self._preview = self._preview, None
        if preview is not None and preview in self._viewer.layers and preview.ndim == result.denoised.ndim:
            final = preview
            final.data = result.denoised
            final.metadata[METADATA_KEY] = metadata
        else:
            final = self._add(result.denoised, f"{self._source.name} denoised", self._source.placement, metadata)
            if preview is not None:
                final.contrast_limits = preview.contrast_limits
                self._remove(preview)
        for layer in earlier:
            self._remove(layer)
        # Named last, since the earlier result held the name until now.
        final.name = f"{self._source.name} denoised"
        if result.stage1 is not None and result.stage2 is not None:
            stage1.name = f"{self._source.name} stage 1"
        return final

    def abandon(self) -> None:
        """Keep the preview, which is all that is left of a run that failed, and say so in its name."""
        if self._preview is not None and self._preview in self._viewer.layers:
            self._preview.name = f"{self._source.name} denoised (unfinished)"
            self._preview.metadata[METADATA_KEY] = {"role": "unfinished", "source": self._source.name}
        self._preview = None

    def discard(self) -> None:
        """Take away the preview of a run that came to nothing."""
        if self._preview is not None:
            self._remove(self._preview)
        self._preview = None

    def _is_plane(self) -> bool:
        return len(self._source.placement["scale"]) == 2

    def _earlier_results(self) -> list[Image]:
        """Results of earlier runs on this image, except unfinished ones."""
        found = []
        for layer in self._viewer.layers:
            origin = layer.metadata.get(METADATA_KEY)
            if (
                isinstance(origin, dict)
                and origin.get("role") in ("denoised", "stage 1")
                and origin.get("source") == self._source.name
            ):
                found.append(layer)
        return found

    def _add(self, data: np.ndarray, name: str, placement: dict[str, Any], metadata: dict[str, Any],
             below: Image | None = None) -> Image:
        """Add a layer above its source (or below another) without taking the selection away from the user."""
        layers = self._viewer.layers
        layer = Image(
            data, name=name, rgb=False, metadata={METADATA_KEY: {"source": self._source.name} | metadata},
            **placement, **self._source.look,
        )
        names = [other.name for other in layers]
        if below is not None and below in layers:
            index = layers.index(below)
        elif self._source.name in names:
            index = names.index(self._source.name) + 1
        else:
            index = len(layers)
        selected, active = set(layers.selection), layers.selection.active
        layers.insert(index, layer)
        if selected:
            layers.selection = selected
            layers.selection.active = active
        return layer

    def _remove(self, layer: Layer) -> None:
        with suppress(ValueError):  # the user was faster
            self._viewer.layers.remove(layer)


def provenance(source: str, settings: Settings, result: Result) -> dict[str, Any]:
    """Return all that is needed to repeat a run, as plain values that any file format can store.

    Parameters
    ----------
    source : str
        Name of the layer that was denoised.
    settings : Settings
    result : Result
    """
    report = result.report
    return {
        "source": source,
        "settings": settings.to_toml(),
        "random_seed": settings.random_seed,
        "versions": _versions(),
        "verdict": report.verdict,
        "mask": ["".join("1" if blind else "0" for blind in row) for row in np.asarray(result.mask.pattern)],
        "seconds": dict(report.seconds),
        "stopped": bool(report.stopped),
        "messages": list(report.messages),
    }


def _versions() -> dict[str, str]:
    versions = {}
    for package in ("napari-autostructn2v", "torch", "numpy", "napari"):
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def _check_memory(data: Any) -> None:
    """Raise if an image cannot be worked on in memory."""
    import psutil

    needed = _BYTES_PER_PIXEL * int(np.prod(data.shape, dtype=np.int64))
    free = psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"The image needs about {needed / 1e9:.1f} GB of memory to be denoised and {free / 1e9:.1f} GB are free. "
            "Crop it, or take some of its planes."
        )


def _last_axes(affine: np.ndarray) -> np.ndarray:
    """Return the (3, 3) part of an affine matrix that concerns the last two axes."""
    keep = [-3, -2, -1]
    return np.asarray(affine)[np.ix_(keep, keep)]
