"""A model applied to planes as they are asked for, as someone does who scrolls through an image larger than memory."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError, MissingPixelsError
from ..images import Planes, in_memory
from ..large import BLOCK_PIXELS, Remembered, on_disk_as_dask, sample_planes, with_margin
from ..stop import StopToken
from .model import Denoiser

__all__ = ["Piece", "PlaneByPlane"]

#: Larger planes are denoised piece by piece, and only what is asked for of them.
_WHOLE_PIXELS = 2**20

#: Side in pixels of such pieces: what a network denoises at once.
_SIDE = 512

#: Pixels, at most, that show whether the model fits the image.
_SAMPLE_PIXELS = 2**20


class Piece(NamedTuple):
    """Where a piece of a plane begins and ends."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def rows(self) -> slice:
        """Its rows in the plane."""
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        """Its columns in the plane."""
        return slice(self.left, self.right)


class PlaneByPlane:
    """Denoises planes of an image, of large planes only pieces, and remembers those that were asked for last.

    The same pixels as from :meth:`Denoiser.predict` with ``flips_at_prediction`` off: without the mean over turns and
    flips, which costs up to eight times the time for 0.1 dB.

    Parameters
    ----------
    denoiser : Denoiser
    image : (..., Y, X) array-like
        May be lazy, or lie on disk.
    remembered : Remembered
        May be shared by several.
    device : str

    Raises
    ------
    InputError
        If the image cannot be used with this model, whatever its pixels are.
    """

    def __init__(self, denoiser: Denoiser, image: Any, remembered: Remembered, *, device: str = "auto") -> None:
        self.image = image
        self._given, self._remembered, self._device = denoiser, remembered, device
        self._key = object()  # under which its own planes are remembered
        self._length = denoiser.check_length(image.shape)
        self._plane_shape = height, width = image.shape[-2:]
        most = BLOCK_PIXELS if denoiser.flattened else _WHOLE_PIXELS
        self._cuts = height * width > most
        if self._cuts and denoiser.flattened:
            raise InputError(
                f"This model takes offsets of {' and '.join(denoiser.flattened)} out of whole planes, and those of "
                f"this image are too large for that while you look ({height} x {width} pixels). Apply the model to the "
                "whole image, or crop it."
            )

    def pieces(self, rows: slice, columns: slice) -> list[Piece]:
        """Return the pieces that show a part of a plane, those in its middle first.

        Parameters
        ----------
        rows, columns : slice
        """
        height, width = self._plane_shape
        if not self._cuts:
            return [Piece(0, height, 0, width)]
        found = [
            Piece(top, min(top + _SIDE, height), left, min(left + _SIDE, width))
            for top in range(rows.start // _SIDE * _SIDE, min(rows.stop, height), _SIDE)
            for left in range(columns.start // _SIDE * _SIDE, min(columns.stop, width), _SIDE)
        ]
        middle = (rows.start + rows.stop) / 2, (columns.start + columns.stop) / 2
        return sorted(
            found,
            key=lambda piece: math.hypot(
                (piece.top + piece.bottom) / 2 - middle[0], (piece.left + piece.right) / 2 - middle[1]
            ),
        )

    def remembered(self, plane: tuple[int, ...], piece: Piece) -> np.ndarray | None:
        """Return a denoised piece if it is remembered.

        Parameters
        ----------
        plane : tuple of int
            Index along the axes before Y and X.
        piece : Piece
        """
        return self._remembered.get((self._key, "denoised", plane, piece))

    def denoise(self, plane: tuple[int, ...], piece: Piece, *, stop: StopToken | None = None) -> np.ndarray:
        """Return a denoised piece, and remember it.

        Parameters
        ----------
        plane : tuple of int
            Index along the axes before Y and X.
        piece : Piece
        stop : StopToken or None

        Returns
        -------
        (Y, X) ndarray
            In the dtype of the image.

        Raises
        ------
        ModelDoesNotFitError
            If noise, background and contrast of the image are not those of the model on any scale.
        InputError
            If pixels are missing.
        Stopped
            If the stop token was set before the end.
        """
        known = self.remembered(plane, piece)
        if known is not None:
            return known
        denoiser = self._denoiser
        height, width = self._plane_shape
        margin = denoiser.margin if self._cuts else 0
        rows, kept_rows = with_margin(piece.rows, height, margin)
        columns, kept_columns = with_margin(piece.columns, width, margin)
        seen = Piece(rows.start, rows.stop, columns.start, columns.stop)
        beside, within = [plane], slice(0, 1)
        if self._length > 1:
            along, within = with_margin(slice(plane[-1], plane[-1] + 1), self._length, denoiser.reach)
            beside = [(*plane[:-1], at) for at in range(along.start, along.stop)]
        stack = np.stack([self._normalised(one, seen) for one in beside])
        values = denoiser.on_planes(device=self._device, stop=stop)(stack, within)
        scale = Planes(values, denoiser.offset, denoiser.scale, np.dtype(self.image.dtype), values.shape)
        denoised = scale.restore(values[:, kept_rows, kept_columns])[0]
        self._remembered.put((self._key, "denoised", plane, piece), denoised)
        return denoised

    @property
    def said(self) -> str:
        """What the user should know about model and image, in a sentence; reads some of the image the first time."""
        return self._fitted[1]

    @property
    def _denoiser(self) -> Denoiser:
        return self._fitted[0]

    @cached_property
    def _fitted(self) -> tuple[Denoiser, str]:
        """The model on the scale of the image, without turns and flips, and what is to be said about that."""
        sample = sample_planes(on_disk_as_dask(self.image), most=_SAMPLE_PIXELS)[0]
        fitted, said = self._given.fitted_to(sample)
        stages = {
            name: replace(getattr(fitted.settings, name), flips_at_prediction=False) for name in ("stage1", "stage2")
        }
        return replace(fitted, settings=replace(fitted.settings, **stages)), said

    def _normalised(self, plane: tuple[int, ...], seen: Piece) -> np.ndarray:
        """Return (Y, X) noisy values as the network takes them, remembered where they are those of a neighbour."""
        name = self._key, "noisy", plane, seen
        known = self._remembered.get(name) if self._length > 1 else None
        if known is not None:
            return known
        part = np.asarray(in_memory(self.image[(*plane, seen.rows, seen.columns)]))
        if part.dtype.kind == "f" and not np.isfinite(part).all():
            raise MissingPixelsError("The image has pixels that are NaN or infinite; replace them or crop them away.")
        values = self._denoiser.normalised(part).values[0]
        if self._length > 1:
            self._remembered.put(name, values)
        return values
