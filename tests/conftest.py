"""No test reads or writes what the user keeps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Test processes side by side do not write one another's napari preferences.
if os.environ.get("NAPARI_CONFIG"):
    config = Path(os.environ["NAPARI_CONFIG"])
    os.environ["NAPARI_CONFIG"] = str(config.with_stem(f"{config.stem}-{os.getpid()}"))


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path_factory):
    """The plugin's own files lie in a new folder, in programs that a test starts as well."""
    folder = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("AUTOSTRUCTN2V_FOLDER", str(folder))
    return folder
