"""The model at hand is written as a package for other programs, and such a package is loaded as a model."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from qtpy.QtWidgets import QFileDialog

from napari_autostructn2v.widgets.denoise import DenoiseDock

MODEL = Path(__file__).parents[2] / "data" / "model-0.1.0.safetensors"


def test_the_model_at_hand_is_exported_and_loaded(make_napari_viewer, qtbot, tmp_path, monkeypatch) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (64, 64)), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock)
    panel = dock.model_panel
    assert not panel.export_button.isEnabled()
    panel.load(str(MODEL))
    qtbot.waitUntil(panel.export_button.isEnabled, timeout=60_000)
    path = tmp_path / "cells.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    panel.export_button.click()
    assert panel.export_button.text() == "Exporting…"
    qtbot.waitUntil(panel.export_button.isEnabled, timeout=60_000)
    assert "Exported to cells.zip." in panel.label.text()
    assert "rdf.yaml" in zipfile.ZipFile(path).namelist()
    with qtbot.waitSignal(panel.reader.finished, timeout=60_000):
        panel.load(str(path))
    assert panel.model.name == "cells.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "x.zip"), ""))
    (tmp_path / "no").write_text("in the way")
    with qtbot.waitSignal(panel.failed, timeout=60_000):
        panel.export_button.click()
