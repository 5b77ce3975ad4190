"""A file of a command has one use, whatever names and links lead to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_autostructn2v.disk import Places
from napari_autostructn2v.errors import InputError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("data/movie.zarr").mkdir(parents=True)
    Path("data/a.tif").write_text("pixels")
    return tmp_path


@pytest.fixture
def places(folder: Path) -> Places:
    places = Places()
    places.add(Path("data/a.tif"), "an input")
    places.add(Path("data/movie.zarr"), "an input", folder=True)
    places.add(Path("out/a_denoised.tif"), "a result")
    return places


@pytest.mark.parametrize(
    "name", ["data/a.tif", "data/../data/a.tif", "out/a_denoised.tif", "data/movie.zarr/log", "data", "data/movie.zarr"]
)
def test_what_is_used_already_is_not_written(places: Places, name: str) -> None:
    for path in (Path(name), Path(name).absolute()):
        with pytest.raises(InputError, match=r"choose another (name or )?folder"):
            places.check(path, "the log")


def test_what_is_used_as_nothing_else_is_written(places: Places) -> None:
    places.check(Path("out/a_denoised.tif"), "a result")
    places.check(Path("data/b.tif"), "a result")
    places.check(Path("out/log"), "the log")


def test_links_of_both_kinds_lead_to_the_same_file(places: Places) -> None:
    os.symlink("data", "linked")
    os.symlink("a.tif", "data/soft.tif")
    os.link("data/a.tif", "hard.tif")
    for name in ("linked/a.tif", "data/soft.tif", "hard.tif", "linked/movie.zarr/x"):
        with pytest.raises(InputError, match="an input"):
            places.check(Path(name), "the trained model")


def test_a_link_that_is_read_stays(folder: Path) -> None:
    os.symlink("a.tif", "data/soft.tif")
    places = Places()
    places.add(Path("data/soft.tif"), "an input")
    with pytest.raises(InputError, match="an input"):
        places.check(Path("data/soft.tif"), "a result")
