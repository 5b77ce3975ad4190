"""The command line with a real, tiny training behind it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from helpers.stages import TINY

from napari_autostructn2v.cli import main
from napari_autostructn2v.files import read_image, write_image
from napari_autostructn2v.samples import scan_lines
from napari_autostructn2v.settings import Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_image("lines.tif", scan_lines((64, 80)))
    Settings(stages="both", stage1=TINY, stage2=TINY).save("tiny.toml")
    return tmp_path


def test_denoise_then_predict_give_the_same_image(folder: Path, capsys: pytest.CaptureFixture) -> None:
    options = ["--settings", "tiny.toml", "--device", "cpu", "--json"]
    assert main(["denoise", "lines.tif", "-o", "a", *options, "--save-model", "lines.model"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["mask"]["size"][0] % 2 == 1
    assert {"stage 1", "stage 2"} <= report["seconds"].keys()
    assert report["quality"]
    assert report["verdict"]
    denoised = read_image(report["output"])
    assert (denoised.shape, denoised.dtype) == ((64, 80), np.uint16)
    assert main(["predict", "lines.tif", "-o", "b", "--model", report["model"], "--device", "cpu", "--json"]) == 0
    predicted = json.loads(capsys.readouterr().out)
    assert predicted["seconds"]["prediction"] > 0
    np.testing.assert_array_equal(read_image(predicted["output"]), denoised)
    assert main(["predict", "lines.tif", "-o", "c", "--model", report["model"], "--device", "cpu", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "64 x 80" in out and "nothing was written" in out
    assert not Path("c").exists()


def test_a_seed_gives_the_same_result_again_and_another_seed_another(folder: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        options = ["--settings", "tiny.toml", "--stages", "1", "--device", "cpu", "--seed", seed]
        assert main(["denoise", "lines.tif", "-o", name, *options]) == 0
    first, again, other = (read_image(f"{name}/lines_denoised.tif") for name in "abc")
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_mask_from_a_file_is_used_and_reported(folder: Path, capsys: pytest.CaptureFixture) -> None:
    np.save("cross.npy", np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]))
    options = ["--settings", "tiny.toml", "--stages", "2", "--mask", "cross.npy", "--json"]
    assert main(["denoise", "lines.tif", "-o", "out", *options]) == 0
    mask = json.loads(capsys.readouterr().out)["mask"]
    assert mask["size"] == [3, 3]
    assert mask["pattern"] == ["010", "111", "010"]


def test_a_mask_larger_than_the_image_is_refused(folder: Path, capsys: pytest.CaptureFixture) -> None:
    np.save("huge.npy", np.ones((101, 101)))
    options = ["--settings", "tiny.toml", "--stages", "2", "--mask", "huge.npy"]
    assert main(["denoise", "lines.tif", "-o", "out", *options]) == 1
    assert "101 x 101" in capsys.readouterr().err
    assert os.listdir("out") == []


def test_a_stack_comes_out_as_a_stack(folder: Path, capsys: pytest.CaptureFixture) -> None:
    write_image("movie.tif", np.stack([scan_lines((32, 40), seed=seed) for seed in range(3)]).astype(np.float32))
    command = ["denoise", "movie.tif", "-o", "out", "--settings", "tiny.toml", "--stages", "1"]
    assert main(command) == 1
    assert "--axes TYX" in capsys.readouterr().err
    assert main([*command, "--axes", "TYX"]) == 0
    denoised = read_image("out/movie_denoised.tif")
    assert (denoised.shape, denoised.dtype) == ((3, 32, 40), np.float32)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x80\x04K\x01."])
def test_a_file_that_is_no_model_is_refused(folder: Path, capsys: pytest.CaptureFixture, content: bytes) -> None:
    Path("bad.model").write_bytes(content)
    assert main(["predict", "lines.tif", "-o", "out", "--model", "bad.model"]) == 1
    assert "bad.model" in capsys.readouterr().err
    assert main(["predict", "lines.tif", "-o", "out", "--model", "gone.model"]) == 1
    assert "There is no file gone.model" in capsys.readouterr().err


def test_a_device_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["denoise", "lines.tif", "-o", "out", "--settings", "tiny.toml", "--device", "qpu"]) == 1
    assert "qpu" in capsys.readouterr().err
