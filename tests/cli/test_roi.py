"""The command that shows which patches the stages learn from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_autostructn2v.cli import main
from napari_autostructn2v.files import write_image
from napari_autostructn2v.roi import StackScorer
from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings

IMAGE = np.random.default_rng(0).integers(0, 4000, (64, 80)).astype(np.uint16)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_image("cells.tif", IMAGE)
    return tmp_path


def test_roi_prints_the_patches_of_both_stages(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["roi", "cells.tif", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["verdict"].startswith("The noise is ")
    for name, roi in {"stage1": Settings().stage1.roi, "stage2": Settings().stage2.roi}.items():
        patches = select_patches(IMAGE, roi)
        assert printed[name]["coords"] == patches.coords.tolist()
        assert printed[name]["patch_size"] == roi.patch_size
        assert printed[name]["candidates"] == len(patches.candidates)


def test_roi_follows_settings_and_plane(folder: Path, capsys: pytest.CaptureFixture) -> None:
    stack = np.stack([IMAGE, np.sort(IMAGE)])
    write_image("stack.tif", stack)
    Settings(stage1=StageSettings(roi=RoiSettings(patch_size=16, roi_threshold=0.2))).save("tuned.toml")
    assert main(["roi", "stack.tif", "--plane", "1", "--settings", "tuned.toml", "--json"]) == 0
    expected = StackScorer(stack).plane(1).select(RoiSettings(patch_size=16, roi_threshold=0.2))
    assert json.loads(capsys.readouterr().out)["stage1"]["coords"] == expected.coords.tolist()
    assert main(["roi", "stack.tif", "--plane", "2"]) == 1
    assert "planes 0 to 1" in capsys.readouterr().err


def test_roi_in_words(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["roi", "cells.tif"]) == 0
    assert "patches of 32" in capsys.readouterr().out
    assert main(["roi", "gone.tif"]) == 1
    assert "There is no file" in capsys.readouterr().err
