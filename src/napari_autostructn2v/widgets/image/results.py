"""What a run gives becomes image layers that lie where their source lies, and say where they come from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from .layer_order import METADATA_KEY, add_quietly, is_made_from, mark_as_made, origin_of
from .source import Source

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from ...denoiser import Denoiser
    from ...noise import Quality
    from ...pipeline import Result
    from ...settings import Settings
    from ..work import Prediction

__all__ = ["ADDING", "Outcome", "ResultLayers", "model_provenance", "notes_of", "provenance"]

#: Ways of blending in which a result on top of its source would show both at once.
ADDING = ("additive", "minimum", "multiplicative")


@dataclass(frozen=True, eq=False)
class Outcome:
    """What there is to show after a run, wherever it comes from.

    Parameters
    ----------
    source : Source
    denoised : (..., Y, X) ndarray or None
    stage1 : (..., Y, X) ndarray or None
        Only where both stages were asked for.
    origin : dict
        Provenance, see :func:`provenance`.
    result : Result or None
        All that is known of a run of the pipeline; of the channel that came out worst where there are several.
    quality : Quality or None
        What can be said about the denoised image.
    notes : tuple of str
        What else the user should know, one sentence each.
    each : tuple of Result or None
        Of each channel.
    judged : str
        Name of the channel that `quality` is about, where there are several.
    """

    source: Source
    denoised: np.ndarray | None
    stage1: np.ndarray | None
    origin: dict[str, Any]
    result: Result | None = None
    quality: Quality | None = None
    notes: tuple[str, ...] = ()
    each: tuple[Result | None, ...] = ()
    judged: str = ""

    @property
    def is_stopped(self) -> bool:
        """Whether the run was cancelled."""
        return self.result is not None and bool(self.result.report.stopped)

    @classmethod
    def of_result(cls, source: Source, settings: Settings, result: Result | None) -> Outcome:
        """Return what a run of the pipeline came to; None stands for one that was stopped before it had begun."""
        if result is None:
            return cls(source, None, None, {})
        stage1 = result.stage1 if result.stage2 is not None and settings.stages == "both" else None
        origin = provenance(source.name, settings, result)
        return cls(source, result.denoised, stage1, origin, result, result.report.quality, notes_of(source), (result,))

    @classmethod
    def of_prediction(cls, source: Source, origin: dict[str, Any], prediction: Prediction | None) -> Outcome:
        """Return what a model that was trained before came to; None stands for one that was stopped."""
        if prediction is None:
            return cls(source, None, None, {})
        origin = origin | {"messages": list(prediction.notes)}
        notes = (*notes_of(source), *prediction.notes)
        return cls(source, prediction.denoised, None, origin, None, prediction.quality, notes)


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
        self._colours: np.ndarray | None = None  # of the preview of an RGB image

    def show_preview(self, plane: np.ndarray, channel: int = 0) -> None:
        """Show the (Y, X) image as it is so far; a preview that the user has deleted does not come back.

        Parameters
        ----------
        plane : (Y, X) ndarray
        channel : int
            Which colour of an RGB image it is.
        """
        if self._source.is_rgb:
            plane = self._coloured(plane, channel)
        plane = plane.reshape((1,) * len(self._source.plane) + plane.shape)
        if self._preview is not None and self._preview in self._viewer.layers:
            self._preview.data = plane
        elif not self._preview_was_shown:
            # In a stack the preview lies on its own plane and leaves the others free.
            self._preview = self._add(
                plane, self._name("denoised (preview)"), self._source.plane_placement(), {"role": "preview"}
            )
            self._preview_was_shown = True

    def finish(self, outcome: Outcome) -> Image:
        """Turn the preview into the result (there must be one), with stage 1 hidden below it where both were asked for.

        What a cancelled run had reached says so in its name, and takes the place of other cancelled runs only.
        """
        assert outcome.denoised is not None
        stopped = outcome.is_stopped
        earlier = self._earlier_results(finished=not stopped) if self._replace else []
        ending = " (cancelled)" if stopped else ""
        stage1: Image | None = None
        if outcome.stage1 is not None:
            stage1 = self._add(
                outcome.stage1,
                self._name(f"stage 1{ending}"),
                self._source.placement,
                outcome.origin | {"role": "unfinished" if stopped else "stage 1"},
                below=self._preview,
            )
            stage1.visible = False
        origin = outcome.origin | {"role": "unfinished" if stopped else "denoised"}
        preview, self._preview = self._preview, None
        if preview is not None and preview in self._viewer.layers:
            final = preview
            final.data = outcome.denoised
            final.translate = self._source.placement["translate"]
            final.metadata[METADATA_KEY] = origin
        else:
            final = self._add(outcome.denoised, self._name(f"denoised{ending}"), self._source.placement, origin)
        for layer in earlier:
            self._remove(layer)
        # Named last, since the earlier results held the names until now.
        final.name = self._name(f"denoised{ending}")
        if stage1 is not None:
            stage1.name = self._name(f"stage 1{ending}")
        return final

    def _coloured(self, plane: np.ndarray, channel: int) -> np.ndarray:
        """Return the picture in view with one colour replaced, and with those that came before."""
        if self._colours is None:
            self._colours = np.array(self._source.data[self._source.plane])
        colours = self._colours = self._colours.copy()  # a new array, so that napari sees it as one
        limits = np.iinfo(colours.dtype) if colours.dtype.kind in "iu" else np.finfo(colours.dtype)
        colours[..., channel] = np.clip(plane, limits.min, limits.max)
        return colours

    def _name(self, role: str) -> str:
        return f"{self._source.name} {role}"

    def abandon(self) -> None:
        """Keep the preview, which is all that is left of a run that failed, and say so in its name."""
        if self._preview is not None and self._preview in self._viewer.layers:
            self._preview.name = self._name("denoised (unfinished)")
            self._preview.metadata[METADATA_KEY] = {"role": "unfinished", "source": self._source.name}
        self._preview = None

    def discard(self) -> None:
        """Take the preview away."""
        if self._preview is not None:
            self._remove(self._preview)
        self._preview = None

    def _earlier_results(self, *, finished: bool) -> list[Image]:
        """What earlier runs on this image have left; copies that the user has made of it are the user's."""
        roles = ("denoised", "stage 1", "unfinished", "error map") if finished else ("unfinished",)
        return [
            layer
            for layer in self._viewer.layers
            if origin_of(layer).get("role") in roles and is_made_from(layer, self._source.reference)
        ]

    def _add(
        self,
        data: np.ndarray,
        name: str,
        placement: dict[str, Any],
        metadata: dict[str, Any],
        below: Image | None = None,
    ) -> Image:
        """Add a layer above all images (or below another layer)."""
        layers = self._viewer.layers
        layer = Image(
            data,
            name=name,
            rgb=self._source.is_rgb,
            metadata={METADATA_KEY: {"source": self._source.name} | metadata},
            **placement,
            **self._source.look,
        )
        mark_as_made(layer, self._source.reference)
        add_quietly(self._viewer, layer, layers.index(below) if below is not None and below in layers else None)
        source = self._source.layer
        if source is not None and self._source.look["blending"] in ADDING:
            source.visible = False
        return layer

    def _remove(self, layer: Layer) -> None:
        with suppress(ValueError):  # the user was faster
            self._viewer.layers.remove(layer)


def notes_of(source: Source) -> tuple[str, ...]:
    """Return what should be known of the image that a result was made from."""
    return ("Missing pixels were filled with the values of the pixels next to them.",) if source.is_filled else ()


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
        "mask": list(result.mask.to_rows()),
        "seconds": dict(report.seconds),
        "stopped": bool(report.stopped),
        "messages": list(report.messages),
    }


def model_provenance(source: str, model: str, denoiser: Denoiser) -> dict[str, Any]:
    """Return where a result of a model that was trained before comes from, as plain values.

    Parameters
    ----------
    source, model : str
        Names of the layer that was denoised, and of the model.
    denoiser : Denoiser
    """
    return {
        "source": source,
        "model": model,
        "settings": denoiser.settings.to_toml(),
        "versions": _versions(),
        "verdict": denoiser.mask.reason,
        "mask": list(denoiser.mask.to_rows()),
    }


def _versions() -> dict[str, str]:
    versions = {}
    for package in ("napari-autostructn2v", "torch", "numpy", "napari"):
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions
