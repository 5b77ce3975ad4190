"""The command line around a run: files in and out, options, exit codes and words. The run is a stand-in here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile

from napari_autostructn2v import pipeline
from napari_autostructn2v.cli import main
from napari_autostructn2v.files import read_image, write_image
from napari_autostructn2v.images import check_image
from napari_autostructn2v.progress import Progress
from napari_autostructn2v.settings import MaskSettings, RoiSettings, Settings, StageSettings

IMAGE = np.random.default_rng(0).integers(0, 4000, (64, 80)).astype(np.uint16)
ROW = np.ones((1, 3), bool)


@dataclass(frozen=True)
class Report:
    verdict: str = "The noise is correlated along rows."
    seconds: dict[str, float] = field(default_factory=lambda: {"stage 1": 1.5})
    quality: dict[str, Any] = field(default_factory=lambda: {"snr": np.float32(8.5), "unknown": float("nan")})
    stopped: bool = False
    messages: tuple[str, ...] = ("All is well.",)


class Model:
    def save(self, path: Path) -> None:
        Path(path).write_text("napari-autostructn2v model: weights")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Replace the run by one that halves the image; returns the settings of each run."""
    seen: list[Settings] = []

    def denoise(image: Any, settings: Settings, *, progress: Callable[[Progress], None], **_: Any) -> Any:
        image = check_image(image)
        seen.append(settings)
        for step in range(3):
            progress(Progress("stage 1", step, 2, "training"))
        mask = SimpleNamespace(pattern=ROW, is_structured=True, reason="Neighbours in a row share noise.")
        return SimpleNamespace(denoised=image // 2, mask=mask, report=Report(), denoiser=Model())

    monkeypatch.setattr(pipeline, "denoise", denoise)
    return seen


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with a few images good and bad."""
    monkeypatch.chdir(tmp_path)
    write_image("cells.tif", IMAGE)
    Path("text.tif").write_text("Hello, I am a text.")
    Path("cut.tif").write_bytes(Path("cells.tif").read_bytes()[:2000])
    Path("empty.tif").touch()
    Path("folder.tif").mkdir()
    write_image("constant.tif", np.zeros((32, 32), np.uint8))
    write_image("nan.tif", np.full((32, 32), np.nan, np.float32))
    write_image("tiny.tif", np.eye(8, dtype=np.uint8))
    imageio.imwrite("colour.png", np.zeros((32, 32, 3), np.uint8))
    return tmp_path


def refused(*arguments: str) -> None:
    """Run a command that makes no sense to the argument parser."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


# Denoising ------------------------------------------------------------------------------------------------------------


def test_results_are_written_quietly(folder: Path, runs: list, capsys: pytest.CaptureFixture) -> None:
    imageio.imwrite("picture.png", IMAGE)
    assert main(["denoise", "cells.tif", "picture.png", "-o", "new/out"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["input", "outcome"], ["cells.tif", "denoised"], ["picture.png", "denoised"], ["2", "inputs:"]
    ]  # fmt: skip
    assert sorted(os.listdir("new/out")) == ["cells_denoised.tif", "picture_denoised.png"]
    np.testing.assert_array_equal(read_image("new/out/cells_denoised.tif"), IMAGE // 2)
    assert read_image("new/out/picture_denoised.png").dtype == np.uint16
    assert main(["denoise", "cells.tif", "-o", "other"]) == 0
    assert capsys.readouterr() == ("", "")


def test_defaults_are_those_of_the_settings(folder: Path, runs: list[Settings]) -> None:
    main(["denoise", "cells.tif", "-o", "out"])
    assert runs == [Settings()]


def test_options_reach_the_run(folder: Path, runs: list[Settings]) -> None:
    options = ["--preset", "fast", "--stages", "both", "--seed", "7", "--device", "cpu"]
    assert main(["denoise", "cells.tif", "-o", "out", *options]) == 0
    assert runs == [Settings.from_preset("fast", stages="both", random_seed=7, device="cpu")]


def test_options_change_what_the_settings_file_says(folder: Path, runs: list[Settings]) -> None:
    saved = Settings(stages="1", random_seed=5, stage1=StageSettings(num_epochs=3, roi=RoiSettings(roi_threshold=0.3)))
    saved.save("settings.toml")
    assert main(["denoise", "cells.tif", "-o", "a", "--settings", "settings.toml"]) == 0
    assert (
        main(["denoise", "cells.tif", "-o", "b", "--settings", "settings.toml", "--seed", "6", "--preset", "best"]) == 0
    )
    assert runs[0] == saved
    assert (runs[1].stages, runs[1].random_seed, runs[1].stage1.roi.roi_threshold) == ("1", 6, 0.3)
    assert runs[1].stage1.num_epochs == Settings.from_preset("best").stage1.num_epochs


def test_a_mask_file_reaches_the_run(folder: Path, runs: list[Settings]) -> None:
    np.save("mask.npy", ROW)
    assert main(["denoise", "cells.tif", "-o", "out", "--mask", "mask.npy"]) == 0
    assert runs[0].mask == MaskSettings(source="file", path="mask.npy")


def test_pixel_size_is_kept(folder: Path, runs: list) -> None:
    tifffile.imwrite("scaled.tif", IMAGE, imagej=True, resolution=(6.5, 6.5), metadata={"unit": "um"})
    main(["denoise", "scaled.tif", "-o", "out"])
    with tifffile.TiffFile("out/scaled_denoised.tif") as tiff:
        assert tiff.imagej_metadata["unit"] == "um"
        assert tiff.pages[0].tags["XResolution"].value == (13, 2)


def test_json_is_one_object_per_input(folder: Path, runs: list, capsys: pytest.CaptureFixture) -> None:
    assert main(["denoise", "cells.tif", "text.tif", "-o", "out", "--json"]) == 1
    good, bad = map(json.loads, capsys.readouterr().out.splitlines())
    assert good["input"] == "cells.tif"
    assert good["output"] == os.path.join("out", "cells_denoised.tif")
    assert (good["ok"], good["error"]) == (True, None)
    assert good["verdict"] == "The noise is correlated along rows."
    assert (good["mask"]["size"], good["mask"]["pattern"]) == ([1, 3], ["111"])
    assert good["seconds"] == {"stage 1": 1.5}
    assert good["quality"] == {"snr": 8.5, "unknown": None}
    assert good["messages"] == ["All is well."]
    assert (bad["input"], bad["output"], bad["ok"]) == ("text.tif", None, False)
    assert "neither a TIFF nor a PNG" in bad["error"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone.tif", "There is no file gone.tif."),
        ("text.tif", "neither a TIFF nor a PNG"),
        ("cut.tif", "truncated"),
        ("empty.tif", "empty file"),
        ("folder.tif", "is a folder"),
        ("constant.tif", "constant"),
        ("nan.tif", "NaN"),
        ("tiny.tif", "at least 16 x 16"),
    ],
)
def test_a_bad_file_is_named_and_does_not_stop_the_rest(
    folder: Path, runs: list, capsys: pytest.CaptureFixture, name: str, words: str
) -> None:
    assert main(["denoise", name, "cells.tif", "-o", "out"]) == 1
    said = capsys.readouterr().err
    assert name in said
    assert words in said
    assert len(said.splitlines()) == 1
    assert os.listdir("out") == ["cells_denoised.tif"]


@pytest.mark.parametrize("error", [RuntimeError("CUDA is gone"), MemoryError(), KeyError("x")])
def test_mistakes_of_ours_and_full_memory_end_one_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(pipeline, "denoise", fail)
    assert main(["denoise", "cells.tif", "-o", "out"]) == 1
    said = capsys.readouterr().err
    assert "cells.tif" in said
    assert "memory" in said if isinstance(error, MemoryError) else "report" in said
    assert "Traceback" not in said


def test_inputs_of_one_name_do_not_overwrite_one_another(folder: Path, runs: list) -> None:
    for number, name in enumerate(("a/x.tif", "b/x.tif", "b/X.tif", "b/x.ome.tif", "c/x_2.tif")):
        write_image(name, IMAGE + 2 * number)
    imageio.imwrite("a/x.png", IMAGE + 10)
    inputs = ["a/x.tif", "b/x.tif", "b/X.tif", "b/x.ome.tif", "c/x_2.tif", "a/x.png"]
    assert main(["denoise", *inputs, "-o", "out"]) == 0
    results = [read_image(path) for path in Path("out").iterdir()]
    assert sorted(int(result.max() - IMAGE.max() // 2) for result in results) == [0, 1, 2, 3, 4, 5]


def test_an_input_given_twice_is_denoised_once(folder: Path, runs: list) -> None:
    assert main(["denoise", "cells.tif", str(folder / "cells.tif"), "-o", "out"]) == 0
    assert len(runs) == 1


def test_patterns_that_the_shell_left_alone(folder: Path, runs: list, capsys: pytest.CaptureFixture) -> None:
    assert main(["denoise", "ce*.tif", "-o", "out"]) == 0
    assert os.listdir("out") == ["cells_denoised.tif"]
    assert main(["denoise", "no*such.tif", "-o", "out"]) == 1
    assert "There is no file no*such.tif" in capsys.readouterr().err


def test_results_are_replaced_only_on_request(folder: Path, runs: list, capsys: pytest.CaptureFixture) -> None:
    write_image("out/cells_denoised.tif", IMAGE)
    assert main(["denoise", "cells.tif", "-o", "out"]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert runs == []
    np.testing.assert_array_equal(read_image("out/cells_denoised.tif"), IMAGE)
    assert main(["denoise", "cells.tif", "-o", "out", "--overwrite"]) == 0
    np.testing.assert_array_equal(read_image("out/cells_denoised.tif"), IMAGE // 2)


def test_no_result_replaces_an_input(folder: Path, runs: list, capsys: pytest.CaptureFixture) -> None:
    write_image("cells_denoised.tif", IMAGE)
    assert main(["denoise", "cells.tif", "cells_denoised.tif", "-o", ".", "--overwrite"]) == 1
    assert "is an input" in capsys.readouterr().err
    np.testing.assert_array_equal(read_image("cells_denoised.tif"), IMAGE)


def test_a_folder_that_cannot_be_written_is_noticed_before_the_run(
    folder: Path, runs: list, capsys: pytest.CaptureFixture
) -> None:
    assert main(["denoise", "cells.tif", "-o", "text.tif"]) == 1
    assert "is a file" in capsys.readouterr().err
    assert runs == []


def test_the_model_is_kept(folder: Path, runs: list, capsys: pytest.CaptureFixture) -> None:
    arguments = ["denoise", "cells.tif", "-o", "out", "--save-model", "models/cells.model", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["model"] == os.path.join("models", "cells.model")
    assert Path("models/cells.model").read_text().endswith("weights")
    assert main([*arguments, "-o", "other"]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main([*arguments, "-o", "other", "--overwrite"]) == 0


def test_a_result_without_its_model_is_made_again_where_a_model_is_asked_for(folder: Path, runs: list) -> None:
    assert main(["denoise", "cells.tif", "-o", "out"]) == 0
    assert main(["denoise", "cells.tif", "-o", "out", "--save-model", "cells.model"]) == 0
    assert Path("cells.model").exists()
    assert len(runs) == 2
    assert main(["denoise", "cells.tif", "-o", "out", "--save-model", "cells.model", "--overwrite"]) == 0
    assert len(runs) == 2  # both are there


def test_one_model_is_not_kept_for_two_images(folder: Path, runs: list, capsys: pytest.CaptureFixture) -> None:
    assert main(["denoise", "cells.tif", "tiny.tif", "-o", "out", "--save-model", "cells.model"]) == 2
    assert "one INPUT" in capsys.readouterr().err
    assert runs == []


def test_ctrl_c_ends_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "denoise", interrupted)
    assert main(["denoise", "cells.tif", "nan.tif", "-o", "out"]) == 130
    assert "Nothing was written for cells.tif" in capsys.readouterr().err
    assert os.listdir("out") == []


def test_a_queue_that_insists_on_the_end_of_its_job_is_answered_like_ctrl_c(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def terminated_twice(*_: Any, **__: Any) -> None:
        for _time in range(2):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(pipeline, "denoise", terminated_twice)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["denoise", "cells.tif", "-o", "out"]) == 130
    first, second = capsys.readouterr().err.splitlines()
    assert "once more ends at once" in first
    assert "Nothing was written for cells.tif" in second
    assert os.listdir("out") == []
    assert signal.getsignal(signal.SIGTERM) is before


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def terminated(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("end", [interrupted, terminated])
def test_a_command_that_trains_nothing_can_be_ended_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, end: Callable
) -> None:
    monkeypatch.setattr("napari_autostructn2v.cli.roi.roi", end)
    assert main(["roi", "cells.tif"]) == 130
    assert capsys.readouterr().err == "autostructn2v: Stopped.\n"


def test_it_runs_in_a_thread_of_another_program(folder: Path, runs: list) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["denoise", "cells.tif", "-o", "out"])))
    thread.start()
    thread.join()
    assert codes == [0]
    assert os.listdir("out") == ["cells_denoised.tif"]


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_nobody_reads_the_output_to_its_end(folder: Path) -> None:
    command = [sys.executable, "-m", "napari_autostructn2v", "roi", "cells.tif", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert (process.returncode, err) == (1, b"")


# Commands that make no sense ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "",
        "sharpen cells.tif",
        "denoise cells.tif",
        "denoise -o out",
        "denoise cells.tif -o out --preset slow",
        "denoise cells.tif -o out --stages 3",
        "denoise cells.tif -o out --seed -1",
        "denoise cells.tif -o out --seed 1.5",
        "denoise cells.tif -o out --unknown",
        "denoise . -o out --pattern /tmp/*.tif",
        "denoise . -o out --pattern ../*.tif",
        "predict cells.tif -o out",
        "roi",
    ],
)
def test_usage_errors_end_with_2(folder: Path, capsys: pytest.CaptureFixture, command: str) -> None:
    refused(*command.split())
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--mask gone.npy", "gone.npy"),
        ("--mask text.tif", "text.tif"),
        ("--mask even.npy", "odd sides"),
        ("--mask three.npy", "two dimensions"),
        ("--settings gone.toml", "gone.toml"),
        ("--settings text.tif", "not valid TOML"),
        ("--settings odd.toml", "no setting colour"),
        ("--save-model text.tif/model", "is a file"),
        ("--save-model folder.tif --overwrite", "is a folder"),
    ],
)
def test_bad_options_end_before_anything_runs(
    folder: Path, runs: list, capsys: pytest.CaptureFixture, options: str, words: str
) -> None:
    np.save("even.npy", np.ones((2, 2)))
    np.save("three.npy", np.ones((3, 3, 3)))
    Path("odd.toml").write_text("colour = 'red'")
    assert main(["denoise", "cells.tif", "-o", "out", "--json", *options.split()]) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert words in json.loads(said.out)["error"]
    assert runs == []


def test_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys; from napari_autostructn2v.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'napari', 'qtpy', 'numpy', 'scipy', 'skimage'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    for option, words in {"--help": "denoise", "--version": "autostructn2v 0"}.items():
        done = subprocess.run([sys.executable, "-c", code, option], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert words in done.stdout


# The other commands ---------------------------------------------------------------------------------------------------


def test_demo_says_where_its_results_are(folder: Path, runs: list[Settings], capsys: pytest.CaptureFixture) -> None:
    assert main(["demo", "-o", "shown"]) == 0
    said = capsys.readouterr().out
    assert os.path.join("shown", "before_after.png") in said
    assert "dB" in said
    picture = imageio.imread("shown/before_after.png")
    noisy = read_image("shown/scan_lines.tif")
    assert picture.dtype == np.uint8
    assert picture.shape[0] == noisy.shape[0]
    assert picture.shape[1] > 2 * noisy.shape[1]
    assert runs[0].preset == "fast"
    assert main(["demo", "-o", "text.tif"]) == 1
