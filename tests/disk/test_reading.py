"""Only regular files are opened, and no more of them is read than makes sense."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from napari_autostructn2v.disk import as_path, check_regular, read_bytes, read_start
from napari_autostructn2v.errors import InputError


@pytest.mark.parametrize("value", [None, 3, b"image.tif", ["image.tif"], "", " ", "a\0b", 1.5, object()])
def test_what_names_no_file_is_refused_in_a_sentence(value: Any) -> None:
    for function in (as_path, check_regular, read_start):
        with pytest.raises(InputError) as caught:
            function(value)
        assert "name of a file" in str(caught.value)
        assert str(caught.value).endswith(".")


@pytest.mark.timeout(20)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in ((tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "a device")):
        for read in (read_start, lambda path: read_bytes(path, 10, "a mask")):
            with pytest.raises(InputError, match=f"is {what}, not a file"):
                read(path)


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10**12)  # takes no room on the disk
    with pytest.raises(InputError, match=r"larger than 1,000 bytes; a mask is not that large"):
        read_bytes(tmp_path / "large", 1000, "a mask")
    (tmp_path / "small").write_bytes(b"x" * 1000)
    assert read_bytes(tmp_path / "small", 1000, "a mask") == b"x" * 1000
