"""No output replaces what the command reads, another of its outputs, or what somebody else has made."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_autostructn2v import pipeline
from napari_autostructn2v.batch import WorkFolder
from napari_autostructn2v.cli import main
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import write_image
from napari_autostructn2v.settings import MaskSettings, Settings

IMAGE = np.random.default_rng(0).poisson(100, (48, 40)).astype(np.uint16)


def content(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "denoise", lambda *_, **__: pytest.fail("trained in vain"))
    write_image("a.tif", IMAGE)
    write_image("b.tif", IMAGE)
    os.symlink("a.tif", "soft.tif")
    os.link("a.tif", "hard.tif")
    zarr.create_array("m.zarr", data=np.stack([IMAGE] * 3), chunks=(1, 48, 40), dimension_names=["t", "y", "x"])
    np.save("mask.npy", np.ones((1, 3)))
    Settings(mask=MaskSettings(source="file", path="mask.npy")).save("tuned.toml")
    return tmp_path


@pytest.mark.parametrize("option", ["--save-model", "--log"])
@pytest.mark.parametrize(
    "name",
    ["a.tif", "./a.tif", "soft.tif", "hard.tif", "tuned.toml", "mask.npy", "out/a_denoised.tif", "m.zarr/x", "b.tif"],
)
def test_neither_model_nor_log_replaces_a_file_of_the_command(
    folder: Path, capsys: pytest.CaptureFixture, option: str, name: str
) -> None:
    before = content(folder)
    command = ["denoise", "a.tif", "m.zarr", "-o", "out", "--one-model", "--settings", "tuned.toml", "--overwrite"]
    assert main([*command, option, name]) != 0
    said = capsys.readouterr().err
    assert str(Path(name)) in said
    assert len(said.splitlines()) == 1
    assert content(folder) == before


def test_model_and_log_are_two_files(folder: Path, capsys: pytest.CaptureFixture) -> None:
    for names in (("x", "x"), ("x", "x-unfinished"), ("x", "x-c2")):
        model, log = names
        assert main(["denoise", "a.tif", "-o", "out", "--save-model", model, "--log", log]) != 0
        assert "which is the trained model" in capsys.readouterr().err
    assert not os.path.exists("x")


def test_a_result_lies_neither_around_nor_inside_an_input(folder: Path, capsys: pytest.CaptureFixture) -> None:
    zarr.create_array("out/m_denoised.zarr/m.zarr", data=np.stack([IMAGE] * 3), dimension_names=["t", "y", "x"])
    before = content(folder)
    for source, out in (("m.zarr", "m.zarr"), ("out/m_denoised.zarr/m.zarr", "out")):
        assert main(["denoise", source, "-o", out, "--overwrite"]) == 1
        assert "an input of the same command" in capsys.readouterr().err
    assert content(folder) == before


def test_a_folder_that_is_no_zarr_is_not_replaced(folder: Path, capsys: pytest.CaptureFixture) -> None:
    Path("out/m_denoised.zarr").mkdir(parents=True)
    Path("out/m_denoised.zarr/notes.txt").write_text("mine")
    assert main(["denoise", "m.zarr", "-o", "out", "--overwrite"]) == 1
    assert "is a folder but not a zarr" in capsys.readouterr().err
    assert Path("out/m_denoised.zarr/notes.txt").read_text() == "mine"


def test_a_demo_replaces_its_own_files_only(folder: Path, capsys: pytest.CaptureFixture) -> None:
    for name in ("scan_lines.tif", "before_after.png"):
        write_image(name, IMAGE)
        before = content(folder)
        assert main(["demo", "-o", "."]) != 0
        assert f"{name} exists already" in capsys.readouterr().err
        assert content(folder) == before
        os.unlink(name)


# The folder of unfinished work ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out/.m_denoised.zarr.part", "out/.model.part"])
@pytest.mark.parametrize("kind", ["link", "folder", "file", "lock"])
def test_what_only_has_the_name_of_unfinished_work_is_never_emptied(
    folder: Path, capsys: pytest.CaptureFixture, name: str, kind: str
) -> None:
    Path("precious").mkdir()
    Path("precious/data.tif").write_text("pixels")
    Path("out").mkdir()
    if kind == "link":
        os.symlink(folder / "precious", name)
    elif kind == "folder":
        os.rename("precious", name)
    elif kind == "lock":
        Path(name).mkdir()
        os.symlink(folder / "precious/data.tif", f"{name}/lock")
    else:
        Path(name).write_text("pixels")
    before = content(folder)
    more = ["--one-model"] if "model" in name else []
    assert main(["denoise", "m.zarr", "-o", "out", *more]) != 0
    assert name in capsys.readouterr().err
    assert content(folder) == before


def test_links_inside_unfinished_work_are_taken_away_and_not_followed(folder: Path) -> None:
    target = Path("out/m_denoised.zarr")
    with WorkFolder(target, "one") as work:
        work.unfinished = True
    Path("precious").mkdir()
    Path("precious/data").write_text("pixels")
    os.symlink(folder / "precious", work.result)
    os.symlink(folder / "precious/data", work.done)
    with WorkFolder(target, "one") as work:
        assert not work.done.exists()
        assert not work.result.exists()
    assert Path("precious/data").read_text() == "pixels"


def test_work_that_was_being_emptied_belongs_to_no_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Path("out/m_denoised.zarr")
    with WorkFolder(target, "one") as work:
        work.unfinished = True
        work.done.write_text("0\n")

    def killed(_: WorkFolder) -> None:
        raise KeyboardInterrupt

    empty = WorkFolder._empty
    monkeypatch.setattr(WorkFolder, "_empty", killed)
    with pytest.raises(KeyboardInterrupt):
        WorkFolder(target, "another")
    monkeypatch.setattr(WorkFolder, "_empty", empty)
    for run in ("another", "one"):
        with WorkFolder(target, run) as work:
            assert not work.done.exists()


def test_two_runs_do_not_share_a_folder_of_work(folder: Path) -> None:
    with WorkFolder(Path("out/m.zarr"), "one"), pytest.raises(InputError, match="Another run"):
        WorkFolder(Path("out/m.zarr"), "one")
