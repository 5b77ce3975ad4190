"""How fast the ROI tuning dock follows a slider, in a real viewer, on an image of 2048 x 2048 pixels.

Python time from the slider's event to the updated layers, beside the usual way, which rebuilds the Shapes layer at
every step. Prints a Markdown table. On a machine without a screen: ``xvfb-run -a python benchmarks/roi_live.py``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from typing import Any

import napari
import numpy as np
from qtpy.QtWidgets import QApplication

from napari_autostructn2v.settings import RoiSettings
from napari_autostructn2v.widgets.canvas.rectangles import fits_napari
from napari_autostructn2v.widgets.roi import RoiDock
from napari_autostructn2v.widgets.roi.plane_preview import PlanePreview

SIDE = 2048
PATCHES = (100, 1000, 5000)


def sample(side: int) -> np.ndarray:
    """Blurred blobs on a dark, noisy background; uint16."""
    from scipy.ndimage import gaussian_filter

    generator = np.random.default_rng(0)
    blobs = gaussian_filter(generator.normal(0, 1, (side, side)).astype(np.float32), side / 100)
    blobs = np.clip(blobs / blobs.std(), 0, None)
    return (100 + 400 * blobs + generator.normal(0, 20, (side, side))).clip(0).astype(np.uint16)


def timed(step: Callable[[Any], Any], values: Iterable[Any]) -> np.ndarray:
    """Return the milliseconds of each step, by the clock and of the processor; (N, 2).

    The window paints in between, which is not counted. Where other programs keep the processor busy, the clock says how
    long they took as well.
    """
    times = []
    for value in values:
        start = time.perf_counter(), time.thread_time()
        step(value)
        times.append((time.perf_counter() - start[0], time.thread_time() - start[1]))
        QApplication.processEvents()
    return 1e3 * np.array(times)


def row(what: str, patches: str, times: np.ndarray, naive: np.ndarray | None = None) -> str:
    """Return a row of the table."""
    clock, processor = np.median(times, axis=0)
    cells = [what, patches, f"{clock:.1f}", f"{np.percentile(times[:, 0], 95):.1f}", f"{processor:.1f}"]
    if naive is None:
        cells += ["", ""]
    else:
        rebuilding = np.median(naive[:, 0])
        cells += [f"{rebuilding:.0f}", f"{rebuilding / clock:.0f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=41, help="positions of the slider in a sweep")
    parser.add_argument("--naive-steps", type=int, default=5, help="the same for rebuilding the layer, which is slow")
    arguments = parser.parse_args()

    image = sample(SIDE)
    viewer = napari.Viewer()
    layer = viewer.add_image(image)
    start = time.perf_counter()
    fits_napari()
    check = 1e3 * (time.perf_counter() - start)

    preview = PlanePreview()
    preprocessing = timed(
        lambda _: (preview.forget(), preview.look_at(layer, viewer.dims), preview.select(RoiSettings())), range(5)
    )
    dock: RoiDock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "ROI tuning")[1]
    dock.update_patches()
    section = dock.background.section
    scores = np.sort(dock.selections[0].scores)

    print(f"napari {napari.__version__}, {SIDE} x {SIDE} pixels, {len(scores):,} candidates\n")
    print("| step | selected patches | median / ms | 95 % / ms | processor / ms | rebuilding / ms | times faster |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for patches in PATCHES:
        # The slider goes back and forth over its finest steps, around the one that selects so many patches.
        middle = round(float(scores[patches]), 3)
        finest = [middle + 0.001 * step for step in range(-20, 21)]
        finest = [value for value in finest if abs(np.searchsorted(scores, value) - patches) <= patches / 2]
        section.threshold.setValue(finest[0])
        sweep = ([*finest[1:], *finest[-2::-1]] * arguments.steps)[: 2 * arguments.steps]
        times = timed(section.threshold.setValue, sweep)
        canvas = dock.background.overlay.layer
        plain = viewer.add_shapes(ndim=2, name="rebuilt")
        rectangles = [np.array(canvas.data)] * arguments.naive_steps
        canvas.visible = False

        def rebuild(data: np.ndarray, plain: napari.layers.Shapes = plain) -> None:
            plain.data = []
            plain.add_rectangles(data, edge_width=3, edge_color="orange", face_color="transparent")

        naive = timed(rebuild, rectangles)
        viewer.layers.remove(plain)
        canvas.visible = True
        print(row("threshold", f"{patches:,}", times, naive), flush=True)

    section.threshold.setValue(float(scores[1000]))

    def detail(value: float) -> None:
        section.detail.setValue(value)
        dock.update_patches()

    values = np.round(np.linspace(0.1, 0.9, arguments.steps), 2)
    print(row("scale_factor", "about 1,000", timed(detail, values)))
    print(row("image, once", "", preprocessing))
    print(f"\nChecking once that napari holds its rectangles as expected: {check:.0f} ms.")
    viewer.close()


if __name__ == "__main__":
    main()
