"""Take the screenshot of docs/how-to/live-view.md from the running plugin; it trains for some seconds.

On a machine without a screen: ``xvfb-run -a -s "-screen 0 1280x800x24" python scripts/screenshots_live.py``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import dask.array
import napari
import numpy as np
from qtpy.QtTest import QTest
from screenshots_denoise import FOLDER, click, save, wait_until

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.samples import camera_blur
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import ModelAtHand, viewer_state

SIDE, PLANES = 512, 4000


def main() -> None:
    """Read the options and go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["AUTOSTRUCTN2V_FOLDER"] = temporary  # the runs of the user stay as they are
        take(arguments.theme, arguments.folder)


def take(theme: str, folder: Path) -> None:
    """Show a long stack live and take a picture."""
    plane = np.asarray(camera_blur((SIDE, SIDE)))
    stack = dask.array.concatenate([dask.array.from_array(plane[None])] * PLANES)
    model = denoise(plane, Settings.from_preset("fast")).denoiser
    viewer = napari.Viewer()
    viewer.theme = theme
    window = viewer.window._qt_window
    window.resize(1280, 800)
    limits = tuple(np.percentile(plane, (0.5, 99.8)))
    layer = viewer.add_image(stack, name="night", axis_labels="tyx", contrast_limits=limits)
    dock: DenoiseDock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")[1]
    viewer_state(viewer).of(layer).take_model(ModelAtHand(model, "trained on “night, first hour”"))
    QTest.qWait(1500)
    viewer.reset_view()
    click(dock.live.button)
    viewer.dims.set_current_step(0, 1234)
    wait_until(lambda: not dock.live.live.worker.is_busy)
    save(window, folder, "live-view")
    viewer.close()


if __name__ == "__main__":
    main()
