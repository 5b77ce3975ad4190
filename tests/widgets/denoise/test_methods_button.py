"""The text for a paper is one click away from the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_autostructn2v import Denoiser, methods_text
from napari_autostructn2v.widgets.denoise import DenoiseDock

MODEL = Path(__file__).parents[2] / "data" / "model-0.1.0.safetensors"


def test_the_text_of_the_model_at_hand_is_copied(make_napari_viewer, qtbot) -> None:
    viewer = make_napari_viewer()
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (64, 64)), name="cells")
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock)
    panel = dock.model_panel
    assert not panel.methods_button.isEnabled()
    panel.load(str(MODEL))
    qtbot.waitUntil(panel.methods_button.isEnabled, timeout=60_000)
    qtbot.mouseClick(panel.methods_button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == methods_text(Denoiser.load(MODEL))
