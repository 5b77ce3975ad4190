"""One image of a microscope's file: what it is, and its pixels, which are read plane by plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from threading import Lock
from typing import Any

import numpy as np

from ..errors import InputError

__all__ = ["OTHER_AXIS", "LazyPlanes", "Scene", "closed_on_error", "letters", "pick", "steps"]

#: Letter of an axis that is neither time, depth, channel, row, column nor colour, or that a file does not name.
OTHER_AXIS = "?"


@dataclass(frozen=True, eq=False)
class Scene:
    """One image of a file that may hold several.

    Parameters
    ----------
    array : array
        With ``shape``, ``dtype`` and ``chunks`` or none; indexing reads.
    axes : str
        One letter for each axis out of TZCYXS, "?" for any other.
    scenes : tuple of str
        Names of all images of the file, in their order.
    channels : tuple of str
        Names of the channels, as far as they are known.
    spacing : dict of str to float
        Distance of neighbours along X, Y and Z in micrometres, and along T in seconds, as far as they are known.
    close : callable
        Closes the file.
    """

    array: Any
    axes: str
    scenes: tuple[str, ...] = ("",)
    channels: tuple[str, ...] = ()
    spacing: dict[str, float] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None


class LazyPlanes:
    """An array whose last axes are read together, and only those planes that are asked for.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    leading : int
        Number of axes that number the planes.
    plane : callable
        Takes the number along each leading axis and returns an array of the remaining axes.
    """

    def __init__(
        self, shape: Sequence[int], dtype: Any, leading: int, plane: Callable[[tuple[int, ...]], np.ndarray]
    ) -> None:
        self.shape = tuple(int(length) for length in shape)
        self.dtype = np.dtype(dtype)
        self.chunks = (1,) * leading + self.shape[leading:]
        self._leading, self._plane = leading, plane
        # The libraries do not say that two planes may be read at once.
        self._lock = Lock()

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of pixels."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __getitem__(self, index: Any) -> np.ndarray:
        """Read what numpy's basic indexing by numbers, slices and an ellipsis would give."""
        given = index if isinstance(index, tuple) else (index,)
        if Ellipsis in given:
            at = given.index(Ellipsis)
            given = given[:at] + (slice(None),) * (self.ndim - len(given) + 1) + given[at + 1 :]
        given += (slice(None),) * (self.ndim - len(given))
        leading, inner = given[: self._leading], given[self._leading :]
        wanted = [np.arange(length)[at] for length, at in zip(self.shape, leading, strict=False)]
        places = product(*(np.atleast_1d(axis) for axis in wanted))
        with self._lock:
            planes = [self._plane(tuple(map(int, at)))[inner] for at in places]
        shape = tuple(len(axis) for axis in wanted if axis.ndim)
        if not planes:
            return np.empty(shape + np.empty(self.shape[self._leading :], bool)[inner].shape, self.dtype)
        return np.stack(planes).reshape(shape + planes[0].shape).astype(self.dtype, copy=False)


@contextmanager
def closed_on_error(document: Any) -> Iterator[Any]:
    """Hand on an open file, and close it if something goes wrong; else whoever gets its scene does."""
    try:
        yield document
    except BaseException:
        document.close()
        raise


def letters(names: Sequence[str]) -> str:
    """Return one letter out of TZCYXS for each name of an axis, "?" for any other.

    What was scanned together is a plane: the rows of a scan through the depth are called Y, and its Y, if any, Z.
    """
    axes = "".join(name if name in ("T", "Z", "C", "Y", "X", "S") else OTHER_AXIS for name in names)
    return axes.translate(str.maketrans("YZ", "ZY")) if axes.removesuffix("S").endswith("ZX") else axes


def pick(path: Any, scenes: Sequence[str], wanted: str) -> int:
    """Return the number of the scene of a name; the first without a name.

    Raises
    ------
    InputError
        If there is no such scene.
    """
    if not wanted:
        return 0
    if wanted not in scenes:
        raise InputError(f"{path} has no scene {wanted}; it has {', '.join(scenes)}.")
    return list(scenes).index(wanted)


def steps(coordinates: Any, factor: float = 1.0) -> float | None:
    """Return the distance of the first two of some coordinates times a factor; None where there are not two."""
    if coordinates is None or len(coordinates) < 2:
        return None
    step = abs(float(coordinates[1]) - float(coordinates[0])) * factor
    return step if np.isfinite(step) and step > 0 else None
