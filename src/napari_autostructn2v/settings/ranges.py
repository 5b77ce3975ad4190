"""What every setting may be: one table of ranges, and one check of types and ranges that all settings go through.

The docks take the ends of their fields from here, the command line its help, and docs/settings.md its table.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ..errors import InputError

__all__ = ["RANGES", "Range", "check", "check_fields", "checked", "kind_of", "shortened"]


@dataclass(frozen=True)
class Range:
    """From where to where a number may go, both ends included.

    Parameters
    ----------
    low, high : int or float
    unit : str
        In the plural, as it stands after the numbers.
    multiple : int
        The number must be a multiple of this one.
    """

    low: float
    high: float
    unit: str = ""
    multiple: int = 1

    def holds(self, value: float) -> bool:
        """Return whether a number is allowed."""
        return self.low <= value <= self.high and (self.multiple == 1 or value % self.multiple == 0)

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        of = f", a multiple of {self.multiple}" if self.multiple > 1 else ""
        return f"from {_plain(self.low)} to {_plain(self.high)}{unit}{of}"


#: By the name of the setting, in whichever part of the settings it stands. The ends are those beyond which no result
#: gets better, or a run would take more memory than there is.
RANGES = {
    "roi_threshold": Range(0, 1),
    "scale_factor": Range(0.01, 1),
    "patch_size": Range(8, 4096, "pixels"),
    "overlap": Range(0, 0.99),
    "sigma": Range(0, 10_000, "pixels"),
    "band": Range(0, 1),
    # A patch that lies beyond the image is moved inside.
    "added": Range(-(2**31), 2**31 - 1, "pixels"),
    "removed": Range(-(2**31), 2**31 - 1, "pixels"),
    "roi_share": Range(0, 1),
    "crop_size": Range(8, 4096, "pixels"),
    "patches_per_image": Range(1, 1_000_000),
    "batch_size": Range(1, 4096),
    "num_epochs": Range(1, 100_000),
    "mask_percentage": Range(0.01, 50, "percent"),
    "features": Range(1, 256),
    "num_layers": Range(1, 6),
    "learning_rate": Range(1e-8, 1),
    "early_stopping_patience": Range(1, 100_000),
    "max_lag": Range(1, 128, "pixels"),
    "min_correlation": Range(0, 0.99),
    "random_seed": Range(0, 2**63 - 1),
    # Pooling sees the same blocks in every tile, and the overlaps of a tile do not meet (see prediction.py).
    "tile": Range(256, 16_384, "pixels", 16),
}


def check(valid: bool, sentence: str) -> None:
    """Raise an InputError with this sentence unless `valid`."""
    if not valid:
        raise InputError(sentence)


def check_fields(settings: Any) -> None:
    """Raise unless every field of a settings value has its type and lies in its range.

    What means the same is brought to the type of the field: a number of NumPy, a whole number where any number may
    stand, a list in place of a tuple.

    Raises
    ------
    InputError
        Says which field, what it is and what it must be.
    """
    for name, hint in _hints_of(settings).items():
        given = getattr(settings, name)
        value = _as_kind(given, hint, RANGES.get(name), name)
        if value is not given:
            object.__setattr__(settings, name, value)


def checked(value: Any, hint: Any, name: str, limits: Range | None = None) -> Any:
    """Return an argument of a public function as its type.

    Parameters
    ----------
    value : Any
        As it was given.
    hint : type
        What it must be: bool, int, float, str, a `Literal`, a tuple of these, or a class.
    name : str
        Of the argument.
    limits : Range or None
        By default that of a setting of this name, if there is one.

    Raises
    ------
    InputError
        Says which argument, what it is and what it must be.
    """
    return _as_kind(value, hint, limits or RANGES.get(name), name)


def kind_of(settings: Any, name: str) -> str:
    """Say in words what a field of a settings value may be.

    Examples
    --------
    >>> from napari_autostructn2v.settings import Settings
    >>> kind_of(Settings(), "tile")
    'a whole number from 256 to 16384 pixels, a multiple of 16'
    """
    return _said(_hints_of(settings)[name], RANGES.get(name))


def shortened(value: Any) -> str:
    """Return a value as one would type it, cut where it is long."""
    try:
        text = repr(value)
    except Exception:  # whole numbers of thousands of digits, and whatever a stranger's type does
        return f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


@cache
def _hints_by_type(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _hints_of(settings: Any) -> dict[str, Any]:
    """Types of the fields of a settings value, looked up once: sliders make many values a second."""
    kind: Any = type(settings)
    return _hints_by_type(kind)


def _as_kind(value: Any, hint: Any, limits: Range | None, name: str) -> Any:
    """Return a value as the type of its field, or say what it should have been."""
    if hint == float | None:
        return value if value is None else _as_kind(value, float, limits, name)
    if get_origin(hint) is tuple:
        return _as_tuple(value, hint, limits, name)
    if hint is bool:
        # NumPy's own type, by its names of all versions.
        valid = isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")
    elif hint is int:
        valid = not isinstance(value, bool) and isinstance(value, Integral)
    elif hint is float:
        valid = not isinstance(value, bool) and isinstance(value, Real) and _is_finite(value)
    elif get_origin(hint) is Literal:
        valid = isinstance(value, str) and value in get_args(hint)
    else:
        valid = isinstance(value, hint)
    valid = valid and (limits is None or limits.holds(value))
    if not valid:
        raise InputError(_refusal(value, hint, limits, name))
    return hint(value) if hint in (bool, int, float) else value


def _as_tuple(value: Any, hint: Any, limits: Range | None, name: str) -> tuple[Any, ...]:
    kinds = get_args(hint)
    try:
        entries = None if isinstance(value, (str, bytes, dict)) else tuple(value)
    except TypeError:
        entries = None
    if entries is None or (kinds[-1] is not Ellipsis and len(entries) != len(kinds)):
        raise InputError(_refusal(value, hint, limits, name))
    if kinds[-1] is Ellipsis:
        return tuple(_as_kind(entry, kinds[0], limits, f"{name}[{at}]") for at, entry in enumerate(entries))
    return tuple(_as_kind(entry, kind, limits, name) for entry, kind in zip(entries, kinds, strict=True))


def _refusal(value: Any, hint: Any, limits: Range | None, name: str) -> str:
    return f"{name} is {shortened(value)}; it must be {_said(hint, limits)}."


def _is_finite(value: Real) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def _said(hint: Any, limits: Range | None) -> str:
    """Say what a field may be, to stand after "it must be"."""
    if hint == float | None:
        return _said(float, limits)
    within = f" {limits}" if limits else ""
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        if kinds[0] is str:
            return "a list of texts"
        if kinds[-1] is Ellipsis:
            return f"a list of pairs of whole numbers{within}"
        return f"two {'whole ' if kinds[0] is int else ''}numbers{within}"
    if get_origin(hint) is Literal:
        return f"one of {', '.join(repr(choice) for choice in get_args(hint))}"
    plain = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}
    return plain[hint] + within if hint in plain else f"a value of type {hint.__name__}"


def _plain(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"
