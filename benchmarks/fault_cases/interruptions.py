"""Runs that are killed, disks that are full, and files that change: what is there afterwards is whole or absent."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from .case import IMAGE, MOVIE, Case
from .names import image
from .zarrs import movie

WRITE = """
import os, signal, sys, numpy as np
from napari_autostructn2v import files
from napari_autostructn2v.files import tiff
import tifffile
whole = tifffile.imwrite
def killed(path, data, **options):
    whole(path, data, **options)
    with open(path, "r+b") as file:
        file.truncate(100)
    os.kill(os.getpid(), int(sys.argv[1]))
tifffile.imwrite = killed
files.write_image("out/a.tif", np.zeros((40, 40), np.uint8))
"""


def killed_write() -> None:
    """A write that is killed in the middle leaves no file of the name, and the next one takes the rest away."""
    from napari_autostructn2v.files import read_image, write_image

    done = subprocess.run([sys.executable, "-c", WRITE, str(int(signal.SIGKILL))], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not os.path.exists("out/a.tif")
    write_image("out/a.tif", IMAGE)
    assert os.listdir("out") == ["a.tif"], os.listdir("out")
    np.testing.assert_array_equal(read_image("out/a.tif"), IMAGE)


def full_disk() -> None:
    from napari_autostructn2v.cli import main

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    image("a.tif")
    with mock.patch("tifffile.imwrite", full), mock.patch("sys.stderr"):
        assert main(["denoise", "a.tif", "-o", "out"]) == 1
    assert os.listdir("out") == []


def cut_result(name: str) -> Callable[[], None]:
    def act() -> None:
        from napari_autostructn2v.cli import main
        from napari_autostructn2v.files import read_image

        movie() if name == "m.zarr" else image(name)
        command = ["denoise", name, "-o", "out", "--quiet"]
        assert main(command) == 0
        (result,) = Path("out").iterdir()
        whole = read_image(result)
        file = result / "c/2/0/0" if result.is_dir() else result
        content = file.read_bytes()
        for size in (len(content) - 1, len(content) * 3 // 4):
            file.write_bytes(content[:size])
            assert main(command) == 0
            np.testing.assert_array_equal(read_image(result), whole)

    return act


def new_pixels(name: str) -> Callable[[], None]:
    """Pixels that are new in an old file, with the size and the times of the old ones."""

    def act() -> None:
        import zarr

        from napari_autostructn2v.cli import main

        movie() if name == "m.zarr" else image(name)
        assert main(["denoise", name, "-o", "out", "--quiet"]) == 0
        file = Path("m.zarr/c/2/0/0") if name == "m.zarr" else Path(name)
        before = file.stat()
        if name == "m.zarr":
            zarr.open_array(name, mode="r+")[2] = MOVIE[2][::-1]
        else:
            content = bytearray(file.read_bytes())
            content[-2] ^= 1
            file.write_bytes(content)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        with mock.patch("sys.stderr"):
            assert main(["denoise", name, "-o", "out", "--quiet"]) == 1

    return act


def killed_run(number: int) -> Callable[[], None]:
    """A run of many blocks that is killed is gone on with, or begun anew, and ends as if it had not been."""

    def act() -> None:
        from napari_autostructn2v.files import read_image
        from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings

        tiny = StageSettings(
            roi=RoiSettings(use_roi=False), num_epochs=1, patches_per_image=8, batch_size=4, crop_size=32, features=2,
            num_layers=1,
        )  # fmt: skip
        Settings(stages="1", stage1=tiny, stage2=tiny).save("tiny.toml")
        movie(data=np.tile(MOVIE, (12, 1, 1)))
        command = [sys.executable, "-m", "napari_autostructn2v", "denoise", "m.zarr", "--settings", "tiny.toml", "-o"]
        process = subprocess.Popen([*command, "out"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        done = Path("out/.m_denoised.zarr.part/done")
        while process.poll() is None and not (done.exists() and done.stat().st_size > 20):
            time.sleep(0.01)
        process.send_signal(number)
        process.wait()
        assert process.returncode == 0 or not os.path.exists("out/m_denoised.zarr")
        for folder in ("out", "fresh"):
            subprocess.run([*command, folder], check=True, capture_output=True)
        assert os.listdir("out") == ["m_denoised.zarr"]
        np.testing.assert_array_equal(read_image("out/m_denoised.zarr"), read_image("fresh/m_denoised.zarr"))

    return act


def cases() -> Iterator[Case]:
    def case(name: str, act: Callable[[], Any], **more: Any) -> Case:
        return Case("interruptions", name, act, expected="ok", **more)

    yield case("kill -9 while a TIFF is written", killed_write)
    yield case("full disk", full_disk)
    for name in ("a.tif", "m.zarr"):
        yield case(f"{name}: result cut short", cut_result(name))
        yield case(f"{name}: new pixels in an old file", new_pixels(name))
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        yield case(f"{number.name} among the blocks", killed_run(number), trains=True, slow=True)
