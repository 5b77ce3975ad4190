"""After a run: the judgement, comparing, models, and the same run elsewhere."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from helpers.stand_in import VERDICT, StandIn
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.noise import Quality
from napari_autostructn2v.settings import MaskSettings, Settings
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.denoise.elsewhere import command_line, needs_file
from napari_autostructn2v.widgets.denoise.progress_view import duration_in_words
from napari_autostructn2v.widgets.image import judge


@pytest.fixture
def dock(make_napari_viewer, monkeypatch, qtbot):
    """A dock that has just denoised a stack called "cells"."""
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer()
    rng = np.random.default_rng(0)
    viewer.add_image(
        rng.normal(100, 10, (3, 48, 64)).astype(np.uint8), name="cells", scale=(2, 1, 1), axis_labels="tyx"
    )
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    dock.denoise()
    wait(dock, qtbot)
    yield dock
    wait(dock, qtbot)


def wait(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: not (dock.control.is_running or dock.model_panel.reader.is_busy), timeout=60_000)


def press(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("removed", "alike", "light", "words"),
    [
        (1.0, 0.05, "green", "looks like noise alone: 100 %"),
        (0.6, 0.05, "yellow", "Some of the noise is still there"),
        (0.2, 0.05, "red", "Much of the noise is still there"),
        (1.4, 0.05, "yellow", "Some structure may be gone"),
        (3.0, 0.05, "red", "Much structure may be gone"),
        (1.0, 0.6, "yellow", "resembles the image"),
    ],
)
def test_the_traffic_light(removed, alike, light, words) -> None:
    judgement = judge(Quality(removed, alike, 0.05, 5.0, structured_share=0.15))
    assert judgement.light == light
    assert words in judgement.verdict
    assert bool(judgement.advice) == (light != "green")


@pytest.mark.parametrize(("share", "light"), [(0.3, "yellow"), (0.6, "red")])
def test_the_light_is_not_green_where_the_difference_shows_structure(share, light) -> None:
    judgement = judge(Quality(1.0, 0.05, 0.01, 5.0, structured_share=share))
    assert judgement.light == light
    assert f"shows structure in {100 * share:.0f} % of the image" in judgement.verdict
    assert "Difference" in judgement.advice


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (13.6, "14 s"), (89, "89 s"), (125, "2 min"), (4800, "80 min"), (5520, "1 h 32 min")],
)
def test_durations_in_words(seconds, words) -> None:
    assert duration_in_words(seconds) == words


def test_the_result_is_described(dock) -> None:
    text = dock.result_view.label.text()
    assert VERDICT in text
    assert "“cells denoised” took 3 s." in text
    assert dock.result_view.judgement.text()


def test_why_says_which_figures_make_the_light(dock, qtbot) -> None:
    view = dock.result_view
    assert not view.reasons.isVisibleTo(view)
    press(qtbot, view.why_button)
    assert view.reasons.isVisibleTo(view)
    quality = view._outcome.quality
    for figure in (f"{100 * quality.removed_over_expected:.0f} %", f"{quality.structure_in_removed:.2f}", "125 %"):
        assert figure in view.reasons.text()
    press(qtbot, view.why_button)
    assert not view.reasons.isVisibleTo(view)


def test_the_divider_shows_before_and_after_on_the_plane_in_view(dock, qtbot) -> None:
    view, layers = dock.result_view, dock._viewer.layers
    dock._viewer.dims.set_current_step(0, 2)
    view.slider.setValue(500)
    press(qtbot, view.compare_button)
    divided = layers["cells before | after"]
    before, after = layers["cells"], layers["cells denoised"]
    np.testing.assert_array_equal(divided.data[0, :, :31], before.data[2, :, :31])
    np.testing.assert_array_equal(divided.data[0, :, 32:], after.data[2, :, 32:])
    np.testing.assert_array_equal(divided.data_to_world((0, 0, 0)), before.data_to_world((2, 0, 0)))
    view.slider.setValue(250)
    np.testing.assert_array_equal(divided.data[0, :, 16:], after.data[2, :, 16:])
    view.slider.setValue(0)
    np.testing.assert_array_equal(divided.data[0], after.data[2])
    press(qtbot, view.compare_button)
    assert "cells before | after" not in layers


def test_the_difference_is_what_was_removed(dock, qtbot) -> None:
    layers = dock._viewer.layers
    other = dock._viewer.add_image(np.zeros((48, 64)), name="other", contrast_limits=(0, 1))
    layers.selection.active = layers["cells"]
    press(qtbot, dock.result_view.difference_button)
    assert layers.index("cells removed") > layers.index(other), "it comes up in view"
    removed = layers["cells removed"]
    expected = layers["cells"].data.astype(float) - layers["cells denoised"].data
    np.testing.assert_allclose(removed.data, expected)
    np.testing.assert_array_equal(removed.extent.world, layers["cells"].extent.world)
    low, high = removed.contrast_limits
    assert low == -high
    press(qtbot, dock.result_view.difference_button)
    assert "cells removed" not in layers, "a second press takes it away"
    press(qtbot, dock.result_view.difference_button)
    del layers["cells removed"]
    assert not dock.result_view.difference_button.isChecked()


def test_side_by_side_shows_all_stages_and_goes_back(dock, qtbot) -> None:
    layers, button = dock._viewer.layers, dock.result_view.grid_button
    layers["cells"].visible = False
    press(qtbot, button)
    assert dock._viewer.canvas.grid.enabled
    assert {layer.name for layer in layers if layer.visible} == {"cells", "cells denoised"}
    assert all(layer.name_overlay.visible for layer in layers if layer.visible), "each says what it is"
    press(qtbot, button)
    assert not any(layer.name_overlay.visible for layer in layers)
    assert not dock._viewer.canvas.grid.enabled
    assert {layer.name for layer in layers if layer.visible} == {"cells denoised"}


def test_comparing_with_a_result_that_was_deleted_does_nothing(dock, qtbot) -> None:
    del dock._viewer.layers["cells denoised"]
    view = dock.result_view
    for button in (view.compare_button, view.difference_button, view.grid_button, view.grid_button):
        press(qtbot, button)
    assert not {"cells removed", "cells before | after"} & {layer.name for layer in dock._viewer.layers}


def test_a_model_denoises_another_image_once_it_is_taken_up_for_it(dock, qtbot, monkeypatch) -> None:
    panel, viewer = dock.model_panel, dock._viewer
    assert "trained on “cells”" in panel.label.text()
    model = panel.model.denoiser
    other = viewer.add_image(np.random.default_rng(1).normal(100, 10, (32, 32)), name="other", scale=(3, 3))
    assert "No model for this image" in panel.label.text()
    assert not panel.apply_button.isEnabled()
    monkeypatch.setattr(Denoiser, "load", lambda path: model)
    panel.runs.setCurrentRow(0)
    panel.runs.itemClicked.emit(panel.runs.item(0))
    wait(dock, qtbot)
    press(qtbot, panel.apply_button)
    wait(dock, qtbot)
    result = viewer.layers["other denoised"]
    np.testing.assert_array_equal(result.extent.world, other.extent.world)
    origin = result.metadata["autostructn2v"]
    assert origin["model"] == "trained on “cells”"
    assert "without training" in dock.result_view.label.text()
    assert dock.result_view.judgement.text(), "a light of its own"
    press(qtbot, dock.result_view.difference_button)
    assert "other removed" in viewer.layers


def test_a_model_is_saved_or_it_is_said_why_not(dock, qtbot, tmp_path, monkeypatch) -> None:
    panel = dock.model_panel
    answers = iter([str(tmp_path / "cells.safetensors"), str(tmp_path / "nowhere" / "cells.safetensors"), ""])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (next(answers), ""))
    press(qtbot, panel.save_button)
    assert (tmp_path / "cells.safetensors").read_text() == "a model"
    assert "cells.safetensors" in panel.label.text()
    press(qtbot, panel.save_button)
    assert "could not be written" in dock.message.text
    press(qtbot, panel.save_button)  # the user thought better of it
    assert panel.model is not None


def test_a_file_that_is_no_model_is_answered_by_a_sentence_and_the_old_model_stays(dock, qtbot, tmp_path) -> None:
    panel = dock.model_panel
    model = panel.model.denoiser
    path = tmp_path / "letter.safetensors"
    path.write_text("Dear Sir")
    panel.load(str(path))
    wait(dock, qtbot)
    assert "letter.safetensors" in dock.message.text
    assert not dock.message.details_button.isVisibleTo(dock)
    assert panel.model.denoiser is model


def test_the_command_says_what_the_dock_says(tmp_path) -> None:
    settings = Settings.from_preset("best", stages="both", random_seed=3, device="cpu")
    assert not needs_file(settings)
    words = shlex.split(command_line(settings, "my cells.tif"))
    assert words[:5] == ["autostructn2v", "denoise", "my cells.tif", "-o", "denoised"]
    options = dict(zip(words[5::2], words[6::2], strict=True))
    assert options == {"--preset": "best", "--stages": "both", "--seed": "3", "--device": "cpu"}
    own = Settings(mask=MaskSettings(source="editor", pattern=("111",)))
    assert needs_file(own)
    assert command_line(own, "a.tif", "own.toml") == "autostructn2v denoise a.tif -o denoised --settings own.toml"


def test_copy_as_command_writes_the_settings_that_it_needs(dock, qtbot, tmp_path, monkeypatch) -> None:
    press(qtbot, dock.elsewhere.copy_button)
    assert QApplication.clipboard().text() == "autostructn2v denoise IMAGE.tif -o denoised"
    assert "clipboard" in dock.message.text
    dock.advanced.stage_forms["stage1"].editors["batch_size"].value = 8
    path = tmp_path / "own"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    press(qtbot, dock.elsewhere.copy_button)
    assert QApplication.clipboard().text().endswith(f"--settings {path}.toml")
    assert Settings.load(f"{path}.toml") == dock.settings()


def test_settings_go_into_a_file_and_come_back(dock, qtbot, tmp_path, monkeypatch) -> None:
    elsewhere = dock.elsewhere
    names = iter(
        ["", tmp_path / "no" / "own.toml", tmp_path / "own.toml", "", tmp_path / "bad.toml", tmp_path / "own.toml"]
    )
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(next(names)), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(next(names)), ""))
    (tmp_path / "bad.toml").write_text("tile = 'large'")
    (tmp_path / "no").write_text("a file, not a folder")
    dock.advanced.seed.setValue(7)
    own = dock.settings()
    press(qtbot, elsewhere.save_button)  # the user thinks better of it
    press(qtbot, elsewhere.save_button)
    assert "cannot be written" in dock.message.text
    press(qtbot, elsewhere.save_button)
    assert "own.toml" in dock.message.text and Settings.load(tmp_path / "own.toml") == own
    dock.advanced.seed.setValue(8)
    press(qtbot, elsewhere.load_button)
    press(qtbot, elsewhere.load_button)
    assert "tile" in dock.message.text
    assert dock.settings().random_seed == 8, "a bad file changes nothing"
    press(qtbot, elsewhere.load_button)
    assert dock.settings() == own and dock.advanced.seed.value() == 7


def test_no_command_is_copied_without_the_settings_that_it_needs(dock, qtbot, tmp_path, monkeypatch) -> None:
    dock.advanced.stage_forms["stage1"].editors["batch_size"].value = 8
    QApplication.clipboard().setText("of the user")
    (tmp_path / "no").write_text("a file, not a folder")
    names = iter(["", tmp_path / "no" / "own.toml"])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(next(names)), ""))
    press(qtbot, dock.elsewhere.copy_button)
    press(qtbot, dock.elsewhere.copy_button)
    assert "cannot be written" in dock.message.text
    assert QApplication.clipboard().text() == "of the user"


def test_much_text_leaves_the_buttons_where_they_are(dock, qtbot) -> None:
    view = dock.result_view
    before = view.compare_button.y()
    view.label.setText("\n".join(f"Channel {number}: this and that was found about it." for number in range(12)))
    qtbot.wait(100)
    assert view.compare_button.y() == before
    assert view.label.y() > view.error_button.y()
