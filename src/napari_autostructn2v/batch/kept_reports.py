"""What there was to say about results, kept for when they are found done already."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..disk import atomic_path, reports_folder
from ..errors import InputError
from .report import dumps

__all__ = ["keep_report", "kept_report"]

#: So many of the newest reports stay on disk, of about a kilobyte each.
_KEPT = 2000


def keep_report(run: str, values: Mapping[str, Any]) -> None:
    """Keep what there is to say about a result; a disk that is full loses the report and not the result.

    Parameters
    ----------
    run : str
        What the result says made it.
    values : mapping
        That JSON can hold.
    """
    path = _path(run)
    with suppress(InputError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as part:
            part.write_text(dumps(values), encoding="utf-8")
        files = [entry for entry in os.scandir(path.parent) if entry.name.endswith(".json")]
        for old in sorted(files, key=lambda entry: entry.stat().st_mtime)[:-_KEPT]:
            os.unlink(old.path)


def kept_report(run: str) -> dict[str, Any]:
    """Return what was said about a result when it was made; empty where that is not known any more."""
    with suppress(OSError, ValueError):
        values = json.loads(_path(run).read_text(encoding="utf-8"))
        if isinstance(values, dict):
            return values
    return {}


def _path(run: str) -> Path:
    return reports_folder() / f"{hashlib.sha256(run.encode()).hexdigest()[:32]}.json"
