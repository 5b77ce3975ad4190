"""Live denoising of a stack of 2 GB in a real viewer, alone and while a run trains.

Prints a Markdown table: how long after a step of the slider the denoised plane is shown, planes a second, lateness of a
10 ms timer of the window, and memory over the scrolling. On a machine without a screen:
``xvfb-run -a -s "-screen 0 1280x800x24" python benchmarks/live.py``. Ten minutes of scrolling: ``--minutes 10``.

The stack is a zarr of 4096 planes of 512 x 512 pixels. Its files are links to sixteen of them, so that it takes 8 MB of
the disk and is read like one of 2 GB.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

PLANES, SIDE, DISTINCT = 4096, 512, 16


def large_stack(folder: Path) -> object:
    """Return a zarr array that seems to hold 2 GB."""
    import zarr

    from napari_autostructn2v.samples import camera_blur

    path = folder / "stack.zarr"
    array = zarr.create_array(
        path, shape=(PLANES, SIDE, SIDE), chunks=(1, SIDE, SIDE), dtype="uint16", compressors=None, fill_value=0
    )
    plane = np.asarray(camera_blur((SIDE, SIDE)))
    for number in range(DISTINCT):
        array[number] = np.roll(plane, 31 * number, axis=0)
    for number in range(DISTINCT, PLANES):
        chunk = path / "c" / str(number) / "0"
        chunk.mkdir(parents=True)
        os.link(path / "c" / str(number % DISTINCT) / "0" / "0", chunk / "0")
    return zarr.open_array(path, mode="r")


class Bench:
    """A viewer with the stack, its model and the Denoise dock, and the clock."""

    def __init__(self, folder: Path, context: str) -> None:
        import napari
        from qtpy.QtCore import Qt, QTimer
        from qtpy.QtTest import QTest

        from napari_autostructn2v import Settings, denoise
        from napari_autostructn2v.widgets.denoise import DenoiseDock
        from napari_autostructn2v.widgets.image import ModelAtHand, viewer_state

        stack = large_stack(folder)
        settings = Settings.from_preset("balanced", stages="1", context=context)
        settings = replace(settings, stage1=replace(settings.stage1, num_epochs=2, patches_per_image=64))
        model = denoise(np.asarray(stack[:8, :256, :256]), settings).denoiser
        self.viewer = napari.Viewer()
        self.layer = self.viewer.add_image(stack, name="stack", axis_labels="tyx", contrast_limits=(0, 2000))
        self.dock: DenoiseDock = self.viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")[1]
        self.state = viewer_state(self.viewer)
        self.state.of(self.layer).take_model(ModelAtHand(model, "of the benchmark"))
        self.live = self.dock.live.live
        self.ticks: list[float] = []
        self.timer = QTimer(self.dock)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.setInterval(10)
        self.timer.timeout.connect(lambda: self.ticks.append(time.perf_counter()))
        self.timer.start()
        self.memory: list[float] = []
        self.other: object = None  # what a run trains on, once one should
        self.runs = 0
        self.at = 0
        self.denoising: list[float] = []  # seconds without the way through the window
        self.live.worker.finished.connect(
            lambda view, answer: self.denoising.append(answer.seconds) if answer else None
        )
        QTest.qWait(1000)
        QTest.mouseClick(self.dock.live.button, Qt.MouseButton.LeftButton)
        self.shown()

    def shown(self) -> float:
        """Let the window work until what is in view is shown; return the seconds it took."""
        from qtpy.QtWidgets import QApplication

        start = time.perf_counter()
        while self.live._timer.isActive() or self.live.worker.is_busy or not self.live._is_complete:
            QApplication.processEvents()
            time.sleep(0.001)
            if time.perf_counter() - start > 60:
                raise TimeoutError(self.live.words)
        return time.perf_counter() - start

    def scroll(self, seconds: float) -> np.ndarray:
        """Go on to the next plane as soon as one is shown; return the seconds that each took."""
        import psutil

        process, took, end = psutil.Process(), [], time.perf_counter() + seconds
        self.ticks.clear()
        self.denoising.clear()
        while time.perf_counter() < end:
            if self.other is not None and not self.dock.control.is_running:
                self.begin_run()  # it may be over before ten minutes are
            self.at = (self.at + 1) % PLANES
            self.viewer.dims.set_current_step(0, self.at)
            took.append(self.shown())
            self.memory.append(process.memory_info().rss / 1e6)
        return np.array(took)

    def train(self) -> None:
        """Begin a long run on another image."""
        from napari_autostructn2v.samples import scan_lines

        settings = self.state.settings
        long = {
            name: replace(getattr(settings, name), num_epochs=500, early_stopping=False)
            for name in ("stage1", "stage2")
        }
        self.state.set_settings(replace(settings, **long))
        self.other = self.viewer.add_image(scan_lines((SIDE, SIDE)), name="other")
        self.viewer.layers.selection.active = self.layer
        self.other.visible = False
        self.begin_run()

    def begin_run(self) -> None:
        """Train on the other image, anew where it has been done."""
        self.runs += 1
        self.dock.denoise_layers([self.other])

    def end(self) -> None:
        """Cancel the run and close the viewer."""
        self.other = None
        self.dock.cancel()
        while self.dock.control.is_running:
            self.scroll(0.2)
        self.viewer.close()

    def rows(self, what: str, took: np.ndarray) -> list[str]:
        """Return lines of the table about some scrolling."""
        late = 1e3 * np.diff(self.ticks) - 10
        return [
            f"| a 512 x 512 plane is shown after, median, {what} | {1e3 * np.median(took):.0f} ms | 200 ms |",
            f"| of which denoising, median | {1e3 * np.median(self.denoising):.0f} ms | |",
            f"| the whole, 95th percentile | {1e3 * np.percentile(took, 95):.0f} ms | |",
            f"| planes a second, {what} | {len(took) / took.sum():.1f} | |",
            f"| 10 ms timer late, 95th percentile, {what} | {np.percentile(late, 95):.0f} ms | 50 ms |",
            f"| longest gap between two ticks, {what} | {late.max() + 10:.0f} ms | 250 ms |",
        ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.5, help="of scrolling while a run trains")
    parser.add_argument("--context", choices=("none", "near", "far"), default="none", help="that the model looks at")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOSTRUCTN2V_FOLDER"] = folder  # the user's own settings and models have no part in this
        os.environ["NAPARI_CONFIG"] = f"{folder}/napari.yaml"
        bench = Bench(Path(folder), arguments.context)
        print("| what | measured | aim |\n|---|--:|--:|")
        print("\n".join(bench.rows("alone", bench.scroll(15))), flush=True)
        bench.train()
        bench.scroll(5)  # until the training is under way
        begin, planes = len(bench.memory), bench.at
        took = bench.scroll(60 * arguments.minutes)
        print("\n".join(bench.rows("while a run trains", took)))
        minutes, memory = f"{arguments.minutes:g} min and {bench.at - planes} planes", bench.memory[begin:]
        tenth = max(1, len(memory) // 10)
        grown = np.mean(memory[-tenth:]) - np.mean(memory[:tenth])
        print(f"| memory at the end of {minutes}, more than at their beginning | {grown:+.0f} MB | 256 MB |")
        print(f"| remembered at the end | {bench.live.remembered.nbytes / 2**20:.0f} MiB | 256 MiB |")
        print(f"| runs begun meanwhile | {bench.runs} | |", flush=True)
        bench.end()


if __name__ == "__main__":
    main()
