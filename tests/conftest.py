"""No test reads or writes what the user keeps."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path_factory):
    """The plugin's own files lie in a new folder, in programs that a test starts as well."""
    folder = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("AUTOSTRUCTN2V_FOLDER", str(folder))
    return folder
