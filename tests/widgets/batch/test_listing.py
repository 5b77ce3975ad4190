"""Folders are listed beside the window, which lives on, says how far it is, and can end it."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt, QTimer

from napari_autostructn2v.batch import find_inputs
from napari_autostructn2v.stop import Stopped
from napari_autostructn2v.widgets.batch import BatchDock, table
from napari_autostructn2v.widgets.batch.pictures import pair_of_pictures
from napari_autostructn2v.widgets.batch.rows import BatchRow
from napari_autostructn2v.widgets.work import listing


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, threading.Event]:
    """A folder of 100 files whose network drive answers no more at the fiftieth, and what lets it go on."""
    folder = tmp_path / "session"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number:03}.tif").touch()
    is_dir, answers = Path.is_dir, threading.Event()

    def slowly(path: Path) -> bool:
        if path.name == "050.tif":
            answers.wait(60)
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", slowly)
    monkeypatch.setattr(listing, "_PAUSE", -1)
    return folder, answers


def test_the_window_lives_while_a_slow_folder_is_listed(make_napari_viewer, qtbot, slow) -> None:
    folder, answers = slow
    viewer = make_napari_viewer()
    dock = BatchDock(viewer)
    viewer.window.add_dock_widget(dock, name="Batch")
    turns: list[int] = []
    timer = QTimer(dock, interval=5)
    timer.timeout.connect(lambda: turns.append(1))
    timer.start()
    dock.batch.add([str(folder)])
    assert not dock.batch.rows and dock.batch.listing.is_busy, "it has come back at once"
    qtbot.waitUntil(lambda: "50 images so far" in dock.words.text(), timeout=20_000)
    begun = len(turns)
    qtbot.waitUntil(lambda: len(turns) > begun + 20, timeout=20_000)
    assert dock.batch.listing.is_busy and not dock.start_button.isEnabled()
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    assert not dock.batch.listing.is_busy and not dock.words.text()
    answers.set()
    dock.batch.add([str(folder)])
    qtbot.waitUntil(lambda: not dock.batch.listing.is_busy, timeout=20_000)
    assert len(dock.batch.rows) == 100, "what was cancelled has added nothing"
    assert [row.number for row in dock.batch.rows] == list(range(100))


def test_frames_without_pictures_are_drawn_once_for_all_rows(qtbot, monkeypatch) -> None:
    drawn: list[object] = []

    def pair(*given: object) -> object:
        drawn.append(given)
        return pair_of_pictures(*given)

    monkeypatch.setattr(table, "pair_of_pictures", pair)
    shown = table.BatchTable()
    qtbot.addWidget(shown)
    rows = [BatchRow(Path(f"{number}.tif")) for number in range(100)]
    shown.show_rows(rows)
    assert len(drawn) == 1
    rows[7].before = np.ones((4, 4))
    shown.show_row(7, rows[7])
    assert len(drawn) == 2


def test_a_listing_ends_at_the_next_entry(slow) -> None:
    folder, answers = slow
    answers.set()
    stop = threading.Event()
    found: list[int] = []

    def on_found(count: int) -> None:
        found.append(count)
        if count == 3:
            stop.set()

    with pytest.raises(Stopped):
        find_inputs([str(folder)], stop=stop, on_found=on_found)
    assert found == [1, 2, 3]
