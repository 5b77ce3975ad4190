"""Settings as TOML text and back, every name and type checked on the way."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Hashable
from dataclasses import asdict, fields, is_dataclass, replace
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from ..errors import InputError

__all__ = ["check", "check_fields", "merged", "parsed", "to_text"]


def check(valid: bool, sentence: str) -> None:
    """Raise an InputError with this sentence unless `valid`."""
    if not valid:
        raise InputError(sentence)


@cache
def _hints_by_type(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _hints(settings: Any) -> dict[str, Any]:
    """Types of the fields of a settings value, looked up once: sliders make many values a second."""
    kind: Any = type(settings)
    return _hints_by_type(kind)


def check_fields(settings: Any) -> None:
    """Raise if a field that is a choice holds none of its choices, or one that is a number no finite one."""
    for name, hint in _hints(settings).items():
        value = getattr(settings, name)
        if hint.__class__ is not type and get_args(hint) and isinstance(get_args(hint)[0], str):
            choices = ", ".join(repr(choice) for choice in get_args(hint))
            check(value in get_args(hint), f"{name} is {value!r}; it must be one of {choices}.")
        elif hint in (int, float, float | None) and value is not None:
            number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
            check(number, f"{name} is {value!r}; it must be a number.")


def to_text(settings: Any) -> str:
    """Return settings as TOML text."""
    import tomli_w

    return tomli_w.dumps(_without_none(asdict(settings)))


def parsed(text: str) -> dict[str, Any]:
    """Parse TOML text, or say in a sentence why that fails."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The settings are not valid TOML: {error}.") from error


def merged(settings: Any, values: dict[str, Any], where: str = "") -> Any:
    """Return `settings` with the given values, checking each name and type."""
    known = {item.name for item in fields(settings)}
    changes: dict[str, Any] = {}
    for name, value in values.items():
        check(name in known, f"There is no setting {where}{name}; the settings here are {', '.join(sorted(known))}.")
        current = getattr(settings, name)
        if is_dataclass(current):
            check(isinstance(value, dict), f"{where}{name} must be a table of settings.")
            changes[name] = merged(current, value, f"{where}{name}.")
        else:
            changes[name] = _coerced(value, _hints(settings)[name], f"{where}{name}")
    return replace(settings, **changes)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    """Drop what is None (TOML has no null; the default is None wherever None is allowed)."""
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def _coerced(value: Any, hint: Any, name: str) -> Any:
    """Return a TOML value as the type of its field, or say what it should have been."""
    if hint is bool:
        check(isinstance(value, bool), f"{name} must be true or false.")
    elif hint is int:
        check(isinstance(value, int) and not isinstance(value, bool), f"{name} must be a whole number.")
    elif hint in (float, float | None):
        check(isinstance(value, (int, float)) and not isinstance(value, bool), f"{name} must be a number.")
        return float(value)
    elif get_origin(hint) is tuple:
        check(isinstance(value, list), f"{name} must be a list.")
        return tuple(value)
    else:
        check(isinstance(value, str), f"{name} must be a text in quotes.")
    return value
