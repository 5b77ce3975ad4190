"""A result counts as done only if it is whole, and made of the very pixels that the input has now."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from helpers.stages import TINY

from napari_autostructn2v.batch import blocks as cli_blocks
from napari_autostructn2v.batch import file_job
from napari_autostructn2v.cli import main
from napari_autostructn2v.files import open_image, read_image, write_image
from napari_autostructn2v.settings import Settings

MOVIE = np.random.default_rng(0).normal(100, 10, (6, 48, 40)).astype(np.uint16)
FAST = ["--settings", "tiny.toml", "--device", "cpu", "--json"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Settings(stages="1", stage1=TINY, stage2=TINY).save("tiny.toml")
    return tmp_path


def movie(path: str, pixels: np.ndarray = MOVIE, **more: Any) -> None:
    zarr.create_array(path, data=pixels, chunks=(1, 48, 40), dimension_names=["t", "y", "x"], **more)


def statuses(capsys: pytest.CaptureFixture) -> list[str]:
    return [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", ["a.tif", "a.png", "m.zarr"])
def test_a_result_that_was_cut_short_is_made_again(folder: Path, capsys: pytest.CaptureFixture, name: str) -> None:
    movie(name) if name == "m.zarr" else write_image(name, MOVIE[0])
    command = ["denoise", name, "-o", "out", *FAST]
    assert main(command) == 0
    (result,) = Path("out").iterdir()
    whole = read_image(result)
    file = result if result.is_file() else result / "c/4/0/0"
    before = file.read_bytes()
    for size in (len(before) - 1, len(before) - 20):
        file.write_bytes(before[:size])
        assert main(command) == 0
        np.testing.assert_array_equal(read_image(result), whole)
    if result.is_dir():
        file.unlink()
        assert main(command) == 0
        np.testing.assert_array_equal(read_image(result), whole)
    assert main(command) == 0
    assert statuses(capsys) == ["denoised"] * (4 if result.is_dir() else 3) + ["was done already"]


def test_pixels_that_were_rewritten_in_place_are_other_pixels(folder: Path, capsys: pytest.CaptureFixture) -> None:
    movie("m.zarr")
    command = ["denoise", "m.zarr", "-o", "out", *FAST]
    assert main(command) == 0
    chunk = Path("m.zarr/c/2/0/0")
    times = chunk.stat()
    zarr.open_array("m.zarr", mode="r+")[2] = MOVIE[2][::-1]
    os.utime(chunk, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert main(command) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def test_a_file_of_the_same_name_size_and_time_is_another_one(folder: Path, capsys: pytest.CaptureFixture) -> None:
    for name, pixels in (("monday", MOVIE[0]), ("tuesday", MOVIE[1])):
        write_image(f"{name}/a.tif", pixels)
        os.utime(f"{name}/a.tif", ns=(10**18, 10**18))
    assert main(["denoise", "monday/a.tif", "-o", "out", *FAST]) == 0
    before = Path("out/a_denoised.tif").read_bytes()
    assert main(["denoise", "tuesday/a.tif", "-o", "out", *FAST]) == 1
    assert Path("out/a_denoised.tif").read_bytes() == before
    # The same pixels elsewhere are the same.
    os.makedirs("wednesday")
    shutil.copy("monday/a.tif", "wednesday/a.tif")
    capsys.readouterr()
    assert main(["denoise", "wednesday/a.tif", "-o", "out", *FAST]) == 0
    assert statuses(capsys) == ["was done already"]


def test_old_blocks_are_not_mixed_with_new_pixels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    movie("m.zarr")
    block, done = cli_blocks.denoise_block, []

    def killed(recipe: Any, which: Any, image: Any) -> int:
        if len(done) == 3:
            raise SystemError("killed")
        done.append(which.number)
        return block(recipe, which, image)

    monkeypatch.setattr(cli_blocks, "denoise_block", killed)
    assert main(["denoise", "m.zarr", "-o", "out", *FAST]) == 1
    monkeypatch.setattr(cli_blocks, "denoise_block", block)
    zarr.open_array("m.zarr", mode="r+")[:] = MOVIE[::-1]
    assert main(["denoise", "m.zarr", "-o", "out", *FAST]) == 0
    assert main(["denoise", "m.zarr", "-o", "fresh", *FAST]) == 0
    np.testing.assert_array_equal(read_image("out/m_denoised.zarr"), read_image("fresh/m_denoised.zarr"))


@pytest.mark.parametrize("name", ["a.tif", "m.zarr"])
def test_an_image_that_changes_while_it_is_denoised_has_no_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, name: str
) -> None:
    movie(name) if name == "m.zarr" else write_image(name, MOVIE[0])
    train = file_job.FileJob.train

    def changing(*given: Any, **options: Any) -> Any:
        if name == "m.zarr":
            zarr.open_array(name, mode="r+")[1] = 7
        else:
            write_image(name, MOVIE[1])
        return train(*given, **options)

    monkeypatch.setattr(file_job.FileJob, "train", changing)
    assert main(["denoise", name, "-o", "out", *FAST]) == 1
    assert "changed while it was denoised" in capsys.readouterr().err
    assert os.listdir("out") == []


def test_every_file_of_an_ome_tiff_counts(folder: Path, capsys: pytest.CaptureFixture) -> None:
    names = ["p0.ome.tif", "p1.ome.tif"]
    data = "".join(
        f'<TiffData IFD="0" FirstT="{t}" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{t}</UUID></TiffData>'
        for t, name in enumerate(names)
    )
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{}">'
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="40" SizeY="48" '
        f'SizeZ="1" SizeC="1" SizeT="2"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>{data}</Pixels></Image></OME>'
    )
    for number, name in enumerate(names):
        tifffile.imwrite(name, MOVIE[number], description=xml.replace("{}", str(number)), metadata=None)
    with open_image("p0.ome.tif") as image:
        assert image.array.shape == (2, 48, 40)
    command = ["denoise", "p0.ome.tif", "-o", "out", *FAST]
    assert main(command) == 0
    assert main(command) == 0
    assert statuses(capsys) == ["denoised", "was done already"]
    tifffile.imwrite("p1.ome.tif", MOVIE[3], description=xml.replace("{}", "1"), metadata=None)
    assert main(command) == 1
    assert "--overwrite" in capsys.readouterr().err
