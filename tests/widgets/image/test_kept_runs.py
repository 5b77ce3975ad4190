"""Runs are kept on disk, listed in any later session, and applied or deleted from the list."""

from __future__ import annotations

import json
import shutil
import threading

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

import napari_autostructn2v.denoiser as denoiser_module
from napari_autostructn2v.denoiser import kept_runs
from napari_autostructn2v.denoiser.kept_runs import KEPT
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.settings import Settings
from napari_autostructn2v.widgets.denoise import DenoiseDock


@pytest.fixture
def standin(monkeypatch) -> StandIn:
    return StandIn().install(monkeypatch)


@pytest.fixture
def open_dock(make_napari_viewer, standin, qtbot):
    """Return a function that opens the dock in a new viewer with an image."""
    docks = []

    def open_dock() -> DenoiseDock:
        viewer = make_napari_viewer()
        viewer.add_image(np.random.default_rng(0).normal(100, 10, (48, 48)).astype(np.uint8), name="cells")
        dock = DenoiseDock(viewer)
        viewer.window.add_dock_widget(dock, name="Denoise")
        dock.model_section.expand()
        docks.append(dock)
        return dock

    open_dock.docks = docks
    yield open_dock
    for dock in docks:
        wait(dock, qtbot)


def wait(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: not (dock.control.is_running or dock.model_panel.reader.is_busy), timeout=60_000)


def run(dock, qtbot) -> None:
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    wait(dock, qtbot)


