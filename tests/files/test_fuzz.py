"""Hundreds of damaged files: each is read or refused in a sentence, leaves nothing behind, and stops nobody else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_autostructn2v import pipeline
from napari_autostructn2v.cli import main
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import open_image, write_image
from napari_autostructn2v.files import tiff as files_tiff
from napari_autostructn2v.images import check_image

RNG = np.random.default_rng(0)
MOVIE = RNG.integers(0, 4000, (4, 32, 40)).astype(np.uint16)
TIFFS: dict[str, dict[str, Any]] = {
    "plain": {"metadata": None},
    "named": {"metadata": {"axes": "TYX"}},
    "zlib": {"compression": "zlib", "metadata": {"axes": "TYX"}},
    "tiled": {"tile": (16, 16), "metadata": {"axes": "TYX"}},
    "imagej": {"imagej": True, "metadata": {"axes": "TYX"}},
    "ome": {"ome": True, "metadata": {"axes": "TYX"}},
}


def flipped(content: bytes, seed: int, first: int = 4, last: int = 600) -> bytes:
    """Change a dozen bytes, most of them where a file describes itself."""
    rng = np.random.default_rng(seed)
    damaged = np.frombuffer(content, np.uint8).copy()
    places = rng.integers(first, max(first + 1, min(last, len(damaged))), 12)
    damaged[places] = rng.integers(0, 256, len(places))
    return damaged.tobytes()


def read_or_refused(path: Path) -> str:
    """Read a file to its end; returns the sentence if it is refused, which is the only error allowed."""
    try:
        with open_image(path) as image:
            for index in range(min(image.array.shape[0], 8)):
                plane = image.read(index)
                assert plane.shape == image.array.shape[1:] and plane.dtype == image.array.dtype
    except InputError as error:
        assert str(path) in str(error)
        return str(error)
    return ""


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "page by page"])
@pytest.mark.parametrize("kind", TIFFS)
def test_truncated_tiff_is_refused_wherever_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, at_once: bool
) -> None:
    if not at_once:
        monkeypatch.setattr(files_tiff, "_SMALL_BYTES", 0)
    tifffile.imwrite(tmp_path / "whole.tif", MOVIE, photometric="minisblack", **TIFFS[kind])
    content = (tmp_path / "whole.tif").read_bytes()
    # Versions of tifffile differ in what they write last, pixels or what describes them.
    for end in np.linspace(1, len(content) - 1000, 25).astype(int):
        (tmp_path / "cut.tif").write_bytes(content[:end])
        assert read_or_refused(tmp_path / "cut.tif"), f"{end} of {len(content)} bytes were read as a whole image"


@pytest.mark.parametrize("kind", TIFFS)
def test_flipped_bytes_in_a_tiff_are_no_crash(tmp_path: Path, kind: str) -> None:
    tifffile.imwrite(tmp_path / "whole.tif", MOVIE, photometric="minisblack", **TIFFS[kind])
    content = (tmp_path / "whole.tif").read_bytes()
    for seed in range(25):
        (tmp_path / "damaged.tif").write_bytes(flipped(content, seed))
        # Pixels carry no checksum in most kinds: some damage is read as an image, the rest is refused in a sentence.
        said = read_or_refused(tmp_path / "damaged.tif")
        assert not said or said.endswith((".", "?")), said


def test_a_tiff_that_claims_a_billion_tiles_is_refused_at_once(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "wide.tif", MOVIE[0], photometric="minisblack", tile=(16, 16), metadata=None)
    with tifffile.TiffFile(tmp_path / "wide.tif", mode="r+b") as file:
        file.pages[0].tags["ImageWidth"].overwrite(2_902_458_408)
    assert "is damaged: parts of the image" in read_or_refused(tmp_path / "wide.tif")


@dataclass(frozen=True)
class Damage:
    name: str
    apply: Callable[[Path, int], None]
    always_noticed: bool


def _chunks(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith((".z", "zarr.json")))


def _cut_chunk(path: Path, seed: int) -> None:
    files = _chunks(path)
    file = files[seed % len(files)]
    content = file.read_bytes()
    file.write_bytes(content[: 1 + (len(content) - 2) * (seed % 7) // 7])


def _flip_chunk(path: Path, seed: int) -> None:
    file = _chunks(path)[seed % len(_chunks(path))]
    file.write_bytes(flipped(file.read_bytes(), seed, 0))


def _metadata(path: Path) -> Path:
    return next(path / name for name in ("zarr.json", ".zarray") if (path / name).exists())


def _cut_metadata(path: Path, seed: int) -> None:
    file = _metadata(path)
    content = file.read_bytes()
    file.write_bytes(content[: (len(content) - 2) * (seed % 20) // 20])


def _flip_metadata(path: Path, seed: int) -> None:
    file = _metadata(path)
    file.write_bytes(flipped(file.read_bytes(), seed, 0))


DAMAGES = [
    Damage("cut chunk", _cut_chunk, True),
    Damage("flipped chunk", _flip_chunk, False),
    Damage("cut metadata", _cut_metadata, True),
    Damage("flipped metadata", _flip_metadata, False),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.filterwarnings("ignore")  # of zarr, about what it makes of odd metadata
def test_damaged_zarr(tmp_path: Path, version: int, damage: Damage) -> None:
    zarr.create_array(tmp_path / "whole.zarr", data=MOVIE, chunks=(1, 32, 40), zarr_format=version)
    for seed in range(20):
        shutil.copytree(tmp_path / "whole.zarr", tmp_path / "m.zarr")
        damage.apply(tmp_path / "m.zarr", seed)
        said = read_or_refused(tmp_path / "m.zarr")
        assert said or not damage.always_noticed
        shutil.rmtree(tmp_path / "m.zarr")


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replace the run by one that halves the image."""

    def denoise(image: Any, *_: Any, **__: Any) -> Any:
        image = check_image(image)
        mask = SimpleNamespace(pattern=np.ones((1, 1), bool), is_structured=False, reason="")
        report = SimpleNamespace(verdict="", messages=(), stopped=False)
        return SimpleNamespace(denoised=image // 2, mask=mask, report=report, denoiser=None)

    monkeypatch.setattr(pipeline, "denoise", denoise)
    monkeypatch.setattr("napari_autostructn2v.batch.file_job.result_values", lambda _: {"verdict": ""})
    yield


def test_the_rest_of_a_batch_is_done_and_nothing_partial_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, halved: None, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        write_image(f"in/good{number}.tif", MOVIE, axes="TYX")
    content = Path("in/good0.tif").read_bytes()
    for number, end in enumerate(np.linspace(1, len(content) - 1000, 30).astype(int)):
        Path(f"in/bad{number:02}.tif").write_bytes(content[:end])
    for number in range(8):
        zarr.create_array(f"in/bad{number}.zarr", data=MOVIE, chunks=(1, 32, 40), dimension_names=["t", "y", "x"])
        _cut_chunk(Path(f"in/bad{number}.zarr"), number)
    assert main(["denoise", "in", "-o", "out", "--json"]) == 1
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(reports) == 41
    for report in reports:
        assert report["ok"] == ("good" in report["input"]), report
        assert report["ok"] or (report["input"] in report["error"] and "unexpected" not in report["error"])
    assert sorted(os.listdir("out")) == [f"good{number}_denoised.tif" for number in range(3)]
