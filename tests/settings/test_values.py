"""Settings are values: they compare, travel through TOML unchanged, and refuse nonsense in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.settings import PRESET_EPOCHS, MaskSettings, RoiSettings, Settings, StageSettings
from napari_autostructn2v.settings import values as module

# A loaded machine is no failure.
unhurried = hypothesis.settings(deadline=None, max_examples=40)


def numbers(low: float, high: float, **options: Any) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, **options)


counts = st.integers(1, 10_000)
rois = st.builds(
    RoiSettings,
    use_roi=st.booleans(),
    roi_threshold=numbers(0, 1),
    scale_factor=numbers(0, 1, exclude_min=True),
    select_background=st.booleans(),
    patch_size=st.integers(8, 512),
    overlap=numbers(0, 1, exclude_max=True),
    sigma=st.none() | numbers(0, 300),
    equalize=st.sampled_from(get_args(module.Equalize)),
    background=st.sampled_from(get_args(module.Background)),
)
stages = st.builds(
    StageSettings,
    roi=rois,
    roi_share=numbers(0, 1),
    crop_size=counts,
    patches_per_image=counts,
    batch_size=counts,
    num_epochs=counts,
    mask_percentage=numbers(0, 50, exclude_min=True),
    masking_strategy=st.sampled_from(get_args(module.MaskingStrategy)),
    use_augmentation=st.booleans(),
    learning_rate=numbers(0, 1, exclude_min=True),
    early_stopping=st.booleans(),
    early_stopping_patience=counts,
)
masks = st.builds(
    MaskSettings,
    source=st.sampled_from(get_args(module.MaskSource)),
    path=st.text(),
    pattern=st.lists(st.sampled_from(["000", "010", "111"]), max_size=3).map(tuple),
    max_lag=counts,
    min_correlation=numbers(0, 1, exclude_max=True),
)
all_settings = st.builds(
    Settings,
    stages=st.sampled_from(get_args(module.Stages)),
    preset=st.sampled_from(get_args(module.Preset)),
    stage1=stages,
    stage2=stages,
    mask=masks,
    random_seed=st.integers(0, 2**32 - 1),
    device=st.sampled_from(["auto", "cpu", "cuda:1"]),
)


@unhurried
@given(all_settings)
def test_settings_come_back_from_toml_equal(settings: Settings) -> None:
    back = Settings.from_toml(settings.to_toml())
    assert back == settings
    assert hash(back) == hash(settings)


def test_settings_come_back_from_a_file(tmp_path: Path) -> None:
    settings = replace(Settings.from_preset("best"), mask=MaskSettings(source="file", path="Zellen/größe.npy"))
    settings.save(tmp_path / "settings.toml")
    assert Settings.load(tmp_path / "settings.toml") == settings


def test_what_a_file_leaves_out_keeps_its_default() -> None:
    settings = Settings.from_toml("[stage1.roi]\nroi_threshold = 0.3\n[stage2]\nlearning_rate = 1\n")
    assert settings.stage1.roi == RoiSettings(roi_threshold=0.3)
    assert settings.stage2 == replace(Settings().stage2, learning_rate=1.0)
    assert isinstance(settings.stage2.learning_rate, float)
    assert replace(settings, stage1=Settings().stage1, stage2=Settings().stage2) == Settings()


def test_a_preset_named_in_a_file_brings_its_budget_unless_the_file_sets_another() -> None:
    assert Settings.from_toml('preset = "fast"') == Settings.from_preset("fast")
    settings = Settings.from_toml('preset = "fast"\n[stage1]\nnum_epochs = 7')
    assert settings.stage1.num_epochs == 7
    assert settings.stage2.num_epochs == PRESET_EPOCHS["fast"]


def test_presets_differ_in_their_budget_alone() -> None:
    steps = [Settings.from_preset(preset).stage1.steps for preset in ("fast", "balanced", "best")]
    assert steps == sorted(set(steps))
    assert Settings.from_preset("best").with_preset("balanced") == Settings()


def test_defaults_are_those_of_the_description() -> None:
    assert RoiSettings() == Settings().stage1.roi
    roi = RoiSettings()
    assert (roi.use_roi, roi.roi_threshold, roi.scale_factor, roi.select_background) == (True, 0.5, 0.25, True)
    assert (roi.patch_size, Settings().stage2.roi.patch_size) == (32, 64)
    assert (Settings().stage2.roi.use_roi, Settings().stage2.roi.select_background) == (False, False)
    assert Settings().random_seed == 42


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stages = [", "not valid TOML"),
        ("stagse = 'auto'", "no setting stagse"),
        ("[stage1]\nepochs = 3", "no setting stage1.epochs"),
        ("[stage1.roi]\nroi_treshold = 3", "no setting stage1.roi.roi_treshold"),
        ("stage1 = 3", "stage1 must be a table"),
        ("stages = '3'", "stages is '3'; it must be one of 'auto', '1', '2', 'both'"),
        ("preset = 'slow'", "preset is 'slow'"),
        ("random_seed = 'x'", "random_seed must be a whole number"),
        ("random_seed = 1.5", "random_seed must be a whole number"),
        ("random_seed = true", "random_seed must be a whole number"),
        ("device = 3", "device must be a text"),
        ("[stage1]\nuse_augmentation = 1", "stage1.use_augmentation must be true or false"),
        ("[stage1]\nlearning_rate = '1'", "stage1.learning_rate must be a number"),
        ("[stage1]\nlearning_rate = nan", "learning_rate is nan"),
        ("[stage1.roi]\nroi_threshold = 1.2", "roi_threshold is 1.2; it must lie between 0 and 1"),
        ("[stage1.roi]\nscale_factor = 0", "scale_factor is 0.0"),
        ("[stage1.roi]\npatch_size = 4", "patch_size is 4; it must be at least 8 pixels"),
        ("[stage2]\nnum_epochs = 0", "num_epochs is 0"),
        ("[stage2]\nmask_percentage = 60", "mask_percentage is 60"),
        ("[mask]\npattern = '111'", "mask.pattern must be a list"),
        ("[mask]\nmax_lag = 0", "max_lag is 0"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Settings.from_toml(text)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "gone.toml", tmp_path, tmp_path / "picture.toml"):
        with pytest.raises(InputError, match="could not be read"):
            Settings.load(path)
    with pytest.raises(InputError, match="could not be written"):
        Settings().save(tmp_path / "picture.toml" / "settings.toml")
