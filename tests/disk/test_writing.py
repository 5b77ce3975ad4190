"""A written file is whole or absent, and what a killed process has left does not stay for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from napari_autostructn2v.disk import atomic_path, check_writable
from napari_autostructn2v.errors import InputError

KILLED = """
import os, signal, sys
from napari_autostructn2v.disk import atomic_path
with atomic_path(sys.argv[1]) as part:
    part.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def left_by_a_killed_process(folder: Path) -> Path:
    """Kill a process in the middle of a write, and return what it has left."""
    done = subprocess.run([sys.executable, "-c", KILLED, folder / "killed.tif"], check=False)
    assert done.returncode == -signal.SIGKILL
    (part,) = folder.glob(".*.part")
    return part


@pytest.mark.skipif(sys.platform == "win32", reason="nothing can be killed like this there")
def test_what_a_killed_process_has_left_goes_with_the_next_write(tmp_path: Path) -> None:
    left_by_a_killed_process(tmp_path)
    with atomic_path(tmp_path / "next.tif") as part:
        part.write_text("new")
    assert os.listdir(tmp_path) == ["next.tif"]


@pytest.mark.skipif(sys.platform == "win32", reason="nothing can be killed like this there")
def test_files_that_others_may_still_write_stay(tmp_path: Path) -> None:
    abandoned = left_by_a_killed_process(tmp_path)
    machine, process, random = abandoned.name[1:].removesuffix(".part").split("-")
    mine = {
        "of a living process": f".{machine}-{os.getpid()}-{random}.part",
        "of another machine": f".{'0' * 12}-{process}-{random}.part",
        "a folder": f".{machine}-{process}-{'0' * 16}.part",
        "of another program": ".download.part",
        "the user's": "notes.part",
    }
    for what, name in mine.items():
        (tmp_path / name).mkdir() if what == "a folder" else (tmp_path / name).write_text(what)
    link = tmp_path / f".{machine}-{process}-{'1' * 16}.part"
    link.symlink_to("notes.part")
    with atomic_path(tmp_path / "next.tif") as part:
        part.write_text("new")
    assert sorted(os.listdir(tmp_path)) == sorted([*mine.values(), link.name, "next.tif"])


def test_what_nobody_has_touched_for_a_day_is_given_up(tmp_path: Path) -> None:
    old, young = (tmp_path / f".{'0' * 12}-1-{number:016}.part" for number in range(2))
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (0, os.stat(young).st_mtime - 25 * 3600))
    with atomic_path(tmp_path / "next.tif") as part:
        part.write_text("new")
    assert sorted(os.listdir(tmp_path)) == sorted([young.name, "next.tif"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for writing in (lambda: check_writable(tmp_path / "pipe"), lambda: atomic_path(tmp_path / "pipe").__enter__()):
        with pytest.raises(InputError, match="a pipe, not a file"):
            writing()
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "raw.tif").write_text("precious")
    (tmp_path / "out.tif").symlink_to("raw.tif")
    with atomic_path(tmp_path / "out.tif") as part:
        part.write_text("new")
    assert (tmp_path / "raw.tif").read_text() == "precious"
    assert (tmp_path / "out.tif").read_text() == "new"
