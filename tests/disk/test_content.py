"""A file is told by what it holds, not by its name, its place or its times."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from napari_autostructn2v.disk import content, fingerprint


def unnoticed(path: Path, change: bytes, at: int = 0) -> None:
    """Write bytes into a file, and set its times back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        file.write(change)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_equal_bytes_count_as_one_file_and_other_bytes_of_equal_size_and_time_do_not(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.tif").write_bytes(b"0123456789")
    (tmp_path / "b/y.tif").write_bytes(b"0123456789")
    same = fingerprint(tmp_path / "a/x.tif")
    assert fingerprint(tmp_path / "b/x.tif") == fingerprint(tmp_path / "b/y.tif") == same
    unnoticed(tmp_path / "b/x.tif", b"!", 5)
    assert fingerprint(tmp_path / "b/x.tif") != same
    assert fingerprint(tmp_path / "gone") != same


@pytest.mark.parametrize("huge", [False, True])
def test_a_chunk_that_was_rewritten_in_place_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, huge: bool
) -> None:
    if huge:
        monkeypatch.setattr(content, "_WHOLE_BYTES", 10)
        monkeypatch.setattr(content, "_SAMPLES", 4)
    folder = tmp_path / "m.zarr"
    for number in range(16):
        (folder / "c" / str(number)).parent.mkdir(parents=True, exist_ok=True)
        (folder / "c" / str(number)).write_bytes(bytes([number]) * 100)
    (folder / "zarr.json").write_text("{}")
    first = fingerprint(folder)
    assert fingerprint(folder) == first
    (folder / "c/5").write_bytes(b"x" * 100)
    os.utime(folder / "c/5", ns=(0, 0))
    second = fingerprint(folder)
    assert second != first
    os.rename(folder / "c/5", folder / "c/50")
    assert fingerprint(folder) not in (first, second)
    if not huge:
        shutil.copytree(folder, tmp_path / "copy.zarr")
        assert fingerprint(tmp_path / "copy.zarr") == fingerprint(folder)


def test_of_a_huge_file_both_ends_and_samples_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "_WHOLE_BYTES", 1000)
    monkeypatch.setattr(content, "_SAMPLES", 8)
    monkeypatch.setattr(content, "_SAMPLE_BYTES", 10)
    path = tmp_path / "huge"
    path.write_bytes(bytes(10_000))
    known = {fingerprint(path)}
    for at in (0, 9_999, 9_990 * 3 // 7):
        unnoticed(path, b"!", at)
        known.add(fingerprint(path))
    os.utime(path, ns=(1, 1))
    known.add(fingerprint(path))
    assert len(known) == 5


@pytest.mark.timeout(20)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert fingerprint(tmp_path / "pipe") != fingerprint(tmp_path)
