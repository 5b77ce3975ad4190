"""A batch that one napari leaves unfinished, cancelled or killed, goes on in the next one and shows what it showed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_autostructn2v import write_image

PROGRAM = Path(__file__).parents[2] / "helpers" / "batch_session.py"
CELLS = np.random.default_rng(0).normal(1000, 100, (3, 48, 40)).astype(np.uint16)


def write_other_microscope(folder: Path) -> None:
    """Write a CZI where its library is there, otherwise an HDF5 file, otherwise one more TIFF."""
    try:
        from pylibCZIrw import czi
    except ImportError:
        pass
    else:
        with czi.create_czi(str(folder / "09 other.czi")) as document:
            document.write(CELLS[0][..., None], plane={"Z": 0, "C": 0, "T": 0})
            document.write_metadata("cells", scale_x=1e-7, scale_y=1e-7)
        return
    try:
        import h5py
    except ImportError:
        write_image(folder / "09 other.tif", CELLS[0])
        return
    with h5py.File(folder / "09 other.h5", "w") as document:
        document["cells"] = CELLS[0]
        for axis, letter in enumerate("yx"):
            document["cells"].dims[axis].label = letter


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Twelve files of six kinds: one of them broken, one in colours, movies, one of a microscope."""
    folder = tmp_path / "session"
    write_image(folder / "01 cells.png", CELLS[0])
    write_image(folder / "02 bytes.tif", (CELLS[1] // 8).astype(np.uint8))
    write_image(folder / "03 cells.tif", CELLS[1])
    write_image(folder / "04 float.tif", CELLS[2].astype(np.float32))
    tifffile.imwrite(folder / "05 movie.ome.tif", CELLS, metadata={"axes": "TYX"})
    group = zarr.open_group(str(folder / "06 movie.zarr"), mode="w")
    group.create_array("0", data=CELLS, chunks=(1, 48, 40))
    axes = [{"name": "t", "type": "time"}, *({"name": name, "type": "space"} for name in "yx")]
    levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1]}]}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": levels}]}
    (folder / "07 broken.tif").write_bytes((folder / "03 cells.tif").read_bytes()[:300])
    colours = np.stack([CELLS[n] // 8 for n in range(3)], axis=-1).astype(np.uint8)
    tifffile.imwrite(folder / "08 colours.tif", colours, photometric="rgb")
    write_other_microscope(folder)
    tifffile.imwrite(folder / "10 stack.tif", CELLS, metadata=None, photometric="minisblack")
    tifffile.imwrite(folder / "11 imagej.tif", CELLS[2], imagej=True, metadata={"axes": "YX"})
    tifffile.imwrite(folder / "12 channels.ome.tif", CELLS[:2], metadata={"axes": "CYX"})
    return folder


def run(folder: Path, log: Path, *how: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run a session; returns its exit code and what its rows have shown."""
    command = [sys.executable, str(PROGRAM), str(folder), str(log), *how]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert log.is_file(), done.stderr
    return done.returncode, json.loads(log.read_text(encoding="utf-8"))


def done_rows(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row | {"words": ""} for row in rows if row["state"] == "done"}


@pytest.mark.timeout(1200)  # three sessions of napari
@pytest.mark.usefixtures("make_napari_viewer")  # it brings the screen, and leaves the user's preferences alone
def test_a_batch_goes_on_after_napari_was_closed_and_after_it_was_killed(session: Path, tmp_path: Path) -> None:
    denoised = session / "denoised"
    code, first = run(session, tmp_path / "first.json", "cancel", "--after", "3")
    assert code == 0 and len(first["end"]) == 12
    earlier = done_rows(first["end"])
    assert len(earlier) >= 3
    for row in earlier.values():
        assert row["light"] and row["seconds"] and row["has_before"] and row["after"] and row["gain"] is not None, row
    times = {path.name: path.stat().st_mtime_ns for path in denoised.iterdir() if path.is_file()}

    code, second = run(session, tmp_path / "second.json", "kill", "--after", "6")
    assert code != 0, "it was killed"
    looked = done_rows(second["looked"])
    assert {name: looked.get(name) for name in earlier} == earlier, "what was done is shown as it was"
    assert set(looked) <= set(earlier) | {row["name"] for row in first["end"] if row["state"] == "running"}
    others = [row for row in second["looked"] if row["state"] != "done"]
    assert all(row["light"] is None and row["gain"] is None and row["after"] is None for row in others)

    killed = done_rows(second["end"])
    code, third = run(session, tmp_path / "third.json", "finish")
    assert code == 0
    looked = done_rows(third["looked"])
    assert {name: looked.get(name) for name in killed} == killed
    states = {row["name"]: row["state"] for row in third["end"]}
    assert states.pop("07 broken.tif") == "failed" and set(states.values()) == {"done"}
    for row in third["end"]:
        assert row["state"] == "failed" or (row["light"] and row["after"]), row
    for name, time in times.items():  # what was done is not made again
        if any(Path(row).stem.split(".")[0] == name.split("_denoised")[0] for row in earlier):
            assert (denoised / name).stat().st_mtime_ns == time, name
    assert not [path for path in denoised.iterdir() if path.name.startswith(".")], "nothing unfinished is left"
