"""Settings are values: they compare, travel through TOML unchanged, and refuse nonsense in a sentence."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from helpers.any_settings import any_settings
from hypothesis import given

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.settings import (
    PRESET_EPOCHS,
    RANGES,
    MaskSettings,
    RoiSettings,
    Settings,
    StageSettings,
    sized_to,
)

# A loaded machine is no failure.
unhurried = hypothesis.settings(deadline=None, max_examples=40)


@unhurried
@given(any_settings)
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
        ("preset = ['fast']", "preset is ['fast']; it must be one of"),
        ("random_seed = 'x'", "random_seed is 'x'; it must be a whole number from 0 to 9223372036854775807"),
        ("random_seed = 1.5", "random_seed is 1.5; it must be a whole number"),
        ("random_seed = true", "random_seed is True; it must be a whole number"),
        (f"random_seed = {'9' * 400}", "it must be a whole number from 0 to"),
        (f"random_seed = {'9' * 5000}", "not valid TOML"),
        (f"a = {'[' * 5000}", "nested too deeply"),
        (f"[stage1]\nlearning_rate = {'9' * 400}", "it must be a number from"),
        ("device = 3", "device is 3; it must be a text"),
        ("tile = 300", "tile is 300; it must be a whole number from 256 to 16384 pixels, a multiple of 16"),
        ("remove_line_offsets = 'no'", "remove_line_offsets is 'no'; it must be true or false"),
        ("[stage1]\nuse_augmentation = 1", "stage1.use_augmentation is 1; it must be true or false"),
        ("[stage1]\nlearning_rate = '1'", "stage1.learning_rate is '1'; it must be a number"),
        ("[stage1]\nlearning_rate = nan", "stage1.learning_rate is nan; it must be a number from"),
        ("[stage1]\nlearning_rate = 1e30", "stage1.learning_rate is 1e+30; it must be a number from"),
        ("[stage1]\nfeatures = 20000", "stage1.features is 20000; it must be a whole number from 1 to 256"),
        ("[stage1]\nfeatures = 256\nnum_layers = 6", "which makes 16384 channels"),
        ("[stage1.roi]\nroi_threshold = 1.2", "stage1.roi.roi_threshold is 1.2; it must be a number from 0 to 1"),
        ("[stage1.roi]\nscale_factor = 0", "stage1.roi.scale_factor is 0; it must be a number from 0.01 to 1"),
        ("[stage1.roi]\npatch_size = 4", "patch_size is 4; it must be a whole number from 8 to 4096 pixels"),
        ("[stage1.roi]\ncriteria = 'mean'", "criteria is 'mean'; it must be a list of texts"),
        ("[stage1.roi]\ncriteria = ['mean', 3]", "criteria[1] is 3; it must be a text"),
        ("[stage1.roi]\nband = [0.1]", "band is [0.1]; it must be two numbers from 0 to 1"),
        ("[stage1.roi]\nband = [0.1, 2]", "band is 2; it must be a number from 0 to 1"),
        ("[stage1.roi]\nadded = [[1, 2], [3, 4.5]]", "added[1] is 4.5; it must be a whole number"),
        ("[stage2]\nnum_epochs = 0", "num_epochs is 0"),
        ("[stage2]\nmask_percentage = 60", "mask_percentage is 60"),
        ("[mask]\npattern = '111'", "mask.pattern is '111'; it must be a list of texts"),
        ("[mask]\npath = 5", "mask.path is 5; it must be a text"),
        ("[mask]\nmax_lag = 0", "max_lag is 0"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Settings.from_toml(text)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("name", sorted(set(RANGES) - {"band", "added", "removed"}))
def test_every_number_is_taken_at_its_ends_and_refused_beyond_them_and_as_another_type(name: str) -> None:
    kind = next(kind for kind in (RoiSettings, StageSettings, MaskSettings, Settings) if hasattr(kind(), name))
    limits = RANGES[name]
    for value in (limits.low, limits.high):
        assert getattr(kind(**{name: value}), name) == value
    outside: list[Any] = [limits.low - 1, limits.high + limits.multiple, -1e300, float("nan"), float("inf"), 10**400]
    for wrong in [*outside, "7", b"7", True, [7], {}, object(), 1j]:
        with pytest.raises(InputError, match=rf"^{name} is .*; it must be a .*\.$"):
            kind(**{name: wrong})


@pytest.mark.parametrize(
    ("kind", "name", "wrong"),
    [
        (Settings, "stage1", None),
        (Settings, "mask", {"source": "raw"}),
        (Settings, "stages", ["1"]),
        (Settings, "device", 0),
        (Settings, "remove_line_offsets", "no"),
        (RoiSettings, "criteria", 5),
        (RoiSettings, "criteria", {"mean": 1}),
        (RoiSettings, "added", 7),
        (RoiSettings, "added", (7,)),
        (RoiSettings, "removed", [(1, 2.5)]),
        (MaskSettings, "pattern", 5),
        (MaskSettings, "path", Path("mask.npy")),
    ],
)
def test_other_types_are_refused_with_the_name_of_the_setting(kind: Any, name: str, wrong: Any) -> None:
    with pytest.raises(InputError, match=rf"^{name}.* is .*; it must be .*\.$"):
        kind(**{name: wrong})


def test_numbers_of_numpy_are_numbers() -> None:
    stage = StageSettings(learning_rate=np.float32(0.5), use_augmentation=np.True_)
    settings = Settings(tile=np.int64(512), stage1=stage)
    assert type(settings.tile) is int
    assert Settings.from_toml(settings.to_toml()) == settings


def test_a_preset_that_is_no_name_is_refused() -> None:
    for wrong in (["fast"], None, 3):
        with pytest.raises(InputError, match="There is no preset"):
            Settings.from_preset(wrong)  # type: ignore[arg-type]


def test_what_is_no_text_is_no_settings() -> None:
    for wrong in (b"tile = 512", None, 3, "#" * 3_000_000):
        with pytest.raises(InputError, match=r"^The settings are .*\.$"):
            Settings.from_toml(wrong)  # type: ignore[arg-type]


def test_a_settings_file_is_refused_by_its_size_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.toml").open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(InputError, match="larger than 2,000,000 bytes; a settings file is not that large"):
        Settings.load(tmp_path / "large.toml")


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00")
    cases = {"gone.toml": "There is no file", "": "is a folder", "picture.toml": "it is not a text file"}
    for name, words in cases.items():
        with pytest.raises(InputError, match=words):
            Settings.load(tmp_path / name)
    for wrong in (None, 5, b"settings.toml"):
        with pytest.raises(InputError, match="must be a text or a path"):
            Settings.load(wrong)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="must be a text or a path"):
            Settings().save(wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cannot be written, because a part of its folder's name is a file"):
        Settings().save(tmp_path / "picture.toml" / "settings.toml")


def test_a_full_disk_leaves_the_settings_that_were_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tuned.toml"
    Settings(random_seed=7).save(path)

    def fills_up(path: Path, text: str, **_: Any) -> None:
        path.write_bytes(text[:20].encode())
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", fills_up)
        with pytest.raises(InputError, match="could not be written"):
            Settings(random_seed=8).save(path)
    assert Settings.load(path).random_seed == 7
    assert os.listdir(tmp_path) == ["tuned.toml"]


@pytest.mark.parametrize(
    ("shape", "batch"),
    [((1, 40, 40), 4), ((1, 96, 96), 9), ((1, 128, 128), 16), ((8, 40, 40), 16), ((1, 512, 512), 16)],
)
def test_batches_follow_the_size_of_a_small_image_and_the_steps_stay(shape, batch):
    stage = Settings().stage1
    sized = sized_to(stage, shape)
    assert sized.batch_size == batch
    assert sized.steps == stage.steps
