"""Which axis of an image is which: named by its file or by the user, and never guessed in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from ..errors import InputError, UnknownAxesError, counted
from ..files import UNKNOWN

__all__ = ["Channel", "Layout", "checked_axes", "named_axes"]

#: Letters with a meaning of their own; others (angle, lifetime, ...) are further planes, as time is.
_NAMES = {"T": "time", "Z": "depth", "C": "channels", "Y": "rows", "X": "columns", "S": "samples of a colour"}

_MIN_SIDE = 16

#: Nobody has so many channels: it is time, or depth, that was named C.
_MOST_CHANNELS = 64


@dataclass(frozen=True)
class Channel:
    """What one model is trained on: all planes of one channel, or of all channels together.

    Parameters
    ----------
    name : str
        For a person; empty where there is only one.
    index : tuple of (str, int)
        Letter and position of the axes that are fixed, for instance ``(("C", 1),)``.
    is_alpha : bool
        Opacity: kept as it is.
    """

    name: str = ""
    index: tuple[tuple[str, int], ...] = ()
    is_alpha: bool = False


#: Neighbours along an axis of fewer planes are not worth while.
_FEW_PLANES = 3


@dataclass(frozen=True)
class Layout:
    """The axes of an image and the way from them to planes.

    Parameters
    ----------
    axes : str
        One letter an axis, such as "TCYX".
    shape : tuple of int
    together : bool
        One model for all channels.
    names : tuple of str
        Of the channels, where they are known.
    along : str
        Letter of the axis along which planes are neighbours; empty chooses, see :attr:`stacked`.

    Examples
    --------
    >>> layout = Layout("TCYX", (20, 2, 512, 512))
    >>> [channel.index for channel in layout.channels]
    [(('C', 0),), (('C', 1),)]
    >>> layout.planes
    20
    """

    axes: str
    shape: tuple[int, ...]
    together: bool = False
    names: tuple[str, ...] = ()
    along: str = ""

    @property
    def stacked(self) -> str:
        """Letter of the axis along which planes are neighbours; empty where there is none.

        Depth is taken before time, unless it has too few planes, and channels are no neighbours of each other.
        """
        if self.along and self.along in self.leading:
            return self.along
        axes = [axis for axis in self.leading if axis not in "CS" and self.size(axis) > 1]
        many = [axis for axis in axes if self.size(axis) >= _FEW_PLANES] or axes
        return "Z" if "Z" in many else many[-1] if many else ""

    @property
    def channels(self) -> list[Channel]:
        """What a model each is trained on."""
        # Opacity is no light and is left alone, whether or not the channels go together.
        fixed = [axis for axis in self.axes if axis in "CS" and not (self.together and not self._has_alpha(axis))]
        if self.together and not fixed:
            return [Channel()]
        found = []
        for positions in product(*(range(self.size(axis)) for axis in fixed)):
            index = tuple(zip(fixed, positions, strict=True))
            alpha = any(axis == "S" and self._has_alpha(axis) and at == self.size("S") - 1 for axis, at in index)
            words = [self._channel_name(axis, at) for axis, at in index if self.size(axis) > 1]
            found.append(Channel(" ".join(words), index, alpha))
        return found or [Channel()]

    @property
    def leading(self) -> str:
        """Letters of all axes but Y and X, in their order."""
        return "".join(axis for axis in self.axes if axis not in "YX")

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.size("Y"), self.size("X")

    @property
    def planes(self) -> int:
        """Planes of one channel."""
        fixed = dict(self.channels[0].index)
        return prod(self.size(axis) for axis in self.leading if axis not in fixed)

    def size(self, axis: str) -> int:
        """Return the length of an axis."""
        return self.shape[self.axes.index(axis)]

    def free(self, channel: Channel) -> str:
        """Letters of the axes that count the planes of a channel, the one of neighbours last."""
        fixed = dict(channel.index)
        return self._in_order("".join(axis for axis in self.leading if axis not in fixed))

    def slices(
        self, channel: Channel, leading: Sequence[int | slice], rows: slice = slice(None), columns: slice = slice(None)
    ) -> tuple[int | slice, ...]:
        """Index into the image, in the order of its axes.

        Parameters
        ----------
        channel : Channel
        leading : sequence of int or slice
            One for each axis of :meth:`free`.
        rows, columns : slice
        """
        at: dict[str, int | slice] = {"Y": rows, "X": columns}
        at |= dict(channel.index) | dict(zip(self.free(channel), leading, strict=True))
        return tuple(at[axis] for axis in self.axes)

    def to_planes(self, block: np.ndarray, kept: str) -> np.ndarray:
        """Bring the axes `kept` of a part of the image to the order (..., Y, X), that of neighbours before Y."""
        return block.transpose([kept.index(axis) for axis in self._yx_last(kept)])

    def from_planes(self, block: np.ndarray, kept: str) -> np.ndarray:
        """Bring (..., Y, X) back to the order of the image; the inverse of :meth:`to_planes`."""
        return block.transpose([self._yx_last(kept).index(axis) for axis in kept])

    def kept(self, index: Sequence[int | slice]) -> str:
        """Letters of the axes that indexing leaves, in the order of the image."""
        return "".join(axis for axis, at in zip(self.axes, index, strict=True) if isinstance(at, slice))

    def plane_indices(self, channel: Channel) -> Iterator[tuple[int, ...]]:
        """Positions of the planes of a channel along the axes of :meth:`free`."""
        return np.ndindex(*(self.size(axis) for axis in self.free(channel)))

    def _yx_last(self, kept: str) -> str:
        return self._in_order("".join(axis for axis in kept if axis not in "YX")) + "YX"

    def _in_order(self, leading: str) -> str:
        """Move the axis of neighbours to the end."""
        stacked = self.stacked
        return leading.replace(stacked, "") + stacked if stacked and stacked in leading else leading

    def _has_alpha(self, axis: str) -> bool:
        return axis == "S" and self.size("S") in (2, 4)

    def _channel_name(self, axis: str, at: int) -> str:
        if axis == "S":
            colours = ("grey", "opacity") if self.size("S") == 2 else ("red", "green", "blue", "opacity")
            return colours[at] if at < len(colours) else f"sample {at + 1}"
        return self.names[at] if at < len(self.names) and self.names[at] else f"channel {at + 1}"


def checked_axes(text: str, shape: tuple[int, ...], what: str = "The image") -> str:
    """Return axes that the user has named, or say why they cannot be right.

    Parameters
    ----------
    text : str
        One letter an axis, such as "TCYX"; lower case is fine.
    shape : tuple of int
    what : str
        The image, for the sentence.

    Raises
    ------
    InputError
        If a letter is unknown or named twice, Y or X are missing, their number is not that of the axes of the image, or
        the image cannot have such axes.
    """
    axes = text.strip().upper()
    if not axes or any(axis not in _NAMES for axis in axes):
        raise InputError(f"The axes {text!r} are not clear; name each by one of T, Z, C, Y, X (S for RGB), as in TCYX.")
    if len(set(axes)) < len(axes):
        raise InputError(f"The axes {axes} name one axis twice; each letter may appear only once.")
    if "Y" not in axes or "X" not in axes:
        raise InputError(f"The axes {axes} lack Y (rows) or X (columns); every image has both.")
    if len(axes) != len(shape):
        raise InputError(
            f"The axes {axes} name {counted(len(axes), 'axis', 'axes')}, and {_uncapital(what)} has {len(shape)} "
            f"({_by(shape)}). Name each of them, in their order."
        )
    sizes = dict(zip(axes, shape, strict=True))
    if min(sizes["Y"], sizes["X"]) < _MIN_SIDE:
        raise InputError(
            f"With axes {axes}, the planes of {_uncapital(what)} ({_by(shape)}) would be {sizes['Y']} x {sizes['X']} "
            f"pixels (Y x X); at least {_MIN_SIDE} x {_MIN_SIDE} are needed. The axes may be in another order."
        )
    if sizes.get("C", 1) > _MOST_CHANNELS:
        raise InputError(
            f"With axes {axes}, {_uncapital(what)} would have {sizes['C']} channels; more than {_MOST_CHANNELS} are "
            "rather time (T) or depth (Z)."
        )
    if sizes.get("S", 3) not in (2, 3, 4):
        raise InputError(f"With axes {axes}, a pixel would have {sizes['S']} colours; S has 3, or 4 with opacity.")
    return axes


def named_axes(axes: str, shape: tuple[int, ...], dtype: np.dtype, what: str, said: str | None = None) -> str:
    """Return the axes of an image from what its file and the user say.

    Parameters
    ----------
    axes : str
        From the file; `UNKNOWN` for an axis about which it says nothing.
    shape : tuple of int
    dtype : dtype
    what : str
        The image, for sentences.
    said : str or None
        By the user; wins over the file.

    Raises
    ------
    UnknownAxesError
        If the axes cannot be told: the sentence asks for ``--axes``.
    """
    if said is not None:
        return checked_axes(said, shape, what)
    if axes.endswith("YX") and UNKNOWN in axes:
        counted = [size for axis, size in zip(axes, shape, strict=True) if axis == UNKNOWN]
        # Axes of length one hold one plane, whatever they are called.
        if all(size == 1 for size in counted):
            return _renamed(axes)
    if UNKNOWN not in axes:
        return axes
    if len(shape) == 2:
        return "YX"
    if len(shape) == 3 and shape[-1] in (3, 4) and dtype == np.uint8 and min(shape[:2]) >= _MIN_SIDE:
        return "YXS"
    examples = "TZYX or TCYX" if len(shape) > 3 else "TYX for a movie, ZYX for a z-stack or CYX for channels"
    raise UnknownAxesError(
        f"{what} has {len(shape)} axes ({_by(shape)}) and does not say what they are. Name them, in their order: "
        f"--axes {examples}."
    )


def _renamed(axes: str) -> str:
    """Give unknown axes of length one letters that nothing else has."""
    spare = iter(letter for letter in "TZCPQRUVW" if letter not in axes)
    return "".join(next(spare) if axis == UNKNOWN else axis for axis in axes)


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _uncapital(what: str) -> str:
    return "the image" if what == "The image" else what
