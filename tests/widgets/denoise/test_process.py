"""What only a process of its own can show: what it imports, and that it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]


def run(code: str) -> str:
    """Run a script with napari in a window; it must end by itself with exit code 0."""
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "NAPARI_CONFIG": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


OPEN = """
import sys
import numpy as np
import napari
import napari_autostructn2v
from qtpy.QtCore import QTimer
viewer = napari.Viewer()
viewer.add_image(np.random.default_rng(0).normal(100, 9, (64, 64)), name="noise")
_, dock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")
"""

HELD = (
    """
import pytest
from helpers.stand_in import StandIn
standin = StandIn().install(pytest.MonkeyPatch())
standin.hold_at = "stage 1"
"""
    + OPEN
    + """
dock.denoise()

def leave_once_held():
    if standin.reached:
        timer.stop()
        LEAVE
timer = QTimer()
timer.timeout.connect(leave_once_held)
timer.start(50)
napari.run()
print("left with a run:", bool(standin.runs))
"""
)


def test_opening_the_dock_leaves_torch_unimported() -> None:
    assert "torch: False" in run(OPEN + "print('torch:', 'torch' in sys.modules)\nviewer.close()")


@pytest.mark.parametrize("leave", ["viewer.close()", "napari.qt.get_qapp().quit()"])
def test_the_process_ends_when_napari_is_left_in_mid_run(leave) -> None:
    assert "left with a run: True" in run(HELD.replace("LEAVE", leave))


REAL = (
    OPEN
    + """
from dataclasses import replace
from napari_autostructn2v.widgets.image import viewer_state
tuning = viewer_state(viewer)
endless = replace(tuning.settings.stage1, num_epochs=100_000, features=4, early_stopping=False)
tuning.set_settings(replace(tuning.settings, stages="1", stage1=endless, device="cpu"))
dock.denoise()

def leave_once_training():
    if not dock.loss_plot.is_empty:
        timer.stop()
        viewer.close()
timer = QTimer()
timer.timeout.connect(leave_once_training)
timer.start(50)
napari.run()
print("torch:", "torch" in sys.modules)
"""
)


def test_the_process_ends_when_the_viewer_is_closed_in_mid_training() -> None:
    assert "torch: True" in run(REAL)
