"""A complete first use by simulated mouse and keys, in a real viewer with the real engine and a tiny training."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

PLUGIN = "napari-autostructn2v"
SCRIPT = Path(__file__).parents[3] / "scripts" / "screenshots_first_use.py"


@pytest.mark.skipif(not SCRIPT.is_file(), reason="needs the project's own scripts")
def test_from_the_sample_to_a_model_applied_to_another_image(make_napari_viewer, tmp_path) -> None:
    from npe2 import PluginManager, PluginManifest

    specification = importlib.util.spec_from_file_location("screenshots_first_use", SCRIPT)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    manager = PluginManager.instance()
    for name in ("napari", PLUGIN):
        if name not in manager:
            manager.register(PluginManifest.from_distribution(name))
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1280, 800)
    script.write_next_image(tmp_path)
    seen: dict[str, set[str]] = {}

    def taken(step: str) -> None:
        seen[step[2:]] = {layer.name for layer in viewer.layers if layer.visible}

    script.first_use(viewer.window._qt_window, tmp_path, taken, epochs=1, crops=16)
    assert seen["sample"] == {"Scan lines"}
    assert any(name.startswith("Background patches") for name in seen["tune"])
    assert seen["result"] == {"Scan lines", "Scan lines denoised"}
    assert "Scan lines mask preview" in seen["mask"]
    assert "Scan lines before | after" in seen["compare"]
    assert "next denoised" in seen["applied"]
    source, result = viewer.layers["next"].data, viewer.layers["next denoised"].data
    assert (result.shape, result.dtype) == (source.shape, source.dtype)
    assert not np.array_equal(source, result)
    origin = viewer.layers["Scan lines denoised"].metadata["autostructn2v"]
    assert len(origin["mask"]) == 3  # a row that a click made three pixels high
    assert (tmp_path / "cells.safetensors").stat().st_size > 0
