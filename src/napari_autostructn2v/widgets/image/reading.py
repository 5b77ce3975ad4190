"""Which axis of an image layer is which: named by its labels and units, or by the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from ...files import UNKNOWN
from ...images import Layout

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["Reading", "axes_in_words", "read_axes", "readings"]

_LABELS = {
    "T": ("t", "time", "times", "frame", "frames", "timepoint"),
    "Z": ("z", "depth", "slice", "slices", "plane", "planes"),
    "C": ("c", "ch", "channel", "channels", "color", "colour", "wavelength"),
}

#: Letters for axes that are no time, depth or channel, such as positions.
_OTHERS = "PQRUVW"

#: An axis without a name that is longer than this is no channels.
_MOST_UNNAMED_CHANNELS = 6

_NOUNS = {"T": "times", "Z": "depths", "C": "channels"}


@dataclass(frozen=True)
class Reading:
    """The axes of an image layer.

    Parameters
    ----------
    axes : str
        One letter an axis: the leading ones, Y, X, and S for the colours of RGB.
    doubtful : tuple of int
        Numbers of the axes that may as well be channels, so that the user is to be asked.
    """

    axes: str
    doubtful: tuple[int, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether there is nothing to ask."""
        return not self.doubtful

    def with_channels(self, at: int) -> str:
        """Return the axes with one of them as the channels."""
        return f"{self.axes[:at]}C{self.axes[at + 1 :]}"

    def layout(self, shape: Sequence[int]) -> Layout:
        """Return the axes of an array of that shape."""
        return Layout(self.axes, tuple(int(size) for size in shape))


def read_axes(layer: Image, said: str = "") -> Reading:
    """Return the axes of a layer.

    Parameters
    ----------
    layer : napari.layers.Image
    said : str
        By the user; wins if it fits the number of axes.
    """
    shape = _shape_of(layer)
    ending = "YXS" if layer.rgb else "YX"
    if len(said) == len(shape) and said.endswith(ending):
        return Reading(said)
    leading = len(shape) - len(ending)
    named = _named(layer, leading)
    unsure = [at for at, letter in enumerate(named) if letter == UNKNOWN]
    # A second axis of channels is not expected where one is named.
    doubtful = [at for at in unsure if 1 < shape[at] <= _MOST_UNNAMED_CHANNELS and "C" not in named]
    spare = iter([letter for letter in "TZ" + _OTHERS if letter not in named])
    axes = "".join(next(spare) if letter == UNKNOWN else letter for letter in named)
    return Reading(axes + ending, tuple(doubtful))


def readings(layer: Image) -> list[str]:
    """Return what the axes of a layer may be, for the user to choose from; that of its labels and units comes first."""
    own = read_axes(layer).axes
    ending = "YXS" if own.endswith("S") else "YX"
    leading = len(own) - len(ending)
    if not leading:
        return [own]
    kinds = "TZC" if leading <= 3 else "TZC" + _OTHERS[: leading - 3]
    others = ["".join(order) + ending for order in permutations(kinds, leading) if _in_order(order)]
    return list(dict.fromkeys([own, *others]))


def axes_in_words(axes: str, shape: Sequence[int]) -> str:
    """Return axes for a list, such as ``T C Y X · 40 times, 2 channels``."""
    counted = [
        f"{size} {_NOUNS.get(axis, 'planes')}" for axis, size in zip(axes, shape, strict=True) if axis not in "YXS"
    ]
    letters = " ".join(axes.removesuffix("S"))
    words = ", ".join([*counted, *(["RGB"] if axes.endswith("S") else [])])
    return f"{letters} · {words}" if words else letters


def _named(layer: Image, leading: int) -> list[str]:
    """Letters that labels and units give the leading axes, `UNKNOWN` where they give none."""
    letters: list[str] = []
    for label, unit in zip(layer.axis_labels[:leading], layer.units[:leading], strict=True):
        text = str(label).strip().lower()
        letter = next((letter for letter, names in _LABELS.items() if text in names), UNKNOWN)
        if letter == UNKNOWN and unit.is_compatible_with("second"):
            letter = "T"
        if letter == UNKNOWN and unit.is_compatible_with("meter"):
            letter = "Z"
        if letter == UNKNOWN and len(text) == 1 and text.isalpha() and text not in "yx":
            letter = text.upper()
        letters.append(UNKNOWN if letter in letters else letter)
    return letters


def _in_order(order: Sequence[str]) -> bool:
    """Leave out what differs only in which of the further axes is which."""
    others = [letter for letter in order if letter in _OTHERS]
    return others == sorted(others)


def _shape_of(layer: Image) -> tuple[int, ...]:
    return tuple((layer.data[0] if layer.multiscale else layer.data).shape)
