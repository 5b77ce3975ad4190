"""The Batch dock in a real viewer: files of all kinds, one broken, a stop, and going on after napari was closed."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import dask.array
import numpy as np
import pytest
import tifffile
import zarr
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QMessageBox, QPushButton

from napari_autostructn2v.batch import one_file
from napari_autostructn2v.files import open_image, pixel_sizes, read_image, write_image
from napari_autostructn2v.progress import Progress
from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings
from napari_autostructn2v.widgets.batch import BatchDock
from napari_autostructn2v.widgets.batch.rows import BatchRow
from napari_autostructn2v.widgets.work import FileLook, ResultEvent

TINY = StageSettings(
    roi=RoiSettings(use_roi=False), num_epochs=1, patches_per_image=8, batch_size=4, crop_size=32, features=2,
    num_layers=1,
)  # fmt: skip
SETTINGS = Settings(stages="1", stage1=TINY, stage2=TINY, device="cpu")
CELLS = np.random.default_rng(0).normal(1000, 100, (3, 48, 40)).astype(np.uint16)
MICROMETRES = {"axes": "TYX", "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1, "TimeIncrement": 0.5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a PNG, a movie, a TIFF that is broken, and one more TIFF."""
    place = tmp_path / "session"
    write_image(place / "a.png", CELLS[0])
    write_image(place / "b.tif", CELLS[1])
    (place / "broken.tif").write_bytes((place / "b.tif").read_bytes()[:300])
    tifffile.imwrite(place / "movie.ome.tif", CELLS, metadata=MICROMETRES)
    return place


@pytest.fixture
def make_dock(make_napari_viewer):
    def make() -> BatchDock:
        viewer = make_napari_viewer()
        dock = BatchDock(viewer)
        viewer.window.add_dock_widget(dock, name="Batch")
        dock.batch.set_wish(replace(dock.batch.wish, settings=SETTINGS))
        return dock

    return make


def add(dock: BatchDock, qtbot, places: list[str]) -> None:
    dock.batch.add(places)
    qtbot.waitUntil(lambda: not dock.batch.listing.is_busy, timeout=20_000)


def looked(dock: BatchDock, qtbot) -> None:
    qtbot.waitUntil(lambda: not dock.batch.is_looking, timeout=20_000)


def finish(dock: BatchDock, qtbot) -> None:
    qtbot.waitUntil(lambda: not dock.batch.control.is_running, timeout=60_000)


def states(dock: BatchDock) -> dict[str, str]:
    return {row.name: row.state for row in dock.batch.rows}