def click_row(dock, qtbot, row) -> None:
    runs = dock.model_panel.runs
    place = runs.visualItemRect(runs.item(row)).center()
    qtbot.mouseClick(runs.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_run_is_listed_in_the_next_session_and_applied_from_there(open_dock, qtbot, monkeypatch) -> None:
    first = open_dock()
    assert not first.model_panel.runs.isVisibleTo(first)
    run(first, qtbot)
    (kept,) = kept_runs()
    assert kept.image == "cells"
    assert Settings.from_toml(kept.settings) == first.settings()
    assert [value for *_, value in kept.held_out] == pytest.approx([1.1 / step for step in (1, 2, 3, 4)] * 2)
    model = first.model_panel.model.denoiser
    monkeypatch.setattr(denoiser_module.Denoiser, "load", lambda path: model)
    second = open_dock()
    panel = second.model_panel
    assert panel.runs.count() == 1
    assert not panel.apply_button.isEnabled()
    assert panel.runs.item(0).text().startswith("cells · ")
    click_row(second, qtbot, 0)
    wait(second, qtbot)
    assert "trained on “cells”" in panel.label.text()
    qtbot.mouseClick(panel.apply_button, Qt.MouseButton.LeftButton)
    wait(second, qtbot)
    assert "cells denoised" in second._viewer.layers


def test_two_runs_of_one_minute_have_different_names(open_dock, own_folder, qtbot) -> None:
    dock = open_dock()
    run(dock, qtbot)
    (path,) = own_folder.rglob("*.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    other = path.with_name(f"9{path.name[1:]}")
    shutil.copy(path.with_suffix(".safetensors"), other.with_suffix(".safetensors"))
    second = 30 if not record["time"].endswith("30+00:00") else 31
    other.write_text(json.dumps(record | {"time": f"{record['time'][:17]}{second}+00:00"}), encoding="utf-8")
    titles = [kept.title for kept in kept_runs()]
    assert len(set(titles)) == 2


def test_a_cancelled_run_is_kept_and_says_so(open_dock, standin, qtbot) -> None:
    dock = open_dock()
    standin.hold_at = "stage 2"
    dock.denoise()
    qtbot.waitUntil(lambda: standin.reached == "stage 2", timeout=10_000)
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    wait(dock, qtbot)
    (kept,) = kept_runs()
    assert kept.stopped
    assert "cancelled" in dock.model_panel.runs.item(0).text()


def test_a_run_is_kept_when_the_viewer_is_closed(open_dock, standin, qtbot) -> None:
    dock = open_dock()
    standin.hold_at = "stage 2"
    dock.denoise()
    qtbot.waitUntil(lambda: standin.reached == "stage 2", timeout=10_000)
    dock._viewer.close()
    open_dock.docks.clear()
    qtbot.waitUntil(lambda: not any(thread.is_alive() for thread in standin.threads), timeout=5000)
    assert len(kept_runs()) == 1
    qtbot.wait(100)


def test_deleting_takes_the_chosen_run_off_the_disk(open_dock, own_folder, qtbot) -> None:
    dock = open_dock()
    panel = dock.model_panel
    for _ in range(3):
        run(dock, qtbot)
    assert panel.runs.count() == 3
    newest, _, oldest = kept_runs()
    panel.runs.setCurrentRow(1)
    qtbot.mouseClick(panel.delete_button, Qt.MouseButton.LeftButton)
    assert kept_runs() == [newest, oldest]
    assert panel.runs.count() == 2
    assert not panel.delete_button.isEnabled()
    assert len(list((own_folder / "runs").iterdir())) == 4
    assert panel.apply_button.isEnabled()


def test_only_the_newest_are_kept_and_damage_is_passed_over(open_dock, own_folder, qtbot) -> None:
    folder = own_folder / "runs"
    folder.mkdir()
    record = {"image": "old", "time": "2020-01-01T00:00:00+00:00", "settings": "", "steps": {"1": 5}}
    for number in range(KEPT + 4):
        (folder / f"2020-{number:02}.json").write_text(json.dumps(record))
        (folder / f"2020-{number:02}.safetensors").write_text("a model")
    (folder / "2021.json").write_text("{")
    (folder / "2022.json").write_text('{"image": 3, "time": "yesterday", "settings": 1, "steps": []}')
    (folder / "2023.json").write_text(json.dumps(record))  # without its model
    dock = open_dock()
    assert dock.model_panel.runs.count() == KEPT + 4
    run(dock, qtbot)
    assert kept_runs()[0].image == "cells"
    assert len({path.stem for path in folder.iterdir()}) == KEPT


def test_a_full_disk_costs_no_result_and_is_told(open_dock, standin, qtbot, monkeypatch) -> None:
    from helpers.stand_in import Model

    def fail(*_) -> None:
        raise InputError("model.safetensors could not be written: No space left on device.")

    monkeypatch.setattr(Model, "save", fail)
    dock = open_dock()
    run(dock, qtbot)
    assert "cells denoised" in dock._viewer.layers
    assert "No space left" in dock.result_view.label.text()
    assert kept_runs() == []
    assert dock.model_panel.model is not None
    assert not any(thread.name == "autostructn2v" for thread in threading.enumerate())


def test_a_model_deleted_behind_our_back_is_answered_by_a_sentence(open_dock, own_folder, qtbot) -> None:
    dock = open_dock()
    run(dock, qtbot)
    for path in (own_folder / "runs").glob("*.safetensors"):
        path.unlink()
    click_row(dock, qtbot, 0)
    wait(dock, qtbot)
    assert "There is no file" in dock.message.text
    assert dock.model_panel.model is not None


def test_the_run_clicked_last_is_taken_up(open_dock, qtbot, monkeypatch) -> None:
    dock = open_dock()
    panel = dock.model_panel
    for _ in range(2):
        run(dock, qtbot)
    monkeypatch.setattr(denoiser_module.Denoiser, "load", lambda path: str(path))
    click_row(dock, qtbot, 0)
    click_row(dock, qtbot, 1)  # while the first is still being read
    wait(dock, qtbot)
    assert panel.model.denoiser == panel.chosen_run.model == kept_runs()[1].model


def test_a_run_that_could_not_be_kept_leaves_the_others_unchosen(open_dock, qtbot, monkeypatch) -> None:
    from helpers.stand_in import Model

    def fail(*_) -> None:
        raise InputError("model.safetensors could not be written: No space left on device.")

    dock = open_dock()
    run(dock, qtbot)
    assert dock.model_panel.chosen_run == kept_runs()[0]
    monkeypatch.setattr(Model, "save", fail)
    run(dock, qtbot)
    assert dock.model_panel.chosen_run is None, "Delete would take an older run"
