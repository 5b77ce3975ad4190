"""One session of napari with the Batch dock: a folder is added and started, and the session ends in one of three ways.

``python batch_session.py FOLDER LOG END [--after N] [--picture PATH]`` writes what every row shows to LOG: once the
files were looked at, and at the end. END is "cancel" or "kill", both in the middle of a file after N others, or
"finish".
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import napari
from qtpy.QtTest import QTest

from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings
from napari_autostructn2v.widgets.batch import BatchDock

TINY = StageSettings(
    roi=RoiSettings(use_roi=False), num_epochs=1, patches_per_image=8, batch_size=4, crop_size=32, features=2,
    num_layers=1,
)  # fmt: skip
SETTINGS = Settings(stages="1", stage1=TINY, stage2=TINY, device="cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("end", choices=("cancel", "kill", "finish"))
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    viewer = napari.Viewer()
    viewer.window._qt_window.resize(1280, 800)
    dock: BatchDock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "Batch")[1]
    batch = dock.batch
    batch.set_wish(replace(batch.wish, settings=SETTINGS, error_maps=True, unnamed="T"))
    batch.add([str(arguments.folder)])
    wait_until(lambda: batch.rows and not batch.is_looking)
    told = {"looked": [shown(row) for row in batch.rows]}
    arguments.log.write_text(json.dumps(told), encoding="utf-8")
    save(viewer, arguments.picture, "looked")
    batch.start()

    def is_over() -> bool:
        if arguments.end == "finish":
            return not batch.is_running
        states = [row.state for row in batch.rows]
        return states.count("done") >= arguments.after and "running" in states

    wait_until(is_over)
    told["end"] = [shown(row) for row in batch.rows]
    arguments.log.write_text(json.dumps(told), encoding="utf-8")
    save(viewer, arguments.picture, "end")
    if arguments.end == "kill":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    batch.stop()
    wait_until(lambda: not batch.is_running)
    viewer.close()


def shown(row: Any) -> dict[str, Any]:
    """What a row tells: in its cells, tooltips and pictures."""
    return {
        "name": row.name,
        "state": row.state,
        "words": row.words,
        "light": None if row.judgement is None else row.judgement._asdict(),
        "gain": row.gain,
        "seconds": row.seconds,
        "notes": list(row.notes),
        "has_before": row.before is not None,
        "after": None if row.after is None else hashlib.sha256(row.after.tobytes()).hexdigest(),
    }


def wait_until(condition: Any, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        QTest.qWait(10)


def save(viewer: napari.Viewer, path: Path | None, name: str) -> None:
    if path is not None:
        QTest.qWait(300)
        viewer.window._qt_window.grab().save(str(path.with_name(f"{path.stem}-{name}.png")))


if __name__ == "__main__":
    main()