def test_a_folder_is_denoised_and_a_broken_file_is_a_row_with_a_sentence(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    assert "Add images" in dock.start_button.toolTip()
    add(dock, qtbot, [str(folder)])
    assert dock.options.folder.text() == str(folder / "denoised")
    looked(dock, qtbot)
    assert dock.batch.rows[0].before is not None, "pictures come before anything is done"
    assert states(dock) == {"a.png": "waiting", "b.tif": "waiting", "broken.tif": "failed", "movie.ome.tif": "waiting"}
    inputs = {path: path.read_bytes() for path in folder.iterdir()}
    add(dock, qtbot, [str(folder / "a.png")])
    assert len(dock.batch.rows) == 4, "each file comes once"
    qtbot.mouseClick(dock.start_button, Qt.MouseButton.LeftButton)
    assert dock.batch.control.is_running and not dock.start_button.isEnabled()
    finish(dock, qtbot)
    assert states(dock) == {"a.png": "done", "b.tif": "done", "broken.tif": "failed", "movie.ome.tif": "done"}
    assert {path.name for path in (folder / "denoised").iterdir()} == {
        "a_denoised.png", "b_denoised.tif", "movie_denoised.ome.tif"
    }  # fmt: skip
    assert {path: path.read_bytes() for path in inputs} == inputs
    done = dock.batch.rows[0]
    assert done.judgement is not None and done.seconds is not None and done.after is not None
    assert dock.table.item(0, 2).text() in "●▲■"
    assert "3 done, 1 failed" in dock.words.text()
    details = dock.table.cellWidget(2, 3).findChild(QPushButton)
    qtbot.mouseClick(details, Qt.MouseButton.LeftButton)
    assert dock.message.text.startswith("broken.tif: ") and "truncated" in dock.message.text


def test_a_batch_that_was_stopped_goes_on_in_another_viewer(make_dock, folder, qtbot, monkeypatch) -> None:
    process, begun = one_file.denoise_whole, []

    def held(job, target, software):
        begun.append(target.name)
        while len(begun) == 2 and not job.stop.is_set():
            time.sleep(0.005)
        process(job, target, software)

    monkeypatch.setattr(one_file, "denoise_whole", held)
    dock = make_dock()
    add(dock, qtbot, [str(folder)])
    dock.start()
    qtbot.waitUntil(lambda: len(begun) == 2, timeout=20_000)
    dock.cancel()
    finish(dock, qtbot)
    assert states(dock)["a.png"] == "done"
    assert states(dock)["b.tif"] != "done"
    light = dock.batch.rows[0].judgement
    monkeypatch.setattr(one_file, "denoise_whole", process)

    other = make_dock()
    add(other, qtbot, [str(folder)])
    looked(other, qtbot)
    first = other.batch.rows[0]
    assert (first.state, first.words) == ("done", "done already")
    assert first.judgement == light and first.after is not None, "what was said about it is still known"
    before = (folder / "denoised" / "a_denoised.png").stat().st_mtime_ns
    other.start()
    finish(other, qtbot)
    assert list(states(other).values()).count("done") == 3
    assert (folder / "denoised" / "a_denoised.png").stat().st_mtime_ns == before


def test_a_result_that_was_deleted_meanwhile_leaves_no_light_beside_its_new_run(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    add(dock, qtbot, [str(folder / "a.png")])
    dock.start()
    finish(dock, qtbot)
    row = dock.batch.rows[0]
    assert row.judgement is not None and row.after is not None
    (folder / "denoised" / "a_denoised.png").unlink()
    row.take_progress(Progress("stage 1", 1, 10))
    assert (row.state, row.judgement, row.after, row.seconds) == ("running", None, None, None)


def test_one_model_for_all_is_blamed_for_a_light_in_every_session() -> None:
    quality = {"removed_over_expected": 0.3, "structure_in_removed": 0.0, "correlation_difference": 0.0}
    values = {"quality": quality | {"snr_before_db": 3.0, "structured_share": 0.0}}
    row, other = BatchRow(Path("a.tif")), BatchRow(Path("a.tif"))
    row.take_result(ResultEvent("done", status="denoised", values=values), True)
    other.take_look(FileLook("measuring", source=Path("a.tif"), is_done=True, values=values), True)
    assert other.judgement == row.judgement and "One each" in row.judgement.advice


def test_a_row_is_opened_as_layers_with_its_scale_and_units(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    add(dock, qtbot, [str(folder / "movie.ome.tif")])
    dock.start()
    finish(dock, qtbot)
    viewer = dock._viewer
    dock.table.selectRow(0)
    qtbot.keyClick(dock.table, Qt.Key.Key_Return)
    dock.open(0)  # a second time changes nothing
    source, result = viewer.layers
    assert [source.name, result.name] == ["movie.ome.tif", "movie.ome.tif denoised"]
    for layer in (source, result):
        np.testing.assert_allclose(layer.scale, (0.5, 0.1, 0.1))
        assert [str(unit) for unit in layer.units] == ["second", "micrometer", "micrometer"]
        assert layer.axis_labels == ("t", "y", "x")
    np.testing.assert_array_equal(source.data, CELLS)
    np.testing.assert_array_equal(result.data, read_image(folder / "denoised" / "movie_denoised.ome.tif"))


def test_one_model_for_all_and_other_settings_that_would_replace_results(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    add(dock, qtbot, [str(folder / name) for name in ("a.png", "b.tif", "broken.tif")])
    dock.batch.set_wish(replace(dock.batch.wish, one_model=True))
    dock.start()
    finish(dock, qtbot)
    assert list(states(dock).values()) == ["done", "done", "failed"]
    assert all(row.judgement is not None for row in dock.batch.rows[:2]), "a given model is judged by each image"
    result = (folder / "denoised" / "a_denoised.png").read_bytes()
    qtbot.mouseClick(dock.options.each, Qt.MouseButton.LeftButton)
    looked(dock, qtbot)
    assert states(dock)["a.png"] == "waiting" and "Replace earlier results" in dock.batch.rows[0].notes[0]
    dock.start()
    finish(dock, qtbot)
    assert states(dock)["a.png"] == "failed"
    assert (folder / "denoised" / "a_denoised.png").read_bytes() == result
    dock.options.more.expand()
    dock.options.overwrite.click()
    dock.start()
    finish(dock, qtbot)
    assert list(states(dock).values()) == ["done", "done", "failed"]


def test_planes_of_a_stack_that_says_nothing_are_asked_for(make_dock, tmp_path, qtbot) -> None:
    tifffile.imwrite(tmp_path / "stack.tif", CELLS, metadata=None, photometric="minisblack")
    dock = make_dock()
    add(dock, qtbot, [str(tmp_path / "stack.tif")])
    looked(dock, qtbot)
    assert states(dock) == {"stack.tif": "failed"} and "Stacks" in dock.batch.rows[0].words
    dock.options.stacks.setCurrentIndex(1)
    dock.options.stacks.activated.emit(1)
    looked(dock, qtbot)
    assert states(dock) == {"stack.tif": "waiting"}
    assert dock.batch.rows[0].about == "3 T × 48 × 40, uint16"


def test_all_kinds_are_saved_as_ome_tiff_with_their_scale(make_dock, folder, qtbot) -> None:
    group = zarr.open_group(str(folder / "cells.zarr"), mode="w")
    group.create_array("0", data=CELLS, chunks=(1, 48, 40))
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [0.5, 0.1, 0.2]}]}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": levels}]}
    dock = make_dock()
    add(dock, qtbot, [str(folder / "cells.zarr"), str(folder / "a.png")])
    dock.options.ending.setCurrentIndex(1)
    dock.options.ending.activated.emit(1)
    dock.start()
    finish(dock, qtbot)
    assert set(states(dock).values()) == {"done"}
    with open_image(folder / "denoised" / "cells_denoised.ome.tif") as image:
        assert (image.kind, image.axes, image.array.shape) == ("ome-tiff", "ZYX", CELLS.shape)
        micrometres = {axis: (size, "micrometer") for axis, size in zip("ZYX", (0.5, 0.1, 0.2), strict=True)}
        assert pixel_sizes(image) == micrometres
    assert (folder / "denoised" / "a_denoised.ome.tif").is_file()
    dock.open(0)
    np.testing.assert_allclose(dock._viewer.layers[1].scale, (0.5, 0.1, 0.2))


def test_results_in_the_folder_of_the_images_replace_none_of_them(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    write_image(folder / "a_denoised.png", CELLS[2])
    add(dock, qtbot, [str(folder / "a.png"), str(folder / "a_denoised.png")])
    dock.batch.set_wish(replace(dock.batch.wish, folder=str(folder), overwrite=True))
    before = (folder / "a_denoised.png").read_bytes()
    dock.start()
    finish(dock, qtbot)
    assert (folder / "a_denoised.png").read_bytes() == before
    assert states(dock)["a.png"] == "failed" and "would replace" in dock.batch.rows[0].words


def test_a_file_that_an_open_layer_reads_is_not_replaced(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    target = folder / "denoised" / "a_denoised.png"
    write_image(target, CELLS[2])
    lazy = dask.array.from_array(CELLS[2], chunks=(24, 40))
    dock._viewer.add_image(lazy, metadata={"autostructn2v_file": str(target)})
    add(dock, qtbot, [str(folder / "a.png")])
    dock.batch.set_wish(replace(dock.batch.wish, overwrite=True))
    dock.start()
    finish(dock, qtbot)
    assert states(dock) == {"a.png": "failed"} and "an open image" in dock.batch.rows[0].words
    np.testing.assert_array_equal(read_image(target), CELLS[2])


@pytest.mark.parametrize("words", ["Go on in background", "Stop and close", "Keep open"])
def test_closing_the_dock_asks_what_becomes_of_the_batch(make_napari_viewer, folder, qtbot, monkeypatch, words) -> None:
    process, held = one_file.denoise_whole, [True]

    def waiting(job, target, software):
        while held and not job.stop.is_set():
            time.sleep(0.005)
        process(job, target, software)

    monkeypatch.setattr(one_file, "denoise_whole", waiting)
    viewer = make_napari_viewer(show=True)
    dock = BatchDock(viewer)
    viewer.window.add_dock_widget(dock, name="Batch")
    qtbot.waitUntil(dock.isVisible, timeout=10_000)
    batch = dock.batch
    batch.set_wish(replace(batch.wish, settings=SETTINGS))
    add(dock, qtbot, [str(folder / "a.png"), str(folder / "b.tif")])
    dock.start()
    qtbot.waitUntil(lambda: batch.rows[0].state == "running", timeout=20_000)

    def answer() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            button = next(button for button in box.buttons() if button.text() == words)
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    timer = QTimer(interval=20)
    timer.timeout.connect(answer)
    timer.start()
    close = dock.parent().titleBarWidget().findChild(QPushButton, "QTitleBarCloseButton")
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    timer.stop()
    assert (dock.parent() is None) == (words != "Keep open")
    if words != "Stop and close":
        assert batch.is_running
        held.clear()
    qtbot.waitUntil(lambda: not batch.control.is_running, timeout=20_000)
    assert [row.state for row in batch.rows].count("done") == (0 if words == "Stop and close" else 2)
    if words == "Go on in background":
        again = BatchDock(viewer)
        viewer.window.add_dock_widget(again, name="Batch")
        assert again.table.rowCount() == 2, "the rows are still there"


def test_every_scene_of_a_microscopes_file_is_a_row(make_dock, tmp_path, qtbot) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "cells.h5"
    with h5py.File(path, "w") as document:
        for name in ("first", "second"):
            document[name] = CELLS[:2]
            document[name].attrs["element_size_um"] = [1.0, 0.2, 0.1]
            for axis, letter in enumerate("zyx"):
                document[name].dims[axis].label = letter
    dock = make_dock()
    add(dock, qtbot, [str(path)])
    assert states(dock) == {"cells.h5/first": "waiting", "cells.h5/second": "waiting"}
    assert dock.options.folder.text() == str(tmp_path / "denoised")
    looked(dock, qtbot)
    dock.batch.remove(dock.batch.rows[:1])
    qtbot.mouseClick(dock.start_button, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)
    assert [path.name for path in (tmp_path / "denoised").iterdir()] == ["cells_second_denoised.ome.tif"]
    viewer = dock._viewer
    dock.open(0)
    assert [layer.name for layer in viewer.layers] == ["cells.h5/second", "cells.h5/second denoised"]
    for layer in viewer.layers:
        np.testing.assert_allclose(layer.scale, [1, 0.2, 0.1])


def test_layers_are_rows_and_their_results_are_layers(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    viewer = dock._viewer
    qtbot.mouseClick(dock.layers_button, Qt.MouseButton.LeftButton)
    assert "no image layer" in dock.message.text
    for number in (1, 2):
        viewer.add_image(CELLS[number], name=f"cells {number}", scale=(0.1, 0.1), units=("um", "um"))
    viewer.layers.selection = set(viewer.layers)
    add(dock, qtbot, [str(folder / "a.png")])
    for _ in range(2):
        qtbot.mouseClick(dock.layers_button, Qt.MouseButton.LeftButton)
    assert list(states(dock)) == ["a.png", "cells 1", "cells 2"], "each layer comes once"
    dock.start()
    finish(dock, qtbot)
    assert set(states(dock).values()) == {"done"}
    assert all(row.judgement is not None and row.after is not None for row in dock.batch.rows)
    result = viewer.layers["cells 2 denoised"]
    np.testing.assert_allclose(result.scale, (0.1, 0.1))
    dock.open(2)
    assert viewer.layers.selection.active is viewer.layers["cells 2"] and result.visible
    assert "All images are done" in dock.start_button.toolTip()


def test_one_model_for_all_is_trained_on_layers_and_files_and_applied_to_both(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    viewer = dock._viewer
    viewer.add_image(CELLS[1], name="cells")
    viewer.add_image(40.0 * CELLS[2] + 7, name="brighter")
    viewer.add_image(np.stack([CELLS[0]] * 3, axis=-1), rgb=True, name="colours")
    add(dock, qtbot, [str(folder / "a.png")])
    viewer.layers.selection = set(viewer.layers)
    qtbot.mouseClick(dock.layers_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dock.options.all, Qt.MouseButton.LeftButton)
    dock.start()
    finish(dock, qtbot)
    assert states(dock) == {"a.png": "done", "cells": "done", "brighter": "done", "colours": "done"}
    for row in dock.batch.rows:
        assert row.judgement is not None and row.seconds is not None
    assert "adapted" in dock.batch.rows[2].notes[0]
    origin = viewer.layers["brighter denoised"].metadata["autostructn2v"]
    assert origin["model"] == "one model for all images of a batch"
    removed = 40.0 * CELLS[2] + 7 - viewer.layers["brighter denoised"].data
    assert removed.std() > 40 * 50, "it was denoised on its own scale"


def test_one_model_for_layers_alone_needs_no_folder(make_dock, qtbot) -> None:
    dock = make_dock()
    for number in (1, 2):
        dock._viewer.add_image(CELLS[number], name=f"cells {number}")
    dock._viewer.layers.selection = set(dock._viewer.layers)
    qtbot.mouseClick(dock.layers_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dock.options.all, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dock.start_button, Qt.MouseButton.LeftButton)
    finish(dock, qtbot)
    assert set(states(dock).values()) == {"done"}


def test_a_gain_of_two_digits_is_not_cut(make_dock, folder, qtbot) -> None:
    dock = make_dock()
    add(dock, qtbot, [str(folder)])
    looked(dock, qtbot)
    dock.batch.rows[0].gain = 10.2
    dock.batch.row_changed.emit(0)
    table = dock.table
    column = next(at for at in range(5) if table.horizontalHeaderItem(at).text() == "Gain")
    assert table.item(0, column).text() == "≤ 11 dB"
    needed = table.sizeHintForColumn(column)
    assert table.columnWidth(column) >= needed
