"""Take the screenshots of docs/roi-tuning.md from the running plugin.

On a machine without a screen: ``xvfb-run -a -s "-screen 0 1280x800x24" python scripts/screenshots_roi.py``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtWidgets import QApplication, QWidget

from napari_autostructn2v.roi import ROI_PRESETS
from napari_autostructn2v.widgets.roi import RoiDock

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"


def settle(seconds: float = 1.0) -> None:
    """Let the window do what it has to do."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def pixels(widget: QWidget) -> np.ndarray:
    """Return a picture of a widget; (Y, X, 3) uint8."""
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGBA8888)
    data = image.constBits()
    data.setsize(image.sizeInBytes())
    shape = image.height(), image.bytesPerLine() // 4, 4
    return np.frombuffer(data, np.uint8).reshape(shape)[:, : image.width(), :3].copy()


def save(name: str, picture: np.ndarray) -> None:
    """Write a small PNG; noise in 256 colours looks the same and takes a third."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).quantize(256).save(FOLDER / f"{name}.png", optimize=True)


def beside(*pictures: np.ndarray) -> np.ndarray:
    """Put pictures next to each other."""
    height = max(picture.shape[0] for picture in pictures)
    padded = [np.pad(p, ((0, height - p.shape[0]), (0, 8), (0, 0)), constant_values=255) for p in pictures]
    return np.concatenate(padded, axis=1)[:, :-8]


def main() -> None:
    """Open the plugin, use it, and take pictures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    viewer = napari.Viewer()
    window = viewer.window._qt_window
    window.resize(1280, 800)
    viewer.open_sample("napari-autostructn2v", "scan_lines")
    dock: RoiDock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "ROI tuning")[1]
    settle(2)
    background, structure = dock.background.section, dock.structure.section

    dock.files.choose_preset("two-stage")
    settle()
    save("roi-overview", pixels(window))

    structure.show_box.setChecked(False)
    canvas = []
    for threshold in (0.2, 0.4, 0.6):
        background.threshold.setValue(threshold)
        settle(0.5)
        canvas.append(viewer.screenshot(canvas_only=True, flash=False)[:, :, :3])
    side = min(canvas[0].shape[:2])
    middle = [c[(c.shape[0] - side) // 2 :, (c.shape[1] - side) // 2 :][:side, :side] for c in canvas]
    small = [np.asarray(Image.fromarray(c).resize((360, 360), Image.Resampling.LANCZOS)) for c in middle]
    save("roi-threshold", beside(*small))

    # What a hand does: some patches deleted over the cells, one drawn in the empty middle.
    background.threshold.setValue(0.5)
    settle(0.5)
    layer = dock.background.overlay.layer
    viewer.layers.selection.active = layer
    low = np.array([shape.min(axis=0) for shape in layer.data])
    layer.selected_data = set(np.flatnonzero(np.all((low > 300) & (low < 480), axis=1)).tolist())
    layer.remove_selected()
    layer.add_rectangles(np.array([(330, 330), (362, 362)]), edge_color="#e69f00", edge_width=1)
    settle(3)
    save("roi-by-hand", pixels(window))

    dock.files.reset()
    viewer.theme = "light"
    preset = ROI_PRESETS["two-stage"]
    dock.files.choose_preset("two-stage")
    background.more_section.expand()
    background.more.criteria["gradient"].setChecked(True)
    settle(3)
    opened = pixels(dock)
    background.more_section.expand(False)
    assert dock.settings_pair != (preset.stage1, preset.stage2)
    dock.files.choose_preset("two-stage")
    settle()
    save("roi-dock", beside(pixels(dock), opened))
    viewer.close()


if __name__ == "__main__":
    main()
