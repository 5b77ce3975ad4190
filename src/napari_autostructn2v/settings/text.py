"""Settings as TOML text and back; what the values may be is the settings' own affair (see ranges.py)."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from ..disk import read_bytes
from ..errors import InputError
from .ranges import check, shortened

__all__ = ["merged", "parsed", "read_text", "to_text"]

#: Bytes of a settings file, at most: several tens of thousands of patches put in by hand.
_MOST_BYTES = 2_000_000


def to_text(settings: Any) -> str:
    """Return settings as TOML text."""
    import tomli_w

    return tomli_w.dumps(_without_none(asdict(settings)))


def read_text(path: str | Path) -> str:
    """Return the text of a settings file, which is refused by its size before it is read.

    Raises
    ------
    InputError
        If the file is missing, too large, not readable or no text.
    """
    content = read_bytes(path, _MOST_BYTES, "a settings file")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"The settings file {path} could not be read, because it is not a text file.") from error


def parsed(text: str) -> dict[str, Any]:
    """Parse TOML text, or say in a sentence why that fails."""
    check(isinstance(text, str), f"The settings are {shortened(text)}; they must be a text in TOML.")
    check(len(text) <= _MOST_BYTES, f"The settings are {len(text):,} characters long; no settings are.")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError("The settings are not valid TOML: they are nested too deeply.") from error
    except ValueError as error:  # TOMLDecodeError, and whole numbers of thousands of digits
        said = str(error).split(";")[0].rstrip(".")
        raise InputError(f"The settings are not valid TOML: {said}.") from error


def merged(settings: Any, values: dict[str, Any], where: str = "") -> Any:
    """Return `settings` with the given values; what they make checks types and ranges.

    Parameters
    ----------
    settings : dataclass
    values : dict
        As TOML gives them.
    where : str
        Name of the table in which the values stand, with a dot at its end.

    Raises
    ------
    InputError
        If a name is unknown, or a value has the wrong type or lies out of its range.
    """
    known = {item.name for item in fields(settings)}
    changes: dict[str, Any] = {}
    for name, value in values.items():
        said = f"There is no setting {where}{name[:60]}; the settings here are {', '.join(sorted(known))}."
        check(name in known, said)
        current = getattr(settings, name)
        if is_dataclass(current):
            check(isinstance(value, dict), f"{where}{name} must be a table of settings.")
            changes[name] = merged(current, value, f"{where}{name}.")
        else:
            changes[name] = value
    try:
        return replace(settings, **changes)
    except InputError as error:
        raise InputError(f"{where}{error}") from error


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    """Drop what is None (TOML has no null; the default is None wherever None is allowed)."""
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
