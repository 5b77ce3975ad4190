"""How the window feels while a network trains: measured in a real viewer, by clicks on the real buttons.

Prints a Markdown table: lateness of a 10 ms timer of the window while both stages train, what the open window costs the
training, click to first preview, cancel to idle, and memory and threads over many runs. On a machine without a screen:
``xvfb-run -a -s "-screen 0 1280x800x24" python benchmarks/responsiveness.py``. As many runs in about ten minutes, since
each trains for less time: ``--short``. To see that it works: ``--quick``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

SEED = 1
#: Without a window and in a process of its own, where the threads of PyTorch wait as they do in scripts.
_ALONE = """
import json, sys
from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.samples import scan_lines
settings = Settings.from_toml(sys.stdin.read())
report = denoise(scan_lines(({side}, {side})), settings).report
print(json.dumps(report.seconds))
"""


class Bench:
    """A viewer with the Denoise dock, and the clock."""

    def __init__(self) -> None:
        import napari
        from qtpy.QtTest import QTest

        from napari_autostructn2v.widgets.denoise import DenoiseDock
        from napari_autostructn2v.widgets.image import viewer_state

        self.viewer = napari.Viewer()
        self.dock: DenoiseDock = self.viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Denoise")[1]
        self.tuning = viewer_state(self.viewer)
        self._wait = QTest.qWait
        self._wait(1000)

    def open(self, side: int, **settings: object) -> None:
        """Show the sample alone, with settings for its runs."""
        from napari_autostructn2v.samples import scan_lines

        image = scan_lines((side, side))
        if "cells" in self.viewer.layers:
            for layer in [layer for layer in self.viewer.layers if layer.name != "cells"]:
                self.viewer.layers.remove(layer)
            self.viewer.layers["cells"].data = image
        else:
            self.viewer.add_image(image, name="cells")
        self.tuning.set_settings(replace(self.tuning.settings, **settings))
        self._wait(300)

    def click(self, button: object) -> None:
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def until(self, condition: Callable[[], bool], seconds: float = 3600) -> float:
        """Let the window work until something has happened; return the seconds it took."""
        from qtpy.QtWidgets import QApplication

        start = time.perf_counter()
        while not condition():
            if time.perf_counter() - start > seconds:
                raise TimeoutError(condition.__qualname__)
            QApplication.processEvents()
            time.sleep(0.001)
        return time.perf_counter() - start

    def idle(self) -> bool:
        return not self.dock.control.is_running


def first_preview(bench: Bench) -> list[str]:
    """Click to first preview, 512 x 512: with PyTorch not loaded yet, and with it."""
    rows = []
    for what in ("first run, PyTorch still to load", "later runs"):
        bench.open(512, stages="auto")
        bench.click(bench.dock.run_button)
        seconds = bench.until(lambda: any("preview" in layer.name for layer in bench.viewer.layers) or bench.idle())
        bench.click(bench.dock.cancel_button)
        bench.until(bench.idle)
        rows.append(f"| click to first preview, 512 x 512, {what} | {seconds:.1f} s | 3 s |")
    return rows


def seconds_alone(bench: Bench, side: int) -> float:
    """Return the seconds of training that the same run takes without a window."""
    program = [sys.executable, "-c", _ALONE.format(side=side)]
    settings = bench.tuning.settings.to_toml()
    printed = subprocess.run(program, input=settings, capture_output=True, text=True, check=True).stdout
    return json.loads(printed)["stage 1"] + json.loads(printed)["stage 2"]


def lateness(bench: Bench, side: int, epochs: int) -> list[str]:
    """Lateness of a 10 ms timer while both stages train, and what the open window costs the training."""
    from qtpy.QtCore import Qt, QTimer

    settings = bench.tuning.settings
    changes = {
        name: replace(getattr(settings, name), num_epochs=epochs, early_stopping=False) for name in ("stage1", "stage2")
    }
    bench.open(side, stages="both", **changes)
    before = seconds_alone(bench, side)  # and again afterwards, since the speed of a machine wanders
    ticks: list[float] = []
    timer = QTimer(bench.dock)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(10)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    outcomes = []
    bench.dock.control.finished.connect(lambda outcome, layer: outcomes.append(outcome))
    timer.start()
    bench.click(bench.dock.run_button)
    # The event loop itself, without a pause between two looks.
    from qtpy.QtCore import QEventLoop

    loop = QEventLoop()
    bench.dock.control.finished.connect(loop.quit)
    loop.exec()
    timer.stop()
    late = 1e3 * np.diff(ticks) - 10
    largest = sorted(zip((late + 10).round(), np.subtract(ticks[1:], ticks[0]).round(1), strict=True))[-5:]
    print("largest gaps:", *(f"{gap:.0f} ms at {at} s" for gap, at in largest), file=sys.stderr)
    with_window = outcomes[-1].result.report.seconds
    after = seconds_alone(bench, side)
    cost = (with_window["stage 1"] + with_window["stage 2"]) / ((before + after) / 2) - 1
    what = f"{side} x {side}, both stages, {len(late):,} ticks"
    return [
        f"| 10 ms timer late, 95th percentile, {what} | {np.percentile(late, 95):.0f} ms | 50 ms |",
        f"| longest gap between two ticks, {what} | {late.max() + 10:.0f} ms | 250 ms |",
        f"| slowdown of training by the window and its previews | {100 * cost:.0f} % | 10 % |",
    ]


def cancelling(bench: Bench, count: int, longest: float) -> list[str]:
    """Cancel to idle at random times."""
    chance = random.Random(SEED)
    bench.open(512, stages="both")
    seconds = []
    for _ in range(count):
        bench.click(bench.dock.run_button)
        pause, start = chance.uniform(0.1, longest), time.perf_counter()
        bench.until(lambda pause=pause, start=start: time.perf_counter() - start > pause or bench.idle())
        bench.click(bench.dock.cancel_button)
        seconds.append(bench.until(bench.idle))
    return [
        f"| cancel to idle, 95th percentile of {count} | {np.percentile(seconds, 95):.2f} s | 1 s |",
        f"| cancel to idle, longest of {count} | {max(seconds):.2f} s | |",
    ]


def many_runs(bench: Bench, count: int, side: int, epochs: int) -> list[str]:
    """Memory and threads over many runs."""
    import psutil

    process = psutil.Process()
    settings = bench.tuning.settings
    changes = {name: replace(getattr(settings, name), num_epochs=epochs) for name in ("stage1", "stage2")}
    bench.open(side, stages="both", **changes)
    memory, threads = [], []
    for _ in range(count):
        bench.click(bench.dock.run_button)
        bench.until(bench.idle)
        bench.until(lambda: threading.active_count() <= 1, 5) if threading.active_count() > 1 else None
        memory.append(process.memory_info().rss / 1e6)
        threads.append(process.num_threads())
    fifth = min(4, count - 1)
    return [
        f"| memory after {count} runs, more than after the fifth | {memory[-1] - memory[fifth]:+.0f} MB | 100 MB |",
        f"| threads after {count} runs, more than after the fifth | {threads[-1] - threads[fifth]:+d} | 0 |",
        f"| Python threads left | {threading.active_count() - 1} | 0 |",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and short runs, to see that it works")
    parser.add_argument("--short", action="store_true", help="as many runs, which train for less time")
    parser.add_argument("--runs", type=int, default=50, help="runs one after the other")
    parser.add_argument("--cancels", type=int, default=30)
    parser.add_argument("--side", type=int, default=1024, help="of the image that the timer is watched on, in pixels")
    parser.add_argument("--epochs", type=int, default=30, help="of each stage while the timer is watched")
    parser.add_argument("--only", choices=("preview", "lateness", "cancel", "runs"))
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.runs, arguments.cancels, arguments.epochs = 6, 4, 3
    elif arguments.short:
        arguments.epochs = min(arguments.epochs, 12)
    brief = arguments.quick or arguments.short
    with tempfile.TemporaryDirectory() as folder:
        # The user's own settings and models have no part in this.
        os.environ["AUTOSTRUCTN2V_FOLDER"] = folder
        os.environ["NAPARI_CONFIG"] = f"{folder}/napari.yaml"
        bench = Bench()
        print("| what | measured | aim |\n|---|--:|--:|")
        parts: dict[str, Callable[[], list[str]]] = {
            "preview": lambda: first_preview(bench),
            "lateness": lambda: lateness(bench, arguments.side, arguments.epochs),
            "cancel": lambda: cancelling(bench, arguments.cancels, 4 if brief else 12),
            "runs": lambda: many_runs(bench, arguments.runs, *((128, 1) if brief else (256, 2))),
        }
        for name, part in parts.items():
            if arguments.only in (None, name):
                print("\n".join(part()), flush=True)
        bench.viewer.close()


if __name__ == "__main__":
    main()
