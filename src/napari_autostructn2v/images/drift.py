"""Drift of a stack: how far whole planes have moved, where that can be told at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import fft, ndimage

from ..stop import Stopped, StopToken

__all__ = ["find_drift"]

#: Planes on either side that a plane is compared with; at this distance two halves of the planes must agree.
_REACH = 12

#: Rounds in which every plane is compared with the mean of the planes around it.
_ROUNDS = 4

#: Structure is looked for between these widths in pixels: below is noise, above is light that does not move.
_FINE, _COARSE = 1.5, 8.0

#: Sides, at most and at least, and pixels, of what is compared; larger planes are made smaller.
_MOST_SIDE, _LEAST_SIDE, _PIXELS = 160, 128, 2**20

#: Parts of a pixel to which a shift is measured.
_PARTS = 10

#: A drift counts if two halves of the planes and the whole agree on it so far, as a correlation.
_AGREED = 0.7

#: Planes that have moved by less than so many pixels are where they were.
_LEAST_MOVE = 0.5

_FEWEST_PLANES = 3


def find_drift(planes: np.ndarray, length: int, stop: StopToken | None = None) -> np.ndarray | None:
    """Measure how far the planes of stacks have moved as a whole.

    Parameters
    ----------
    planes : (N, Y, X) float32
        Stacks of `length` planes, one after the other.
    length : int
    stop : StopToken or None
        Polled at every plane.

    Returns
    -------
    (N, 2) float64 or None
        Rows and columns, in pixels, by which the scene of a plane lies farther down and right than that of the first
        plane of its stack; zero for stacks that are still. None where nothing moves by half a pixel within twelve
        planes, and where nothing that can be trusted is found.

    Raises
    ------
    Stopped
        If the stop token was set.

    Notes
    -----
    Every plane is registered (phase correlation without normalisation: most frequencies hold noise) with the mean of
    the planes before it, moved onto each other, and then in some rounds with the mean of those on either side. Objects
    that move on their own pull at the result. So both halves of the planes are measured as well, and nothing counts
    unless halves and whole agree.
    """
    if length < _FEWEST_PLANES:
        return None
    stacks = planes.reshape(-1, length, *planes.shape[1:])
    found = [_drift_of_stack(stack, len(planes), stop) for stack in stacks]
    if all(drift is None for drift in found):
        return None
    still = np.zeros((length, 2))
    return np.concatenate([still if drift is None else drift for drift in found])


def _drift_of_stack(stack: np.ndarray, planes: int, stop: StopToken | None) -> np.ndarray | None:
    side = np.clip(np.sqrt(_PIXELS / planes), _LEAST_SIDE, _MOST_SIDE)
    factor = max(1, round(min(stack.shape[1:]) / side))
    small = np.stack([_smaller(plane, factor) for plane in stack])
    apart = min(_REACH, len(stack) - 1)

    def moved(part: np.ndarray) -> np.ndarray:
        positions = _positions(np.stack([_structure(plane) for plane in part]), stop)
        return positions[apart:] - positions[:-apart]

    first, second = (moved(half) for half in _halves(small))
    if _agreement(first, second) < _AGREED:
        return None
    positions = _positions(np.stack([_structure(plane) for plane in small]), stop)
    whole = positions[apart:] - positions[:-apart]
    if min(_agreement(whole, first), _agreement(whole, second)) < _AGREED:
        return None
    if np.abs(whole).max() * factor < _LEAST_MOVE:
        return None
    # Exactly what was measured: rounding errors would differ between the whole and its parts.
    return np.rint((positions - positions[0]) * _PARTS) / _PARTS * factor


def _positions(spectra: np.ndarray, stop: StopToken | None) -> np.ndarray:
    """Return where the scene of each plane lies, (N, 2) in pixels, from the (N, Y, X) spectra of the planes."""
    count, *shape = spectra.shape
    positions = np.zeros((count, 2))
    in_place = spectra.copy()
    for index in range(1, count):
        before = in_place[max(0, index - _REACH) : index].mean(0)
        moved_back = spectra[index] * _ramp(shape, -positions[index - 1])
        positions[index] = positions[index - 1] + _shift(before, moved_back, stop)
        in_place[index] = spectra[index] * _ramp(shape, -positions[index])
    for _ in range(_ROUNDS):
        shifts = [_shift(around - own, own, stop) for around, own in zip(_sums_around(in_place), in_place, strict=True)]
        positions += shifts
        for index in range(count):
            in_place[index] = spectra[index] * _ramp(shape, -positions[index])
    return positions


def _sums_around(spectra: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the sum of every plane and those within reach of it."""
    total = spectra[:_REACH].sum(0)
    for index in range(len(spectra)):
        if index + _REACH < len(spectra):
            total = total + spectra[index + _REACH]
        if index > _REACH:
            total = total - spectra[index - _REACH - 1]
        yield total


def _shift(still: np.ndarray, moved: np.ndarray, stop: StopToken | None) -> np.ndarray:
    from skimage.registration import phase_cross_correlation

    if stop is not None and stop.is_set():
        raise Stopped
    if not (still.any() and moved.any()):
        return np.zeros(2)
    back, _, _ = phase_cross_correlation(still, moved, upsample_factor=_PARTS, space="fourier", normalization=None)
    return -np.asarray(back)


def _ramp(shape: list[int], by: np.ndarray) -> np.ndarray:
    """Return what a spectrum is multiplied by to move its plane."""
    rows, columns = (np.exp(-2j * np.pi * fft.fftfreq(side) * way) for side, way in zip(shape, by, strict=True))
    return (rows[:, None] * columns).astype(np.complex64)


def _structure(plane: np.ndarray) -> np.ndarray:
    """Return the spectrum of what is neither noise nor background, faded out at the borders."""
    between = ndimage.gaussian_filter(plane, _FINE) - ndimage.gaussian_filter(plane, _COARSE)
    fade = [np.hanning(side + 2)[1:-1].astype(np.float32) for side in plane.shape]
    return np.asarray(fft.fft2(between * fade[0][:, None] * fade[1]), np.complex64)


def _smaller(plane: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = (side // factor for side in plane.shape)
    cut = plane[: rows * factor, : columns * factor]
    return cut.reshape(rows, factor, columns, factor).mean((1, 3), dtype=np.float32)


def _halves(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut planes in two across their longer side."""
    if planes.shape[1] < planes.shape[2]:
        planes = planes.swapaxes(1, 2)
        one, other = _halves(planes)
        return one.swapaxes(1, 2), other.swapaxes(1, 2)
    middle = planes.shape[1] // 2
    return planes[:, :middle], planes[:, middle:]


def _agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of moves, about zero, since not to move is a result as well."""
    energy = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / energy if energy > 0 else 0.0
