"""Take the screenshots of docs/denoising.md from the running plugin; it really trains, for a minute or two.

On a machine without a screen: ``xvfb-run -a -s "-screen 0 1280x800x24" python scripts/screenshots_denoise.py``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import napari
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from napari_autostructn2v.widgets.denoise import DenoiseDock

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"


def wait_until(condition: Callable[[], bool], seconds: float = 3600) -> None:
    """Let the window work until something has happened."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(condition)
        QTest.qWait(50)


def save(widget: QWidget, folder: Path, name: str) -> None:
    """Write a picture of a widget; in all its colours, since fewer of them put steps into a denoised image."""
    QTest.qWait(400)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    widget.grab().save(str(path))
    Image.open(path).convert("RGB").save(path, optimize=True)


def click(button: QWidget) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def main() -> None:
    """Read the options and go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quality", choices=("fast", "balanced", "best"), default="fast")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["AUTOSTRUCTN2V_FOLDER"] = temporary  # the runs of the user stay as they are
        take(arguments.quality, arguments.theme, arguments.folder)


def take(quality: str, theme: str, folder: Path) -> None:
    """Open the sample, denoise it by mouse clicks, and take pictures on the way."""
    viewer = napari.Viewer()
    viewer.theme = theme
    window = viewer.window._qt_window
    window.resize(1280, 800)
    viewer.open_sample("napari-autostructn2v", "scan_lines")
    dock: DenoiseDock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")[1]
    QTest.qWait(500)
    viewer.reset_view()
    click(dock.options.quality[quality])

    panel = dock.noise_panel
    click(panel.measure_button)
    wait_until(lambda: not panel.runner.is_running)
    save(dock, folder, "denoise-noise")
    edited = panel.editor.position_of(1, 0).toPoint()
    QTest.mouseClick(panel.editor, Qt.MouseButton.LeftButton, pos=edited)
    wait_until(lambda: not panel.runner.is_running)
    save(panel, folder, "denoise-mask")
    click(panel.automatic_button)

    click(dock.run_button)
    bar, words = dock.progress.bar, dock.progress.label
    wait_until(lambda: words.text().startswith("Stage 2: step") and bar.value() > 0.6 * bar.maximum())
    save(window, folder, "denoise-running")
    wait_until(lambda: not dock.control.is_running)
    print(dock.result_view.judgement.text(), dock.result_view.label.text(), sep="\n")
    click(dock.result_view.compare_button)
    save(window, folder, "denoise-result")
    click(dock.result_view.compare_button)
    click(dock.result_view.grid_button)
    save(window, folder, "denoise-grid")
    click(dock.result_view.grid_button)
    dock.training_section.expand(False)
    dock.noise_section.expand(False)
    dock.model_section.expand()
    dock.advanced_section.expand()
    save(dock, folder, "denoise-advanced")
    viewer.close()


if __name__ == "__main__":
    main()
