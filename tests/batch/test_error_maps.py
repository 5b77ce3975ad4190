"""Error maps beside the results of the command line: their names, axes and units, and what is done already."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from helpers.stages import TINY

from napari_autostructn2v.cli import main
from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import read_image, write_image
from napari_autostructn2v.settings import Settings
from napari_autostructn2v.stop import Stopped

CHANNELS = np.random.default_rng(0).normal(1000, 10, (2, 48, 40)).astype(np.uint16)
DENOISE = ["denoise", "-o", "out", "--settings", "tiny.toml", "--device", "cpu", "--json"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Settings(stages="1", stage1=TINY, stage2=TINY).save("tiny.toml")
    tifffile.imwrite("a.tif", CHANNELS, imagej=True, metadata={"axes": "CYX"})
    return tmp_path


def test_every_channel_has_a_map_in_its_own_units_beside_the_result(capsys):
    write_image("a.png", np.clip(CHANNELS[0] // 8, 0, 255).astype(np.uint8))
    assert main([*DENOISE, "a.tif", "a.png", "--uncertainty"]) == 0
    with tifffile.TiffFile("out/a_uncertainty.tif") as tiff:
        assert tiff.series[0].axes == "CYX"
        maps = tiff.asarray()
    assert maps.dtype == np.float32
    assert maps.shape == CHANNELS.shape
    assert (maps > 0).all()
    assert np.median(maps) < 10  # the noise; hardly trained, the network is far off at some pixels
    assert read_image("out/a.png_uncertainty.tif").shape == CHANNELS[0].shape
    # A folder of results holds no new inputs.
    capsys.readouterr()
    assert main([*DENOISE, "out", "--uncertainty"]) == 1
    assert "no image was found" in capsys.readouterr().err


def test_a_result_without_its_map_is_not_done(capsys):
    assert main([*DENOISE, "a.tif", "--uncertainty"]) == 0
    Path("out/a_uncertainty.tif").unlink()
    capsys.readouterr()
    assert main([*DENOISE, "a.tif", "--uncertainty"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "denoised"
    assert Path("out/a_uncertainty.tif").exists()
    assert main([*DENOISE, "a.tif", "--uncertainty"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "was done already"


def test_an_image_of_which_no_map_can_be_made_is_done_without_one(capsys):
    zarr.create_array("a.zarr", data=CHANNELS[:1], chunks=(1, 48, 40))
    command = [*DENOISE, "a.zarr", "--axes", "ZYX", "--uncertainty"]
    assert main(command) == 0
    capsys.readouterr()
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "was done already"


def test_a_file_of_the_user_is_not_replaced_by_a_map(capsys):
    Path("out").mkdir()
    write_image("out/a_uncertainty.tif", CHANNELS[0])
    before = Path("out/a_uncertainty.tif").read_bytes()
    assert main([*DENOISE, "a.tif", "--uncertainty"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert Path("out/a_uncertainty.tif").read_bytes() == before
    assert not Path("out/a_denoised.tif").exists()


def test_a_zarr_says_that_it_has_none(capsys):
    write_image("z.tif", CHANNELS[0])
    import zarr

    zarr.save("z.zarr", CHANNELS[0])
    assert main([*DENOISE, "z.zarr", "--axes", "YX", "--uncertainty"]) == 0
    assert any("no error map" in said for said in json.loads(capsys.readouterr().out)["messages"])


def test_ctrl_c_while_the_error_is_estimated_does_not_lose_the_result(monkeypatch, capsys):
    def interrupted(model, planes, *, stop, **more):
        stop.set()
        raise Stopped

    monkeypatch.setattr(Denoiser, "uncertainty", interrupted)
    write_image("one.tif", CHANNELS[0])
    assert main([*DENOISE, "one.tif", "--uncertainty"]) == 130
    assert read_image("out/one_denoised.tif").shape == CHANNELS[0].shape
    assert not Path("out/one_uncertainty.tif").exists()
    assert "Stopped early" in capsys.readouterr().err


def test_where_no_error_can_be_told_the_map_does_not_say_zero(monkeypatch, capsys):
    def refused(model, planes, **more):
        raise InputError("An error map is made for at most 17 megapixels at once.")

    monkeypatch.setattr(Denoiser, "uncertainty", refused)
    assert main([*DENOISE, "a.tif", "--uncertainty"]) == 0
    assert np.isnan(read_image("out/a_uncertainty.tif")).all()
    assert "megapixels" in capsys.readouterr().out
