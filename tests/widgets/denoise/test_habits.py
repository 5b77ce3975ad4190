"""What a dock starts with: napari's Preferences, and what the last run was made with."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from helpers.stand_in import StandIn
from npe2 import PluginManifest
from qtpy.QtCore import Qt

from napari_autostructn2v.settings import MaskSettings, Settings
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.denoise.habits import Habits, Preferences, remember, start_with, with_smaller_tiles

PLUGIN = "napari-autostructn2v"


@pytest.fixture
def page(plugin_settings, npe2pm):
    """The plugin's page in napari's Preferences."""
    from napari.settings import get_plugin_settings

    if PLUGIN not in npe2pm:
        npe2pm.register(PluginManifest.from_distribution(PLUGIN))
    return get_plugin_settings(PLUGIN).denoising


@pytest.fixture
def open_dock(make_napari_viewer, monkeypatch, qtbot):
    """Return a function that opens the dock in a new viewer with an image."""
    StandIn().install(monkeypatch)

    def open_dock() -> DenoiseDock:
        viewer = make_napari_viewer()
        viewer.add_image(np.random.default_rng(0).normal(100, 10, (48, 48)).astype(np.uint8), name="cells")
        dock = DenoiseDock(viewer)
        viewer.window.add_dock_widget(dock, name="Denoise")
        return dock

    return open_dock


def run(dock, qtbot) -> None:
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=10_000)


def test_the_manifest_and_the_program_agree_on_names_and_defaults(page) -> None:
    names = {item.name for item in fields(Preferences)}
    assert names == set(type(page).model_fields)
    assert Preferences(**{name: getattr(page, name) for name in names}) == Preferences()
    for name in names:
        for choice in (type(page).model_fields[name].json_schema_extra or {}).get("enum", []):
            assert replace(Preferences(), **{name: choice})


def test_a_first_dock_starts_with_the_preferences(page, open_dock) -> None:
    page.quality, page.device, page.result_type, page.earlier_results = "best", "cpu", "float32", "keep"
    dock = open_dock()
    assert dock.options.preset == "best"
    assert dock.settings() == Settings.from_preset("best", device="cpu")
    assert dock.advanced.result_dtype == "float32"
    assert dock.advanced.keep_earlier.isChecked()


def test_the_next_session_starts_with_the_last_run_but_not_with_its_mask(page, open_dock, qtbot) -> None:
    dock = open_dock()
    dock.options.quality["fast"].click()
    dock.advanced.stage_forms["stage2"].editors["mask_percentage"].value = 7.5
    dock.advanced.result_type.setCurrentIndex(1)
    dock.noise_panel.use_pattern(np.ones((1, 5), bool))
    run(dock, qtbot)
    settings = dock.settings()
    assert settings.mask.source == "editor"
    again = open_dock()
    assert again.settings() == replace(settings, mask=MaskSettings())
    assert again.advanced.result_dtype == "float32"
    again.advanced.reset_button.click()
    assert again.advanced.result_dtype is None
    assert again.settings() == Settings.from_preset("fast")


def test_a_preference_changed_since_the_last_run_wins(page) -> None:
    remember(Habits(settings=Settings.from_preset("fast", device="cpu", random_seed=5), result_type="float32"))
    page.quality = "best"
    habits = start_with()
    assert habits.settings == Settings.from_preset("best", device="cpu", random_seed=5)
    assert habits.result_type == "float32"
    page.remember_last = False
    assert start_with() == Habits(settings=Settings.from_preset("best"))


@pytest.mark.parametrize("content", [b"quality = ", b"\xff\xfe", b"settings = 3", b"[settings]\nunknown = 1", b""])
def test_a_damaged_file_is_ignored(page, own_folder, open_dock, content) -> None:
    own_folder.mkdir(exist_ok=True)
    (own_folder / "last-run.toml").write_bytes(content)
    assert start_with() == Habits()


def test_a_folder_that_cannot_be_written_stops_no_run(open_dock, own_folder, qtbot) -> None:
    (own_folder / "last-run.toml").mkdir()
    dock = open_dock()
    run(dock, qtbot)
    assert "cells denoised" in dock._viewer.layers


def test_smaller_tiles_come_to_an_end() -> None:
    steps = [Settings()]
    while (smaller := with_smaller_tiles(steps[-1])) is not None:
        assert smaller.tile <= steps[-1].tile
        steps.append(smaller)
    assert 2 <= len(steps) < 10
    assert (steps[-1].tile, steps[-1].stage1.batch_size, steps[-1].stage1.crop_size) == (256, 1, 64)
