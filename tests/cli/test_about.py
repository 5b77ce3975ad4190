"""What there is: models, images, the installation; completion of the shell; more words on demand."""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_autostructn2v import Denoiser, __version__, write_image
from napari_autostructn2v.cli import main
from napari_autostructn2v.denoiser import keep_run

MODEL = Path(__file__).parents[1] / "data" / "model-0.1.0.safetensors"


def printed(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    assert main([*arguments]) == 0
    return str(capsys.readouterr().out)


def test_models_of_a_folder_say_what_they_are(capsys: pytest.CaptureFixture) -> None:
    model = Denoiser.load(MODEL)
    (line,) = printed(capsys, "models", str(MODEL.parent), "--json").splitlines()
    values = json.loads(line)
    assert values["stages"] == ["1", "2"]
    assert values["steps"] == model.steps
    assert values["mask"] == list(model.mask.to_rows())
    assert values["verdict"] == model.mask.reason
    assert values["noise"] == pytest.approx(np.sqrt(model.noise.variance))
    assert (values["mean"], values["spread"]) == (model.offset, model.scale)
    text = printed(capsys, "models", str(MODEL))
    assert model.mask.reason in text
    assert "stage 1 (24 steps), stage 2 (24 steps)" in text


def test_kept_runs_are_listed_without_a_place(capsys: pytest.CaptureFixture) -> None:
    assert "no models kept" in printed(capsys, "models")
    model = Denoiser.load(MODEL)
    keep_run(model, "cells", steps=model.steps, stopped=True, held_out=[])
    (line,) = printed(capsys, "models", "--json").splitlines()
    assert (json.loads(line)["image"], json.loads(line)["stopped"]) == ("cells", True)
    assert "cells" in printed(capsys, "models")


def test_a_damaged_model_does_not_hide_the_others(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "a.safetensors").write_text("no model")
    shutil.copy(MODEL, tmp_path / "b.safetensors")
    assert main(["models", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "a.safetensors" in output.err
    assert "b.safetensors" in output.out


def test_models_are_listed_without_torch() -> None:
    code = "import sys; from napari_autostructn2v.cli import main; main(sys.argv[1:]); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, "models", str(MODEL)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_info_tells_what_a_report_needs(capsys: pytest.CaptureFixture) -> None:
    text = printed(capsys, "info")
    for expected in (__version__, platform.python_version(), "torch:", "napari:", "devices:", "cpu"):
        assert expected in text
    values = json.loads(printed(capsys, "info", "--json"))
    assert values["version"] == __version__
    assert values["packages"]["torch"]


def test_info_tells_images_from_models(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, np.zeros((2, 3, 16, 24), np.uint8), metadata={"axes": "TCYX"}, photometric="minisblack")
    image, model = (json.loads(line) for line in printed(capsys, "info", str(path), str(MODEL), "--json").splitlines())
    assert (image["kind"], image["axes"], image["shape"], image["dtype"]) == (
        "ome-tiff",
        "TCYX",
        [2, 3, 16, 24],
        "uint8",
    )
    assert (model["kind"], model["path"]) == ("model", str(MODEL))
    assert "2 x 3 x 16 x 24, uint8" in printed(capsys, "info", str(path))
    assert main(["info", str(tmp_path / "gone.tif")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_a_model_with_another_ending_is_a_model(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    shutil.copy(MODEL, tmp_path / "kept")
    assert json.loads(printed(capsys, "info", str(tmp_path / "kept"), "--json"))["kind"] == "model"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_info_does_not_wait_for_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    os.mkfifo(tmp_path / "q.tif")
    assert main(["info", str(tmp_path / "q.tif")]) == 1
    assert "is a pipe, not a file" in capsys.readouterr().err


def test_info_tells_about_a_scene(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "scenes.h5", "w") as file:
        file["first"], file["second"] = np.zeros((3, 16, 24), np.uint8), np.zeros((20, 30), np.uint16)
    assert "20 x 30, uint16" in printed(capsys, "info", str(tmp_path / "scenes.h5" / "second"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command(shell: str, capsys: pytest.CaptureFixture) -> None:
    pytest.importorskip("shtab")
    script = printed(capsys, "completion", shell)
    for word in ("denoise", "predict", "watch", "models", "--save-model", "--until-idle"):
        assert word.removeprefix("--") in script


def test_completion_in_a_real_shell(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    pytest.importorskip("shtab")
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    script = tmp_path / "completion.bash"
    script.write_text(printed(capsys, "completion", "bash"))
    ask = (
        f"source {script}; COMP_WORDS=(autostructn2v pre); COMP_CWORD=1; COMP_LINE='autostructn2v pre'; "
        "COMP_POINT=${#COMP_LINE}; $(complete -p autostructn2v | sed 's/.*-F \\([^ ]*\\).*/\\1/'); echo ${COMPREPLY[@]}"
    )
    done = subprocess.run([bash, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["predict"]


def test_completion_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    assert "napari-autostructn2v[completion]" in capsys.readouterr().err


def test_verbose_tells_what_happens_and_leaves_no_handler(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    write_image(tmp_path / "a.tif", np.random.default_rng(0).normal(1900, 400, (48, 64)).astype(np.float32))
    command = ["predict", str(tmp_path / "a.tif"), "--model", str(MODEL), "-o", str(tmp_path)]
    handlers = list(logging.getLogger("napari_autostructn2v").handlers)
    assert main([*command, "--verbose"]) == 0
    assert "a.tif: denoised in" in capsys.readouterr().err
    assert main(command) == 0
    assert capsys.readouterr().err == ""
    assert logging.getLogger("napari_autostructn2v").handlers == handlers
