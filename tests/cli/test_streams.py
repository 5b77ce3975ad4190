"""Where the words of a command go, may be closed, full or gone: the work is done all the same, and ends in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_autostructn2v import Settings, pipeline
from napari_autostructn2v.cli import main
from napari_autostructn2v.errors import counted
from napari_autostructn2v.files import read_image, write_image

IMAGE = np.random.default_rng(0).poisson(100, (48, 40)).astype(np.uint16)

#: The command with a run that halves the image.
HALVING = """
import sys
from types import SimpleNamespace
import numpy as np
from napari_autostructn2v import pipeline
from napari_autostructn2v.batch import file_job
from napari_autostructn2v.cli import main
def denoise(image, *given, **more):
    mask = SimpleNamespace(pattern=np.ones((1, 1), bool), is_structured=False, reason="")
    report = SimpleNamespace(verdict="", messages=(), stopped=False)
    return SimpleNamespace(denoised=image // 2, mask=mask, report=report, denoiser=None)
pipeline.denoise = denoise
file_job.result_values = lambda result: {"verdict": ""}
raise SystemExit(main())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_image("a.tif", IMAGE)
    write_image("b.tif", IMAGE + 2)
    return tmp_path


def shell(redirected: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run the halving command below a shell that redirects its streams."""
    Path("halving.py").write_text(HALVING)
    line = f'exec "$0" halving.py "$@" {redirected}'
    return subprocess.run(["sh", "-c", line, sys.executable, *arguments], capture_output=True, text=True, timeout=120)


posix = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device there")


@posix
@pytest.mark.parametrize("streams", ["2>&-", ">&-", "<&- >&- 2>&-", "2>/dev/full", ">/dev/full"])
def test_closed_and_full_streams_cost_no_image(folder: Path, streams: str) -> None:
    done = shell(streams, "denoise", "a.tif", "gone.tif", "b.tif", "-o", "out", "--json")
    assert done.returncode == 1
    for name, image in (("a", IMAGE), ("b", IMAGE + 2)):
        np.testing.assert_array_equal(read_image(f"out/{name}_denoised.tif"), image // 2)
    assert sorted(os.listdir("out")) == ["a_denoised.tif", "b_denoised.tif"]
    assert "Traceback" not in done.stderr
    if streams == ">/dev/full":
        assert "The output could not be printed: No space left on device." in done.stderr
    for name, image in (("a", IMAGE), ("b", IMAGE + 2)):
        np.testing.assert_array_equal(read_image(f"{name}.tif"), image)


@posix
@pytest.mark.parametrize("command", ["--version", "roi a.tif --json", "denoise a.tif -o out --json"])
def test_a_full_disk_for_the_output_is_said(folder: Path, command: str) -> None:
    write_image("a.tif", np.random.default_rng(0).poisson(100, (96, 96)).astype(np.uint16))
    done = shell(">/dev/full", *command.split())
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    [
        "denoise gone.tif -o out",
        "denoise a.tif -o out --settings gone.toml",
        "denoise a.tif -o out --mask gone.npy",
        "denoise a.tif -o out --train-on gone.tif",
        "predict a.tif -o out --model gone.safetensors",
        "predict gone.tif -o out --model gone.safetensors",
        "roi gone.tif",
        "roi a.tif --settings gone.toml",
        "methods gone.safetensors",
    ],
)
def test_a_missing_file_has_one_exit_code(
    folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(pipeline, "denoise", lambda *_, **__: pytest.fail("trained in vain"))
    assert main(command.split()) == 1
    said = capsys.readouterr().err
    assert "gone" in said
    assert len(said.splitlines()) == 1


def test_a_mistake_of_ours_ends_in_a_sentence_in_every_command(
    folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(pipeline, "denoise", broken)
    monkeypatch.setattr("napari_autostructn2v.files.read_image", broken)
    for command in (["demo", "-o", "shown"], ["roi", "a.tif"], ["denoise", "a.tif", "-o", "out", "--dry-run"]):
        assert main(command) == 1
        assert "An unexpected error ended the run (KeyError: 'x'). Please report it." in capsys.readouterr().err


def test_a_module_that_is_run_is_the_command(folder: Path) -> None:
    for command, code in ((["--version"], 0), (["roi", "gone.tif"], 1), (["sharpen"], 2)):
        done = subprocess.run([sys.executable, "-m", "napari_autostructn2v", *command], capture_output=True, text=True)
        assert done.returncode == code
        words = {0: "autostructn2v 0", 1: "no file gone.tif", 2: "usage: autostructn2v"}[code]
        assert words in done.stdout + done.stderr


def test_a_stack_is_said_to_take_longer_than_a_plane() -> None:
    from napari_autostructn2v.cli import dry_run

    settings = Settings(stages="1", start="scratch")
    speeds = dry_run._Speeds(0.01, 1e6)
    assert speeds.training(settings, (10, 64, 64))[1] == 2.5 * speeds.training(settings, (1, 64, 64))[1]


def test_one_is_not_a_plural(folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_autostructn2v.cli import dry_run

    monkeypatch.setattr(dry_run, "_speeds", lambda _: dry_run._Speeds(0.01, 1e6))
    assert main(["denoise", "a.tif", "-o", "out", "--train-on", "b.tif", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "on 1 file," in said
    assert "1 input," in said
    assert counted(1, "axis", "axes") == "1 axis"
    assert counted(2, "axis", "axes") == "2 axes"


def test_a_dry_run_counts_what_cannot_be_denoised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from napari_autostructn2v.cli import dry_run

    monkeypatch.chdir(tmp_path)
    write_image("a.tif", IMAGE)
    Path("b.tif").write_text("no image")
    monkeypatch.setattr(dry_run, "_speeds", lambda _: dry_run._Speeds(0.01, 1e6))
    assert main(["denoise", "a.tif", "b.tif", "-o", "out", "--dry-run"]) == 1
    assert "2 inputs (1 cannot be denoised), about" in capsys.readouterr().out
