"""Where the plugin keeps files of its own between sessions."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["FOLDER_VARIABLE", "config_folder", "reports_folder", "runs_folder"]

#: Names one folder for all of it, for shared machines and for tests; without it the system's usual ones are taken.
FOLDER_VARIABLE = "AUTOSTRUCTN2V_FOLDER"

_NAME = "napari-autostructn2v"


def config_folder() -> Path:
    """Return the folder of the last settings; it may not exist yet."""
    return _own() or Path(platformdirs.user_config_dir(_NAME, appauthor=False))


def runs_folder() -> Path:
    """Return the folder of the models of earlier runs; it may not exist yet."""
    return _data() / "runs"


def reports_folder() -> Path:
    """Return the folder of what was said about results of batches; it may not exist yet."""
    return _data() / "reports"


def _data() -> Path:
    return _own() or Path(platformdirs.user_data_dir(_NAME, appauthor=False))


def _own() -> Path | None:
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) if folder else None
