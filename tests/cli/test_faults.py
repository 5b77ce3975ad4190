"""What goes wrong around a run: full disks, lost schedulers, two runs at once, odd names and links."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from helpers.stages import TINY

from napari_autostructn2v import pipeline
from napari_autostructn2v.batch import WorkFolder
from napari_autostructn2v.batch import blocks as cli_blocks
from napari_autostructn2v.cli import main
from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import read_image, write_image
from napari_autostructn2v.images import FixedPattern
from napari_autostructn2v.settings import Settings, StageSettings

MOVIE = np.random.default_rng(0).normal(100, 10, (4, 48, 40)).astype(np.uint16)
FAST = ["--settings", "tiny.toml", "--device", "cpu"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Settings(stages="1", stage1=TINY, stage2=TINY).save("tiny.toml")
    write_image("a.tif", MOVIE[0])
    zarr.create_array("m.zarr", data=MOVIE, chunks=(1, 48, 40), dimension_names=["t", "y", "x"])
    return tmp_path


def test_a_full_disk_ends_one_input_in_a_sentence_and_the_next_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    block, done = cli_blocks.denoise_block, []

    def full(recipe: Any, which: Any, image: Any) -> int:
        if len(done) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done.append(which.number)
        return block(recipe, which, image)

    monkeypatch.setattr(cli_blocks, "denoise_block", full)
    assert main(["denoise", "m.zarr", "a.tif", "-o", "out", *FAST, "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "m.zarr" in said
    assert "No space left on device" in said
    assert "unexpected" not in said
    assert "a_denoised.tif" in os.listdir("out")
    monkeypatch.setattr(cli_blocks, "denoise_block", lambda *given: done.append(given[1].number) or block(*given))
    assert main(["denoise", "m.zarr", "a.tif", "-o", "out", *FAST]) == 0
    assert sorted(done) == [0, 1, 2, 3]


def test_a_scheduler_that_is_not_there_is_noticed_before_anything_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cli_blocks, "_CONNECT_SECONDS", 1)
    monkeypatch.setattr(pipeline, "denoise", lambda *_, **__: pytest.fail("trained in vain"))
    assert main(["denoise", "m.zarr", "-o", "out", *FAST, "--scheduler", "tcp://127.0.0.1:9"]) == 1
    assert "no dask scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err
    assert not os.path.exists("out")


def test_a_scheduler_that_wants_a_certificate_is_told(folder: Path, capsys: pytest.CaptureFixture) -> None:
    pytest.importorskip("distributed")
    assert main(["denoise", "m.zarr", "-o", "out", *FAST, "--scheduler", "tls://127.0.0.1:9"]) == 1
    assert "wants a certificate, and dask knows of none" in capsys.readouterr().err


def test_a_second_run_into_the_same_place_is_refused_and_leaves_the_first_alone(folder: Path) -> None:
    target = Path("out/m_denoised.zarr")
    with WorkFolder(target, "one") as first:
        first.remember(0, None, FixedPattern(), {}, ["kept"], given=False)
        for run in ("one", "another"):
            with pytest.raises(InputError, match="Another run is making"):
                WorkFolder(target, run)
        assert first.recall(0) is not None
        assert main(["denoise", "m.zarr", "-o", "out", *FAST, "--quiet"]) == 1
        assert first.recall(0) is not None
    assert os.listdir("out") == []
    assert main(["denoise", "m.zarr", "-o", "out", *FAST]) == 0
    assert os.listdir("out") == ["m_denoised.zarr"]


def test_an_interrupted_run_with_one_model_goes_on_without_training_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    write_image("b.tif", MOVIE[1])
    command = ["denoise", "a.tif", "b.tif", "-o", "out", *FAST, "--train-on", "a.tif", "--save-model", "m.safetensors"]
    trained: list[int] = []
    train, predict = pipeline.denoise, Denoiser.predict
    monkeypatch.setattr(pipeline, "denoise", lambda *given, **more: trained.append(1) or train(*given, **more))

    def stops(model: Denoiser, *given: Any, **more: Any) -> Any:
        if os.path.exists("out/a_denoised.tif"):
            raise KeyboardInterrupt
        return predict(model, *given, **more)

    monkeypatch.setattr(Denoiser, "predict", stops)
    assert main(command) == 130
    monkeypatch.setattr(Denoiser, "predict", predict)
    assert main([*command, "--json"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [report["status"] for report in said] == ["was done already", "denoised"]
    assert said[1]["trained_on"] == ["a.tif"]
    assert said[1]["verdict"]
    assert len(trained) == 1
    assert sorted(os.listdir("out")) == ["a_denoised.tif", "b_denoised.tif"]
    assert main(["predict", "b.tif", "-o", "again", "--model", "m.safetensors", "--device", "cpu"]) == 0
    np.testing.assert_array_equal(read_image("again/b_denoised.tif"), read_image("out/b_denoised.tif"))


@pytest.mark.parametrize("more", [[], ["--pattern", "*.lsm"], ["--dry-run"]], ids=["no image", "no match", "dry run"])
def test_a_folder_without_images_is_said_to_be_one(
    folder: Path, capsys: pytest.CaptureFixture, more: list[str]
) -> None:
    Path("notes").mkdir()
    Path("notes/text.txt").write_text("no image")
    write_image("notes/a_denoised.tif", MOVIE[0])
    assert main(["denoise", "notes", "a.tif", "-o", "out", *FAST, *more]) == 1
    said = capsys.readouterr().err
    assert "notes is a folder in which no image was found" in said
    assert "--pattern" in said


def test_what_an_interrupted_run_has_left_is_no_input(folder: Path) -> None:
    for name in (".m_denoised.zarr.part/result.zarr", "deep/k.zarr"):
        zarr.create_array(f"data/{name}", data=MOVIE, chunks=(1, 48, 40), dimension_names=["t", "y", "x"])
    assert main(["denoise", "data", "-o", "out", *FAST, "--pattern", "**/*.zarr"]) == 0
    assert os.listdir("out") == ["k_denoised.zarr"]


def test_names_with_spaces_and_of_any_language(folder: Path) -> None:
    for name in ("zwei Zellen, 20 °C.tif", "細胞 1.tif", "[a]*.tif"):
        write_image(f"Mäuse {name[0]}/{name}", MOVIE[0])
    zarr.create_array("Zellen ü.zarr", data=MOVIE, chunks=(1, 48, 40), dimension_names=["t", "y", "x"])
    inputs = ["Mäuse z", "Mäuse 細", "Mäuse [/[a]*.tif", "Zellen ü.zarr"]
    assert main(["denoise", *inputs, "-o", "aus gabe é", *FAST, "--log", "Ü.log", "--save-model", "µ.safetensors",
                 "--one-model", "--axes", "YX", "--quiet"]) == 1  # fmt: skip
    assert main(["denoise", *inputs, "-o", "aus gabe é", *FAST, "--log", "Ü.log", "--quiet"]) == 0
    assert sorted(os.listdir("aus gabe é")) == sorted(
        ["zwei Zellen, 20 °C_denoised.tif", "細胞 1_denoised.tif", "[a]*_denoised.tif", "Zellen ü_denoised.zarr"]
    )
    assert "細胞 1.tif" in Path("Ü.log").read_text(encoding="utf-8")


START = "from napari_autostructn2v.cli import main; raise SystemExit(main())"


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text here")
def test_a_name_that_cannot_be_printed_is_denoised_all_the_same(folder: Path) -> None:
    name = b"caf\xe9.tif"
    try:
        os.rename(b"a.tif", name)
    except OSError:
        pytest.skip("this disk takes no such names")
    command = [sys.executable, "-c", START, "denoise", name, "m.zarr", "-o", "out", *FAST, "--log", "log"]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"PYTHONUTF8": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert b"2 inputs: 2 denoised" in done.stdout
    assert os.path.exists(b"out/caf\xe9_denoised.tif")


def test_nobody_reads_on(folder: Path) -> None:
    command = [sys.executable, "-c", START, "denoise", "a.tif", "m.zarr", "-o", "out", *FAST, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert said == b""


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links(folder: Path, capsys: pytest.CaptureFixture) -> None:
    write_image("data/x_denoised.tif", MOVIE[0])
    write_image("data/x.tif", MOVIE[1])
    os.symlink("data", "linked")
    os.symlink("m.zarr", "movie.zarr")
    before = read_image("data/x_denoised.tif")
    # The result of x.tif would lie where the other input lies.
    inputs = ["data/x.tif", "data/x_denoised.tif"]
    assert main(["denoise", *inputs, "-o", "linked", *FAST, "--overwrite", "--quiet"]) == 1
    assert "which is an input" in capsys.readouterr().err
    np.testing.assert_array_equal(read_image("data/x_denoised.tif"), before)
    assert main(["denoise", "movie.zarr", "-o", "out", *FAST]) == 0
    os.rename("out/movie_denoised.zarr", "out/kept.zarr")
    os.symlink("gone", "out/movie_denoised.zarr")  # leads nowhere
    assert main(["denoise", "movie.zarr", "-o", "out", *FAST, "--quiet"]) == 1
    assert main(["denoise", "movie.zarr", "-o", "out", *FAST, "--overwrite"]) == 0
    np.testing.assert_array_equal(read_image("out/movie_denoised.zarr"), read_image("out/kept.zarr"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read(folder: Path, capsys: pytest.CaptureFixture) -> None:
    Path("out").mkdir(mode=0o555)
    for more in ([], ["--one-model"]):
        assert main(["denoise", "m.zarr", "a.tif", "-o", "out", *FAST, "--quiet", *more]) in (1, 2)
        assert "Permission denied" in capsys.readouterr().err


def test_chunks_that_are_missing_are_told(folder: Path, capsys: pytest.CaptureFixture) -> None:
    Path("m.zarr/c/1/0/0").unlink()
    assert main(["denoise", "m.zarr", "-o", "out", *FAST, "--json"]) == 0
    messages = json.loads(capsys.readouterr().out)["messages"]
    (message,) = [message for message in messages if "1 of 4 chunks are not stored" in message]
    assert "fill value (0)" in message


def test_ctrl_c_during_training_keeps_what_was_trained_and_the_same_command_makes_it_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_autostructn2v import network

    monkeypatch.chdir(tmp_path)
    train = network.train

    image = np.random.default_rng(0).poisson(100, (64, 64)).astype(np.uint16)
    write_image("cells.tif", image)
    command = ["denoise", "cells.tif", "-o", "out", "--settings", "few.toml", "--save-model", "model.safetensors"]
    few = StageSettings(features=2, num_epochs=60, patches_per_image=160, batch_size=4, crop_size=32)
    Settings(stages="1", stage1=few).save("few.toml")

    def stopping(*given: Any, **options: Any) -> Any:
        training = train(*given, **options)
        yield next(training)
        signal.raise_signal(signal.SIGINT)
        return (yield from training)

    monkeypatch.setattr(network, "train", stopping)
    assert main(command) == 130
    said = capsys.readouterr().err
    assert "Stopped early" in said
    assert "model-unfinished.safetensors" in said
    assert read_image("out/cells_denoised.tif").shape == image.shape
    assert Path("model-unfinished.safetensors").exists()
    assert not Path("model.safetensors").exists()
    monkeypatch.setattr(network, "train", train)
    assert main(command) == 0  # without --overwrite
    assert Path("model.safetensors").exists()


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_autostructn2v import network

    monkeypatch.chdir(tmp_path)

    def stopping(*given: Any, **options: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        yield

    monkeypatch.setattr(network, "train", stopping)
    write_image("cells.tif", np.random.default_rng(0).poisson(100, (64, 64)).astype(np.uint16))
    assert main(["denoise", "cells.tif", "-o", "out", "--preset", "fast"]) == 130
    assert not Path("out/cells_denoised.tif").exists()


def test_many_inputs_are_checked_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_autostructn2v.disk import places

    monkeypatch.chdir(tmp_path)

    asked: list[Path] = []
    keys = places._keys
    monkeypatch.setattr(places, "_keys", lambda path: asked.append(path) or keys(path))
    Path("in").mkdir()
    for number in range(40):
        write_image(f"in/{number}.tif", np.random.default_rng(number).poisson(9, (16, 16)).astype(np.uint8))
    main(["denoise", "in", "-o", "out", "--dry-run"])
    assert 40 <= len(asked) <= 4 * 40
