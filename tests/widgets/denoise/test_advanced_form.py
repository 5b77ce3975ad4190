"""The advanced form gives back what it was given, but for what the user has changed."""

from __future__ import annotations

from dataclasses import replace

import hypothesis
import pytest
from helpers.any_settings import any_settings, rois
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox

from napari_autostructn2v.settings import RANGES, Settings
from napari_autostructn2v.widgets.denoise.advanced_form import AdvancedForm
from napari_autostructn2v.widgets.roi.more import MoreForm
from napari_autostructn2v.widgets.roi.section import StageSection

unhurried = hypothesis.settings(deadline=None, max_examples=30, suppress_health_check=list(hypothesis.HealthCheck))


@pytest.fixture(scope="module")
def form(qapp) -> AdvancedForm:
    return AdvancedForm()


@unhurried
@given(wanted=any_settings)
def test_settings_come_out_as_they_went_in(form, wanted) -> None:
    form.show_settings(wanted)
    assert form.settings == wanted


@unhurried
@given(wanted=any_settings, data=st.data())
def test_a_change_of_one_field_changes_no_other(form, wanted, data) -> None:
    form.show_settings(wanted)
    editors = {name: editor.native for name, editor in form.stage_forms["stage2"].editors.items()}
    name = data.draw(st.sampled_from(sorted(name for name in editors if not isinstance(editors[name], QComboBox))))
    editor = editors[name]
    if hasattr(editor, "stepBy"):
        editor.stepBy(1 if editor.value() < editor.maximum() else -1)
    else:
        editor.click()
    changed = getattr(form.settings.stage2, name)
    assert form.settings == replace(wanted, stage2=replace(wanted.stage2, **{name: changed}))


@unhurried
@given(wanted=rois)
def test_a_change_of_the_overlap_leaves_the_other_patch_settings(qapp, wanted) -> None:
    more = MoreForm()
    more.show_settings(wanted)
    more.overlap.stepBy(1)
    assert more.roi == replace(wanted, overlap=more.roi.overlap)
    more.deleteLater()


@pytest.mark.parametrize("seed", [0, 2**31, 2**63 - 1])
def test_every_seed_can_be_shown_and_typed(form, qtbot, seed) -> None:
    form.show_settings(Settings(random_seed=1))
    form.seed.clear()
    with qtbot.waitSignal(form.changed):
        qtbot.keyClicks(form.seed, str(seed))
    assert form.settings.random_seed == seed
    form.show_settings(Settings(random_seed=1))
    form.show_settings(Settings(random_seed=seed))
    assert form.seed.text() == str(seed)


def test_what_is_no_seed_cannot_be_typed(form, qtbot) -> None:
    form.show_settings(Settings(random_seed=7))
    form.seed.clear()
    qtbot.keyClicks(form.seed, "-x4.2e")
    assert form.settings.random_seed == 42
    qtbot.keyClicks(form.seed, "0" * 30)
    assert form.settings.random_seed < 2**63
    form.seed.clear()
    qtbot.keyClick(form.seed, Qt.Key.Key_Return)
    assert form.settings.random_seed < 2**63


def test_the_fields_end_where_the_settings_do(form, qtbot) -> None:
    for name, editor in form.stage_forms["stage1"].editors.items():
        if name in RANGES:
            factor = 100 if name == "roi_share" else 1
            assert editor.max == RANGES[name].high * factor, name
            assert editor.min == pytest.approx(RANGES[name].low * factor, abs=0.1), name
    section = StageSection("Background", "#ffffff")
    qtbot.addWidget(section)
    more = section.more
    boxes = {"patch_size": more.patch_size, "roi_threshold": section.threshold, "scale_factor": section.detail}
    for name, box in boxes.items():
        assert (box.minimum(), box.maximum()) == (RANGES[name].low, RANGES[name].high), name
    assert more.overlap.maximum() == 100 * RANGES["overlap"].high
    assert more.sigma.maximum() == RANGES["sigma"].high


def test_every_end_of_a_field_can_be_chosen(form) -> None:
    form.show_settings(Settings())
    for name, editor in form.stage_forms["stage1"].editors.items():
        if name in RANGES and name not in ("features", "num_layers"):
            for end in (editor.min, editor.max):
                editor.value = end
                assert RANGES[name].holds(getattr(form.settings.stage1, name)), name


def test_a_network_too_large_for_any_memory_cannot_be_chosen(form) -> None:
    form.show_settings(Settings())
    editors = form.stage_forms["stage1"].editors
    editors["features"].value = 256
    editors["num_layers"].value = 6
    assert (form.settings.stage1.features, form.settings.stage1.num_layers) == (256, 2)
    assert editors["num_layers"].value == 2


def test_a_number_is_taken_as_it_is_typed(form, qtbot) -> None:
    form.show_settings(Settings())
    box = form.stage_forms["stage1"].editors["crop_size"].native
    box.selectAll()
    qtbot.keyClicks(box, "64")
    assert form.settings.stage1.crop_size == 64
    box.selectAll()
    qtbot.keyClicks(box, "128")
    assert form.settings.stage1.crop_size == 128


def test_choices_of_a_settings_file_are_shown(form) -> None:
    form.show_settings(Settings(device="cuda:1", tile=768))
    editors = form.run_form.editors
    assert editors["device"].native.currentText() == "cuda:1"
    assert editors["tile"].native.currentText() == "768 px"
    assert form.settings == Settings(device="cuda:1", tile=768)
