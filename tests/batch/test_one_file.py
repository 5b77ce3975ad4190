"""A whole experiment from the command line: axes, channels, kinds of files, folders, one model for all, resuming."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile
import zarr
from helpers.stages import TINY
from skimage.data import immunohistochemistry

from napari_autostructn2v import Denoiser
from napari_autostructn2v.batch import blocks as cli_blocks
from napari_autostructn2v.batch import one_model
from napari_autostructn2v.batch import plan as cli_plan
from napari_autostructn2v.cli import main
from napari_autostructn2v.files import read_image, write_image
from napari_autostructn2v.files import tiff as files_tiff
from napari_autostructn2v.settings import Settings

RNG = np.random.default_rng(0)
STACK = RNG.normal((100, 1000), 10, (48, 40, 5, 2)).transpose(2, 3, 0, 1).astype(np.uint16)  # T, C, Y, X
FAST = ["--settings", "tiny.toml", "--device", "cpu"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Settings(stages="1", stage1=TINY, stage2=TINY).save("tiny.toml")
    return tmp_path


def run(*arguments: str, code: int = 0) -> None:
    assert main([*arguments]) == code


def reports(capsys: pytest.CaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# Axes and channels ----------------------------------------------------------------------------------------------------


def test_channels_have_a_model_each(folder: Path, capsys: pytest.CaptureFixture) -> None:
    tifffile.imwrite("cells.ome.tif", STACK, metadata={"axes": "TCYX", "Channel": {"Name": ["DAPI", "GFP"]}})
    run("denoise", "cells.ome.tif", "-o", "out", *FAST, "--json", "--save-model", "m/cells.safetensors")
    (report,) = reports(capsys)
    assert report["axes"] == "TCYX"
    assert [channel["channel"] for channel in report["channels"]] == ["DAPI", "GFP"]
    assert report["model"] == [os.path.join("m", f"cells-c{number}.safetensors") for number in (1, 2)]
    with tifffile.TiffFile("out/cells_denoised.ome.tif") as tiff:
        assert (tiff.is_ome, tiff.series[0].axes) == (True, "TCYX")
        assert 'Name="GFP"' in tiff.ome_metadata
        denoised = tiff.asarray()
    assert denoised.dtype == np.uint16
    np.testing.assert_allclose(denoised.mean((0, 2, 3)), (100, 1000), rtol=0.05)
    run("predict", "cells.ome.tif", "-o", "again", "--model", "m/cells.safetensors", "--device", "cpu")
    np.testing.assert_array_equal(tifffile.imread("again/cells_denoised.ome.tif"), denoised)


def test_a_channel_does_not_depend_on_the_others(folder: Path) -> None:
    tifffile.imwrite("both.tif", STACK, metadata={"axes": "TCYX"}, photometric="minisblack")
    tifffile.imwrite("one.tif", STACK[:, 1], metadata={"axes": "TYX"}, photometric="minisblack")
    run("denoise", "both.tif", "one.tif", "-o", "out", *FAST)
    np.testing.assert_array_equal(read_image("out/both_denoised.tif")[:, 1], read_image("out/one_denoised.tif"))


@pytest.mark.parametrize("by_block", [False, True])
def test_what_is_in_one_channel_only_leaves_nothing_in_the_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by_block: bool
) -> None:
    if by_block:
        monkeypatch.setattr(cli_plan, "IN_MEMORY_PIXELS", 0)
    with_spots = STACK.copy()
    with_spots[:, 1, 10:20, 10:20] += 500
    for name, image in (("without", STACK), ("with", with_spots)):
        tifffile.imwrite(f"{name}.tif", image, metadata={"axes": "TCYX"}, photometric="minisblack")
    run("denoise", "with.tif", "-o", "out", *FAST, "--save-model", "m.safetensors")
    run("denoise", "without.tif", "-o", "out", *FAST)
    for subfolder in ("out", "again"):
        without, with_them = (read_image(f"{subfolder}/{name}_denoised.tif") for name in ("without", "with"))
        assert (without[:, 1] != with_them[:, 1]).any()
        np.testing.assert_array_equal(without[:, 0], with_them[:, 0])
        if subfolder == "out":
            given = ["--model", "m.safetensors", "--anyway", "--device", "cpu"]
            run("predict", "without.tif", "with.tif", "-o", "again", *given)


def test_colours_give_back_to_each_other_with_a_saved_model_too(folder: Path, capsys: pytest.CaptureFixture) -> None:
    truth = immunohistochemistry()[150:278, 200:328] / 3.0
    imageio.imwrite("slide.png", np.random.default_rng(1).poisson(truth).astype(np.uint8))
    fast = ["--preset", "fast", "--stages", "1", "--device", "cpu"]
    run("denoise", "slide.png", "-o", "out", *fast, "--json", "--save-model", "m.safetensors")
    (report,) = reports(capsys)
    assert any("other channels" in said for said in report["messages"])
    run("denoise", "slide.png", "-o", "alone", *fast, "--json", "--other-channels", "none")
    (report,) = reports(capsys)
    assert not any("other channels" in said for said in report["messages"])
    helped, alone = (read_image(f"{place}/slide_denoised.png") for place in ("out", "alone"))
    assert np.square(helped - truth).mean() < np.square(alone - truth).mean()
    run("predict", "slide.png", "-o", "again", "--model", "m.safetensors", "--device", "cpu")
    np.testing.assert_array_equal(read_image("again/slide_denoised.png"), helped)


def test_channels_together_are_one_training(folder: Path, capsys: pytest.CaptureFixture) -> None:
    tifffile.imwrite("both.tif", STACK, metadata={"axes": "TCYX"}, photometric="minisblack")
    run("denoise", "both.tif", "-o", "out", *FAST, "--channels", "together", "--json")
    (report,) = reports(capsys)
    assert "channels" not in report
    assert report["verdict"]


def test_any_order_of_axes_gives_the_same_image(folder: Path) -> None:
    tifffile.imwrite("a.tif", STACK, photometric="minisblack")
    tifffile.imwrite("b.tif", STACK.transpose(2, 1, 3, 0), photometric="minisblack")
    run("denoise", "a.tif", "-o", "out", *FAST, "--axes", "tcyx")
    run("denoise", "b.tif", "-o", "out", *FAST, "--axes", "YCXT")
    back = read_image("out/b_denoised.tif").transpose(3, 1, 0, 2)
    np.testing.assert_array_equal(read_image("out/a_denoised.tif"), back)


def test_what_axes_a_stack_has_is_asked(folder: Path, capsys: pytest.CaptureFixture) -> None:
    write_image("movie.tif", STACK[:, 0])
    zarr.create_array("movie.zarr", data=STACK[:, 0])
    run("denoise", "movie.tif", "movie.zarr", "-o", "out", *FAST, "--quiet", code=1)
    said = capsys.readouterr()
    assert said.err.count("--axes TYX") == 2
    assert said.out == ""
    assert os.listdir("out") == []


def test_axes_against_the_file_are_told(folder: Path, capsys: pytest.CaptureFixture) -> None:
    tifffile.imwrite("a.tif", STACK[:, 0], metadata={"axes": "ZYX"}, photometric="minisblack")
    run("denoise", "a.tif", "-o", "out", *FAST, "--axes", "TYX", "--json")
    (report,) = reports(capsys)
    assert "ZYX" in report["messages"][0]
    run("denoise", "a.tif", "-o", "other", *FAST, "--axes", "TCYX", code=1)
    assert "name 4 axes" in capsys.readouterr().err


def test_colours_keep_their_hue_and_opacity_its_values(folder: Path) -> None:
    colour = RNG.normal((50, 120, 200), 8, (48, 40, 3)).clip(0, 255).astype(np.uint8)
    alpha = RNG.integers(0, 255, (48, 40, 1)).astype(np.uint8)
    imageio.imwrite("a.png", np.concatenate([colour, alpha], axis=2))
    grey = np.repeat(colour[..., :1], 3, axis=2)
    tifffile.imwrite("grey.tif", grey, photometric="rgb")
    run("denoise", "a.png", "grey.tif", "-o", "out", *FAST)
    result = imageio.imread("out/a_denoised.png")
    np.testing.assert_allclose(result[..., :3].mean((0, 1)), colour.mean((0, 1)), atol=4)
    np.testing.assert_array_equal(result[..., 3:], alpha)
    with tifffile.TiffFile("out/grey_denoised.tif") as tiff:
        assert tiff.series[0].axes == "YXS"
        shades = tiff.asarray()
    assert (shades == shades[..., :1]).all()  # what was grey stays grey


def test_a_constant_channel_is_kept(folder: Path, capsys: pytest.CaptureFixture) -> None:
    stack = STACK.copy()
    stack[:, 1] = 7
    tifffile.imwrite("a.tif", stack, metadata={"axes": "TCYX"}, photometric="minisblack")
    run("denoise", "a.tif", "-o", "out", *FAST, "--json")
    (report,) = reports(capsys)
    assert "constant" in report["messages"][0]
    assert (read_image("out/a_denoised.tif")[:, 1] == 7).all()


def test_a_fixed_pattern_is_named_and_removed_on_request(folder: Path, capsys: pytest.CaptureFixture) -> None:
    offsets = RNG.normal(0, 6, 64)
    movie = (500 + RNG.normal(0, 5, (20, 64, 64)) + offsets[:, None]).astype(np.float32)
    for suffix in ("tif", "zarr"):
        if suffix == "tif":
            tifffile.imwrite("m.tif", movie, metadata={"axes": "TYX"}, photometric="minisblack")
        else:
            zarr.create_array("m.zarr", data=movie, chunks=(1, 64, 64), dimension_names=["t", "y", "x"])
        run("denoise", f"m.{suffix}", "-o", "a", *FAST, "--json")
        run("denoise", f"m.{suffix}", "-o", "b", *FAST, "--json", "--remove-fixed-pattern")
        kept, removed = reports(capsys)
        assert "rows" in kept["messages"][0]
        assert "--remove-fixed-pattern" in kept["messages"][0]
        assert "It was removed" in removed["messages"][0]
        result = read_image(f"b/m_denoised.{suffix}")
        assert abs(np.corrcoef(result.mean((0, 2)), offsets)[0, 1]) < 0.4


@pytest.mark.parametrize("more", [[], ["--one-model"]], ids=["model per file", "one model"])
def test_a_fixed_pattern_is_removed_from_planes_too_large_to_train_on(
    folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    from napari_autostructn2v import pipeline
    from napari_autostructn2v.large import parts as large

    monkeypatch.setattr(large, "_PIECE", 64)
    monkeypatch.setattr("napari_autostructn2v.large.SAMPLE_PIXELS", 10_000)
    offsets = RNG.normal(0, 8, 160)
    movie = (500 + RNG.normal(0, 5, (12, 160, 128)) + offsets[:, None]).astype(np.float32)
    zarr.create_array("m.zarr", data=movie, chunks=(1, 64, 64), dimension_names=["t", "y", "x"])
    seen: list[np.ndarray] = []
    train = pipeline.denoise
    monkeypatch.setattr(
        pipeline, "denoise", lambda image, *given, **kept: seen.append(image) or train(image, *given, **kept)
    )
    run("denoise", "m.zarr", "-o", "out", *FAST, "--json", "--remove-fixed-pattern", *more)
    (report,) = reports(capsys)
    assert "It was removed" in report["messages"][0]
    (sample,) = seen
    assert sample.shape[1:] == (64, 64)
    assert sample.mean(2).std() < 0.6 * offsets.std()  # of the rows
    result = read_image("out/m_denoised.zarr")
    assert abs(np.corrcoef(result.mean((0, 2)), offsets)[0, 1]) < 0.4


# Inputs, outputs and options ------------------------------------------------------------------------------------------


def test_files_stand_before_between_and_after_options(folder: Path) -> None:
    for name in "abc":
        write_image(f"{name}.tif", STACK[0, 0])
    run("denoise", "a.tif", "-o", "out", "b.tif", *FAST, "c.tif")
    assert len(os.listdir("out")) == 3
    run("denoise", "-o", "out2", *FAST, "a.tif", "b.tif")
    assert len(os.listdir("out2")) == 2


def test_a_folder_is_all_its_images(folder: Path, capsys: pytest.CaptureFixture) -> None:
    for name in ("data/a.tif", "data/b.TIF", "data/sub/c.tif", "data/a_denoised.tif", "data/.hidden.tif"):
        write_image(name, STACK[0, 0])
    Path("data/notes.txt").write_text("no image")
    zarr.create_array("data/d.zarr", data=STACK[0, 0])
    run("denoise", "data", "-o", "out", *FAST)
    assert sorted(os.listdir("out")) == ["a_denoised.tif", "b_denoised.tif", "d_denoised.zarr"]
    run("denoise", "data", "-o", "out2", *FAST, "--pattern", "**/*.tif")
    assert sorted(os.listdir("out2")) == ["a_denoised.tif", "c_denoised.tif"]
    assert "2 inputs: 2 denoised" in capsys.readouterr().out


def test_one_model_for_all(folder: Path, capsys: pytest.CaptureFixture) -> None:
    for number, name in enumerate(("a", "b", "c")):
        write_image(f"{name}.tif", STACK[number, 0, : 40 + number])
    run("denoise", "a.tif", "b.tif", "c.tif", "-o", "x", *FAST, "--train-on", "a.tif", "--train-on", "b.tif", "--json",
        "--save-model", "m.safetensors")  # fmt: skip
    said = reports(capsys)
    assert all(report["trained_on"] == ["a.tif", "b.tif"] and report["verdict"] for report in said)
    run("predict", "a.tif", "b.tif", "c.tif", "-o", "y", "--model", "m.safetensors", "--device", "cpu", "--quiet")
    for name in "abc":
        np.testing.assert_array_equal(read_image(f"x/{name}_denoised.tif"), read_image(f"y/{name}_denoised.tif"))
    run("denoise", "a.tif", "b.tif", "c.tif", "-o", "z", *FAST, "--one-model", "--json")
    assert all(report["trained_on"] == ["a.tif", "b.tif", "c.tif"] for report in reports(capsys)[-3:])


def test_one_model_for_many_stacks_looks_at_other_planes(folder: Path) -> None:
    for name, planes in (("a", 5), ("b", 4)):
        write_image(f"{name}.tif", STACK[:planes, 0], axes="TYX")
    write_image("single.tif", STACK[0, 0])
    near = [*FAST, "--context", "near", "--one-model", "--quiet"]
    run("denoise", "a.tif", "b.tif", "-o", "x", *near, "--save-model", "m.safetensors")
    assert Denoiser.load("m.safetensors").reach == 1
    run("predict", "a.tif", "b.tif", "-o", "y", "--model", "m.safetensors", "--device", "cpu", "--quiet")
    for name in "ab":
        np.testing.assert_array_equal(read_image(f"x/{name}_denoised.tif"), read_image(f"y/{name}_denoised.tif"))
    # A model that looks at other planes could do nothing with the single one.
    run("denoise", "a.tif", "single.tif", "-o", "z", *near, "--save-model", "alone.safetensors")
    assert Denoiser.load("alone.safetensors").reach == 0


def test_runs_of_many_stacks_are_as_long_as_the_shortest() -> None:
    seven = np.arange(7)[None, :, None, None] + np.zeros((1, 7, 40, 50))
    threes = 10 + seven[:, :3, :32, :48].repeat(2, 0)
    together = one_model._common([seven, threes])
    assert together.shape == (4, 3, 32, 48)
    assert together[:, :, 0, 0].tolist() == [[0, 1, 2], [3, 4, 5], [10, 11, 12], [10, 11, 12]]


def test_files_with_other_channels_cannot_be_trained_on_together(folder: Path, capsys: pytest.CaptureFixture) -> None:
    tifffile.imwrite("a.tif", STACK[0], metadata={"axes": "CYX"}, photometric="minisblack")
    write_image("b.tif", STACK[0, 0])
    run("denoise", "a.tif", "b.tif", "-o", "out", *FAST, "--one-model", code=1)
    assert "same channels" in capsys.readouterr().err
    assert os.listdir("out") == []


def test_a_dry_run_tells_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture) -> None:
    tifffile.imwrite("a.tif", STACK, metadata={"axes": "TCYX"}, photometric="minisblack")
    Path("bad.tif").write_bytes(b"no image")
    before = sorted(os.listdir())
    run("denoise", "a.tif", "bad.tif", "-o", "out", *FAST, "--dry-run", code=1)
    said = capsys.readouterr()
    assert "TCYX 5 x 2 x 48 x 40, 2 channels apart" in said.out
    assert "GB" in said.out
    assert "The noise is" in said.out
    assert "bad.tif" in said.err
    run("denoise", "a.tif", "-o", "out", *FAST, "--dry-run", "--json", "--one-model")
    (report,) = reports(capsys)
    assert (report["action"], report["kind"]) == ("denoise", "tiff")
    assert report["memory_gb"] > 0
    assert sorted(os.listdir()) == before


def test_the_log_keeps_what_happened(folder: Path) -> None:
    write_image("a.tif", STACK[0, 0])
    run("denoise", "a.tif", "gone.tif", "-o", "out", *FAST, "--log", "logs/run.log", code=1)
    text = Path("logs/run.log").read_text()
    assert "denoise a.tif gone.tif" in text
    assert "a.tif: denoised in" in text
    assert "There is no file gone.tif" in text
    run("denoise", "a.tif", "-o", "out", *FAST, "--log", "logs/run.log")
    assert "was done already" in Path("logs/run.log").read_text()[len(text) :]


def test_a_log_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture) -> None:
    write_image("a.tif", STACK[0, 0])
    run("denoise", "a.tif", "-o", "out", *FAST, "--log", "a.tif/log", code=1)
    assert "log" in capsys.readouterr().err


# Going on where it stopped --------------------------------------------------------------------------------------------


def movie(path: str, **options: Any) -> np.ndarray:
    images = RNG.normal(100, 10, (12, 48, 40)).astype(np.uint16)
    zarr.create_array(path, data=images, chunks=(2, 48, 40), dimension_names=["t", "y", "x"], **options)
    return images


def test_what_is_done_is_not_done_again(folder: Path, capsys: pytest.CaptureFixture) -> None:
    write_image("a.tif", STACK[0, 0])
    imageio.imwrite("b.png", STACK[0, 0])
    movie("c.zarr")
    command = ["denoise", "a.tif", "b.png", "c.zarr", "-o", "out", *FAST, "--json"]
    run(*command)
    times = {path: path.stat().st_mtime_ns for path in Path("out").iterdir()}
    for more in ([], ["--overwrite"]):
        run(*command, *more)
        assert [report["status"] for report in reports(capsys)[-3:]] == ["was done already"] * 3
    assert {path: path.stat().st_mtime_ns for path in Path("out").iterdir()} == times
    run(*command, "--seed", "7", code=1)  # another result: not in the place of this one
    assert all("--overwrite" in report["error"] for report in reports(capsys))
    run(*command, "--seed", "7", "--overwrite")
    assert [report["status"] for report in reports(capsys)] == ["denoised"] * 3


def test_a_changed_input_is_not_taken_for_done(folder: Path, capsys: pytest.CaptureFixture) -> None:
    command = ["denoise", "a.tif", "-o", "out", *FAST, "--json"]
    write_image("a.tif", STACK[0, 0])
    run(*command)
    first = Path("out/a_denoised.tif").read_bytes()
    capsys.readouterr()
    write_image("a.tif", STACK[1, 0])
    run(*command, code=1)
    (report,) = reports(capsys)
    assert "--overwrite" in report["error"]
    assert Path("out/a_denoised.tif").read_bytes() == first
    run(*command, "--overwrite")
    assert Path("out/a_denoised.tif").read_bytes() != first


START = "from napari_autostructn2v.cli import main; raise SystemExit(main())"


class Killed(BaseException):
    pass


@pytest.mark.parametrize("kind", ["zarr", "tif"])
def test_a_run_goes_on_where_it_was_killed(folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    images = movie("m.zarr")
    if kind == "tif":
        monkeypatch.setattr(cli_plan, "IN_MEMORY_PIXELS", 0)
        monkeypatch.setattr(files_tiff, "_SMALL_BYTES", 0)
        tifffile.imwrite("m.tif", images, metadata={"axes": "TYX"}, photometric="minisblack")
    command = ["denoise", f"m.{kind}", "-o", "out", *FAST]
    run(*command[:2], "-o", "whole", *FAST)
    expected = read_image(f"whole/m_denoised.{kind}")
    trainings, denoised = [], []
    from napari_autostructn2v import pipeline

    train, block = pipeline.denoise, cli_blocks.denoise_block
    monkeypatch.setattr(pipeline, "denoise", lambda *given, **more: trainings.append(1) or train(*given, **more))

    def dies(recipe: Any, which: Any, image: Any) -> int:
        if len(denoised) in (2, 5):
            denoised.append("killed")
            raise Killed
        denoised.append(which.number)
        return block(recipe, which, image)

    monkeypatch.setattr(cli_blocks, "denoise_block", dies)
    for _ in range(2):
        with pytest.raises(Killed):
            main(command)
        assert [name for name in os.listdir("out") if not name.startswith(".")] == []
    run(*command)
    numbers = [number for number in denoised if number != "killed"]
    assert len(numbers) == len(set(numbers)) == len(images) // (2 if kind == "zarr" else 1)
    assert len(trainings) == 1
    assert os.listdir("out") == [f"m_denoised.{kind}"]
    np.testing.assert_array_equal(read_image(f"out/m_denoised.{kind}"), expected)


def test_work_for_other_settings_is_begun_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    movie("m.zarr")
    block = cli_blocks.denoise_block

    def dies(recipe: Any, which: Any, image: Any) -> int:
        raise Killed

    monkeypatch.setattr(cli_blocks, "denoise_block", dies)
    with pytest.raises(Killed):
        main(["denoise", "m.zarr", "-o", "out", *FAST])
    monkeypatch.setattr(cli_blocks, "denoise_block", block)
    run("denoise", "m.zarr", "-o", "out", *FAST, "--seed", "9")
    run("denoise", "m.zarr", "-o", "fresh", *FAST, "--seed", "9")
    np.testing.assert_array_equal(read_image("out/m_denoised.zarr"), read_image("fresh/m_denoised.zarr"))


def test_kill_9_and_sigterm_leave_nothing_half_done(folder: Path) -> None:
    images = np.concatenate([movie("m.zarr")] * 1)
    big = np.tile(images, (10, 1, 1))
    shutil.rmtree("m.zarr")
    zarr.create_array("m.zarr", data=big, chunks=(1, 48, 40), dimension_names=["t", "y", "x"])
    run("denoise", "m.zarr", "-o", "whole", *FAST)
    command = [sys.executable, "-c", START, "denoise", "m.zarr", "-o", "out", *FAST]
    done = Path("out/.m_denoised.zarr.part/done")
    for number in (signal.SIGKILL, signal.SIGTERM):
        seen = done.stat().st_size if done.exists() else 0
        process = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if done.exists() and done.stat().st_size > seen + 20:
                process.send_signal(number)
                break
            time.sleep(0.002)
        code = process.wait(timeout=60)
        assert code in (-signal.SIGKILL, 130, 0)
        assert code == 0 or not os.path.exists("out/m_denoised.zarr")
    assert subprocess.run(command, check=False).returncode == 0
    np.testing.assert_array_equal(read_image("out/m_denoised.zarr"), read_image("whole/m_denoised.zarr"))


@pytest.mark.parametrize("version", [2, 3])
def test_results_of_zarr_are_whole_or_absent_and_replaced_on_request(folder: Path, version: int) -> None:
    images = movie("m.zarr") if version == 3 else None
    if images is None:
        images = RNG.normal(100, 10, (4, 48, 40)).astype(np.uint16)
        array = zarr.create_array("m.zarr", data=images, zarr_format=2, chunks=(1, 48, 40))
        array.attrs["_ARRAY_DIMENSIONS"] = ["t", "y", "x"]
    zarr.create_array("out/m_denoised.zarr", data=images)
    run("denoise", "m.zarr", "-o", "out", *FAST, code=1)
    np.testing.assert_array_equal(read_image("out/m_denoised.zarr"), images)
    run("denoise", "m.zarr", "-o", "out", *FAST, "--overwrite")
    result = zarr.open_array("out/m_denoised.zarr")
    assert result.metadata.zarr_format == version
    assert (result[...] != images).any()
    assert os.listdir("out") == ["m_denoised.zarr"]


def test_training_on_a_large_movie_reads_a_part_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_autostructn2v import pipeline

    movie("m.zarr")
    monkeypatch.setattr("napari_autostructn2v.large.SAMPLE_PIXELS", 4 * 48 * 40)
    seen: list[tuple[int, ...]] = []
    train = pipeline.denoise
    monkeypatch.setattr(
        pipeline, "denoise", lambda image, *given, **more: seen.append(image.shape) or train(image, *given, **more)
    )
    run("denoise", "m.zarr", "-o", "out", *FAST)
    assert seen == [(4, 48, 40)]


# A cluster ------------------------------------------------------------------------------------------------------------


def test_a_scheduler_gives_the_local_result(folder: Path) -> None:
    distributed = pytest.importorskip("distributed")
    movie("m.zarr")
    write_image("a.tif", STACK[0, 0])
    run("denoise", "m.zarr", "a.tif", "-o", "x", *FAST, "--one-model", "--save-model", "m.safetensors")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        run("predict", "m.zarr", "a.tif", "-o", "y", "--model", "m.safetensors", "--device", "cpu",
            "--scheduler", cluster.scheduler_address)  # fmt: skip
    for name in ("m_denoised.zarr", "a_denoised.tif"):
        np.testing.assert_array_equal(read_image(f"x/{name}"), read_image(f"y/{name}"))
