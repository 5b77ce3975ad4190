"""The advanced form gives back what it was given, but for what the user has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox

from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings
from napari_autostructn2v.settings import values as allowed
from napari_autostructn2v.widgets.denoise.advanced_form import AdvancedForm
from napari_autostructn2v.widgets.roi.more import MoreForm

counts = st.integers(1, 10**18)
shares = st.floats(0, 1, allow_nan=False)
rois = st.builds(
    RoiSettings,
    patch_size=st.integers(8, 10**12),
    overlap=st.floats(0, 0.999),
    sigma=st.none() | st.floats(0, 999_999),
    equalize=st.sampled_from(get_args(allowed.Equalize)),
    band=st.tuples(st.floats(-2, 0.499), st.floats(0.5, 3)),
    criteria=st.sampled_from([("mean",), ("texture", "mean"), ("band",)]),
)
stages = st.builds(
    StageSettings,
    roi=rois,
    roi_share=shares,
    crop_size=counts,
    patches_per_image=counts,
    batch_size=counts,
    num_epochs=counts,
    mask_percentage=st.floats(0, 50, exclude_min=True),
    masking_strategy=st.sampled_from(get_args(allowed.MaskingStrategy)),
    use_augmentation=st.booleans(),
    features=counts,
    num_layers=counts,
    learning_rate=st.floats(0, 1e6, exclude_min=True),
    flips_at_prediction=st.booleans(),
    early_stopping=st.booleans(),
    early_stopping_patience=counts,
)
settings = st.builds(
    Settings,
    stage1=stages,
    stage2=stages,
    random_seed=st.integers(0, 2**63 - 1),
    device=st.sampled_from(["auto", "cpu", "cuda:1", "mps"]),
    tile=st.integers(16, 10_000).map(lambda sixteenths: 16 * sixteenths),
    remove_line_offsets=st.booleans(),
)
unhurried = hypothesis.settings(deadline=None, max_examples=30, suppress_health_check=list(hypothesis.HealthCheck))


@pytest.fixture(scope="module")
def form(qapp) -> AdvancedForm:
    return AdvancedForm()


@unhurried
@given(wanted=settings)
def test_settings_come_out_as_they_went_in(form, wanted) -> None:
    form.show_settings(wanted)
    assert form.settings == wanted


@unhurried
@given(wanted=settings, data=st.data())
def test_a_change_of_one_field_changes_no_other(form, wanted, data) -> None:
    form.show_settings(wanted)
    editors = form.stage_forms["stage2"].editors
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
