"""The ROI tuning dock in a real viewer: what a user moves, and what then is on the canvas."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Shapes
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_autostructn2v.roi import ROI_PRESETS, register_criterion, unregister_criterion
from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings, Settings
from napari_autostructn2v.widgets.canvas.rectangles import corners_of
from napari_autostructn2v.widgets.image import viewer_state
from napari_autostructn2v.widgets.roi import RoiDock


def cells(shape=(256, 256), seed=0) -> np.ndarray:
    """Bright discs on a dark, noisy background."""
    generator = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    image = generator.normal(100, 5, shape)
    for row, column in generator.uniform(0, 1, (6, 2)) * shape:
        image += 80 * ((rows - row) ** 2 + (columns - column) ** 2 < (min(shape) / 12) ** 2)
    return image.astype(np.float32)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def open_dock(viewer):
    """Open the dock as the Plugins menu does."""

    def open_it() -> RoiDock:
        return viewer.window.add_plugin_dock_widget("napari-autostructn2v", "ROI tuning")[1]

    return open_it


@pytest.fixture
def dock(viewer, open_dock, qtbot):
    viewer.add_image(cells(), name="cells")
    dock = open_dock()
    qtbot.waitUntil(lambda: shapes(viewer, "Background") is not None)
    return dock


def shapes(viewer, name: str) -> Shapes | None:
    return next((layer for layer in viewer.layers if isinstance(layer, Shapes) and layer.name.startswith(name)), None)


def corners(layer: Shapes | None) -> set[tuple[int, int]]:
    assert layer is not None
    return {(round(row), round(column)) for row, column in corners_of(layer)[0]}


def selected(image: np.ndarray, settings: RoiSettings) -> set[tuple[int, int]]:
    return {(row, column) for row, column in select_patches(image, settings).coords.tolist()}


def test_opening_shows_the_patches_and_leaves_the_image_active(viewer, dock):
    layer = shapes(viewer, "Background patches (stage 1) – cells")
    assert corners(layer) == selected(cells(), RoiSettings())
    assert viewer.layers.selection.active is viewer.layers["cells"]
    count = len(select_patches(cells()))
    assert dock.background.section.count.text().startswith(f"{count} of 225 patches · ")
    assert dock.settings_pair == (Settings().stage1.roi, Settings().stage2.roi)
    assert shapes(viewer, "Structure") is None, "stage 2 takes random patches by default"


def test_threshold_is_live(viewer, dock, qtbot):
    section = dock.background.section
    with qtbot.waitSignal(dock.settings_changed):
        section.threshold.setValue(0.3)
    # No waiting: a threshold lands at once.
    expected = select_patches(cells(), RoiSettings(roi_threshold=0.3))
    assert corners(shapes(viewer, "Background")) == {tuple(corner) for corner in expected.coords.tolist()}
    assert section.count.text().startswith(f"{len(expected)} of 225")
    assert section.histogram.line.value() == pytest.approx(0.3)

    section.histogram.line.setValue(0.7)  # what dragging the line does
    assert section.threshold.value() == pytest.approx(0.7)
    assert corners(shapes(viewer, "Background")) == selected(cells(), RoiSettings(roi_threshold=0.7))


def test_stale_requests_are_dropped_and_the_last_one_lands(viewer, dock, qtbot, monkeypatch):
    section, scored = dock.background.section, []
    select = dock._preview.select
    monkeypatch.setattr(dock._preview, "select", lambda roi: (scored.append(roi.scale_factor), select(roi))[1])
    for detail in np.linspace(0.1, 0.9, 9):
        section.detail.setValue(detail)
        section.threshold.setValue(0.3 + detail / 10)
    wanted = RoiSettings(scale_factor=0.9, roi_threshold=0.39)
    qtbot.waitUntil(lambda: corners(shapes(viewer, "Background")) == selected(cells(), wanted))
    assert set(scored) <= {0.9, 0.25}, "details that the slider has passed are not computed"


def test_structure_has_its_own_layer_and_colour(viewer, dock, qtbot):
    dock.structure.section.use_roi.setChecked(True)
    qtbot.waitUntil(lambda: shapes(viewer, "Structure patches (stage 2) – cells") is not None)
    structure = shapes(viewer, "Structure")
    assert corners(structure) == selected(cells(), dock.settings_pair[1])
    assert not np.allclose(structure.edge_color[0], shapes(viewer, "Background").edge_color[0])
    dock.structure.section.use_roi.setChecked(False)
    qtbot.waitUntil(lambda: shapes(viewer, "Random patches (stage 2) – cells") is not None)
    assert "Random patches" in dock.structure.section.count.text()
    assert not dock.structure.section.threshold.isEnabled()
    assert "Choose by content" in dock.structure.section.threshold.toolTip()


def test_show_the_eye_and_delete_agree(viewer, dock, qtbot):
    section = dock.background.section
    layer = shapes(viewer, "Background")
    section.show_box.setChecked(False)
    assert not layer.visible
    layer.visible = True  # the eye in the layer list
    assert section.show_box.isChecked()
    viewer.layers.remove(layer)
    assert not section.show_box.isChecked()
    section.threshold.setValue(0.4)
    assert shapes(viewer, "Background") is None, "what was deleted does not come back by itself"
    section.show_box.setChecked(True)
    qtbot.waitUntil(lambda: shapes(viewer, "Background") is not None)
    assert corners(shapes(viewer, "Background")) == selected(cells(), RoiSettings(roi_threshold=0.4))


def test_auto_preset_and_reset(viewer, dock, qtbot):
    before = dock.settings_pair
    qtbot.mouseClick(dock.background.section.auto_button, Qt.MouseButton.LeftButton)
    assert dock.settings_pair[0].roi_threshold != before[0].roi_threshold
    dock.files.choose_preset("bright background")
    preset = ROI_PRESETS["bright background"]
    assert dock.settings_pair == (preset.stage1, preset.stage2)
    qtbot.waitUntil(lambda: corners(shapes(viewer, "Background")) == selected(cells(), preset.stage1))
    assert dock.files.preset.currentData() == "bright background"
    dock.files.reset_button.click()
    assert dock.settings_pair == before
    assert dock.files.preset.currentData() == "default"


def test_more_reaches_every_setting(viewer, dock, qtbot):
    more = dock.background.section.more
    more.patch_size.setValue(64)
    more.overlap.setValue(25)
    more.sigma.setValue(300)
    more.equalize.setCurrentIndex(more.equalize.findData("adaptive"))
    more.background.setCurrentIndex(more.background.findData("bright"))
    more.side.setCurrentIndex(more.side.findData(False))
    more.criteria["gradient"].setChecked(True)
    more.criteria["mean"].setChecked(False)
    more.criteria["band"].setChecked(True)
    more.combine.setCurrentIndex(more.combine.findData("any"))
    more.band[0].setValue(0.2)
    wanted = RoiSettings(
        patch_size=64, overlap=0.25, sigma=300.0, equalize="adaptive", background="bright", select_background=False,
        criteria=("band", "gradient"), combine="any", band=(0.2, 0.7),
    )  # fmt: skip
    assert dock.settings_pair[0] == wanted
    qtbot.waitUntil(lambda: corners(shapes(viewer, "Background")) == selected(cells(), wanted))
    for name in ("band", "gradient"):
        more.criteria[name].setChecked(False)
    assert dock.settings_pair[0].criteria == ("mean",), "something has to judge"


def test_own_criterion_appears_in_the_dock(viewer, dock, qtbot):
    register_criterion("left half", lambda image: np.arange(image.shape[1]) < image.shape[1] / 2 + 0 * image)
    try:
        dock.background.section.more_section.expand()
        section = dock.structure.section
        section.use_roi.setChecked(True)
        assert "left half" in section.more.criteria
        section.more.criteria["left half"].setChecked(True)
        section.more.criteria["mean"].setChecked(False)
        assert dock.settings_pair[1].criteria == ("left half",)
        qtbot.waitUntil(lambda: shapes(viewer, "Structure") is not None)
        dock.update_patches()
        found = corners(shapes(viewer, "Structure"))
        assert found and max(column for _, column in found) < 128
    finally:
        unregister_criterion("left half")
    section.detail.setValue(0.5)
    dock.update_patches()
    assert "There is no criterion 'left half'" in section.message.text


def test_failing_criterion_is_told(viewer, dock):
    def fails(image):
        raise ValueError("no such thing")

    register_criterion("fails", fails)
    try:
        viewer_state(viewer).image.set_stage(0, RoiSettings(criteria=("fails",)))
        dock.update_patches()
        assert "no such thing" in dock.background.section.message.text
        assert shapes(viewer, "Background") is None
    finally:
        unregister_criterion("fails")
    dock.files.reset()
    dock.update_patches()
    assert not dock.background.section.message.text
    assert corners(shapes(viewer, "Background")) == selected(cells(), RoiSettings())


def test_the_command_line_prints_what_the_dock_shows(viewer, dock, tmp_path, capsys):
    from napari_autostructn2v.cli import main
    from napari_autostructn2v.files import write_image

    dock.background.section.threshold.setValue(0.43)
    dock.background._on_edited([(5, 7)], [(0, 0)])
    dock.update_patches()
    write_image(tmp_path / "cells.tif", cells())
    dock.files.save(tmp_path / "tuned.toml")
    assert main(["roi", str(tmp_path / "cells.tif"), "--settings", str(tmp_path / "tuned.toml"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["stage1"]["coords"]
    assert {tuple(corner) for corner in printed} == corners(shapes(viewer, "Background"))


def test_the_wheel_scrolls_and_does_not_tune(viewer, dock):
    before = dock.settings_pair
    section = dock.background.section
    section.more_section.expand()
    viewer.window._qt_window.show()
    more = section.more
    for widget in (section.threshold._slider, more.patch_size, more.equalize, section.histogram.viewport()):
        centre = QPointF(widget.rect().center())
        event = QWheelEvent(
            centre, QPointF(widget.mapToGlobal(widget.rect().center())), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
    assert dock.settings_pair == before


def test_tuning_survives_hiding_and_closing(viewer, dock, open_dock, qtbot):
    dock.background.section.threshold.setValue(0.37)
    dock.parent().hide()  # still live
    viewer_state(viewer).image.set_stage(0, RoiSettings(roi_threshold=0.41))
    assert corners(shapes(viewer, "Background")) == selected(cells(), RoiSettings(roi_threshold=0.41))

    viewer.window.remove_dock_widget(dock)  # closed: its layers go, the tuning stays
    assert shapes(viewer, "Background") is None
    assert viewer_state(viewer).of(viewer.layers["cells"]).pair[0].roi_threshold == 0.41
    viewer_state(viewer).image.set_stage(0, RoiSettings(roi_threshold=0.42))
    qtbot.wait(50)
    assert shapes(viewer, "Background") is None, "a closed dock draws nothing"
    dock.deleteLater()
    again = open_dock()
    qtbot.waitUntil(lambda: shapes(viewer, "Background") is not None)
    assert again.background.section.threshold.value() == pytest.approx(0.42)


def test_every_image_keeps_its_own_tuning(viewer, dock, qtbot):
    dock.background.section.threshold.setValue(0.3)
    dock.background._on_edited([(5, 7)], [])
    other = viewer.add_image(cells(seed=1), name="other")
    dock.image.layer = other
    assert dock.settings_pair[0] == RoiSettings(), "the tuning of one image does not travel to another"
    qtbot.waitUntil(lambda: shapes(viewer, "Background patches (stage 1) – other") is not None)
    assert corners(shapes(viewer, "Background")) == selected(cells(seed=1), RoiSettings())
    dock.background.section.threshold.setValue(0.6)
    dock.image.layer = viewer.layers["cells"]
    assert dock.settings_pair[0] == RoiSettings(roi_threshold=0.3, added=((5, 7),))
    assert viewer_state(viewer).of(other).pair[0] == RoiSettings(roi_threshold=0.6)


def test_image_chosen_elsewhere_is_followed(viewer, dock, qtbot):
    other = viewer.add_image(cells(seed=1), name="other")
    viewer_state(viewer).chosen.choose(other)
    assert dock.layer is other
    qtbot.waitUntil(lambda: shapes(viewer, "Background patches (stage 1) – other") is not None)
    assert corners(shapes(viewer, "Background")) == selected(cells(seed=1), RoiSettings())


def test_settings_file_round_trip(viewer, dock, tmp_path, qtbot):
    dock.background.section.threshold.setValue(0.33)
    dock.background._on_edited([(5, 7)], [(0, 0)])
    path = tmp_path / "tuned.toml"
    dock.files.save(path)
    saved = Settings.load(path)
    assert saved.stage1.roi == dock.settings_pair[0]
    image = viewer.layers["cells"].data
    assert corners(shapes(viewer, "Background")) == selected(image, saved.stage1.roi), "API and dock agree"

    dock.files.copy_button.click()
    assert Settings.from_toml(QApplication.clipboard().text()) == saved
    dock.files.reset()
    dock.files.load(path)
    assert dock.settings_pair == (saved.stage1.roi, saved.stage2.roi)

    path.write_text("[stage1.roi]\nroi_threshold = 7\n")
    dock.files.load(path)
    assert "roi_threshold" in dock.message.text
    assert dock.settings_pair[0] == saved.stage1.roi, "a bad file changes nothing"
    dock.files.save(path / "in_a_file.toml")
    assert "cannot be written" in dock.message.text


def test_the_buttons_ask_for_a_file_and_begin_in_the_folder_of_the_last_one(viewer, dock, tmp_path, monkeypatch):
    asked, answers = [], iter(["", str(tmp_path / "tuned"), "", str(tmp_path / "tuned.toml")])

    def answer(_parent, _title, start, *_):
        asked.append(start)
        return next(answers), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    dock.background.section.threshold.setValue(0.33)
    tuned = dock.settings_pair
    dock.files.save_button.click()  # the user thinks better of it
    assert os.listdir(tmp_path) == [] and dock.message.text == ""
    dock.files.save_button.click()
    assert "--settings tuned.toml" in dock.message.text
    dock.files.reset_button.click()
    dock.files.load_button.click()  # and again
    assert dock.settings_pair != tuned
    dock.files.load_button.click()
    assert dock.settings_pair == tuned
    assert asked == ["settings.toml", "settings.toml", str(tmp_path), str(tmp_path)]


def test_a_preset_of_the_list_is_taken_up_and_shown_until_something_changes(viewer, dock, qtbot):
    combo = dock.files.preset
    for name, preset in ROI_PRESETS.items():
        combo.setCurrentIndex(combo.findData(name))
        combo.activated.emit(combo.currentIndex())
        assert dock.settings_pair == (preset.stage1, preset.stage2)
        assert ROI_PRESETS[combo.currentData()] == preset
    dock.background.section.threshold.setValue(0.123)
    assert combo.currentText() == "Own settings"


def test_few_patches_are_told_with_a_way_out(viewer, dock, qtbot):
    section = dock.background.section
    section.threshold.setValue(0.0)
    qtbot.waitUntil(lambda: "few patches" in section.message.text)
    section.message.action_button.click()
    assert not dock.settings_pair[0].use_roi
    qtbot.waitUntil(lambda: not section.message.text)


def test_patches_that_are_all_alike_are_told(viewer, dock, qtbot):
    rows, columns = np.indices((256, 256))
    flat = np.where((rows - 128) ** 2 + (columns - 128) ** 2 < 60**2, rows + columns, 100).astype(np.uint16)
    dock.image.layer = viewer.add_image(flat)
    dock.background.section.threshold.setValue(0.35)
    dock.structure.section.use_roi.setChecked(True)
    flat_alone = replace(dock.settings_pair[1], background="bright", roi_threshold=0.65, patch_size=32)
    dock._state.image.set_stage(1, flat_alone)
    qtbot.waitUntil(lambda: "all alike" in dock.structure.section.message.text)
    assert "all alike" not in dock.background.section.message.text, "pure background is what is wanted there"


def test_many_patches_are_represented(viewer, dock, qtbot, monkeypatch):
    from napari_autostructn2v.widgets.roi import stage as roi_stage

    monkeypatch.setattr(roi_stage, "MAX_SHOWN", 50)
    dock.background.section.threshold.setValue(0.8)
    count = len(select_patches(cells(), RoiSettings(roi_threshold=0.8)))
    assert shapes(viewer, "Background").nshapes == 50
    assert f"50 of {count} shown" in dock.background.section.count.text()
    before = corners(shapes(viewer, "Background"))
    dock.background.section.threshold.setValue(0.79)
    assert len(before & corners(shapes(viewer, "Background"))) > 40, "a small step does not reshuffle them"


def test_opening_the_dock_leaves_torch_alone():
    code = (
        "import sys, napari_autostructn2v.widgets.roi, napari_autostructn2v.widgets.image;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_own_settings_is_no_preset_to_choose(dock):
    combo = dock.files.preset
    shown = combo.currentText()
    assert shown != "Own settings"
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    assert combo.currentText() == shown


def test_a_layer_outlives_one_of_two_viewers_that_show_it(viewer, dock, make_napari_viewer, qtbot):
    other = make_napari_viewer()
    layer = viewer.layers["cells"]
    other.add_layer(layer)
    second = RoiDock(other)
    other.window.add_dock_widget(second, name="ROI tuning")
    second.update_patches()
    other.close()  # takes the window of the second dock along, while Python still holds the rest of it
    qtbot.wait(50)
    before = corners(shapes(viewer, "Background"))
    layer.data = layer.data[::-1].copy()
    qtbot.waitUntil(lambda: corners(shapes(viewer, "Background")) != before)
