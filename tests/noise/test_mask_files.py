"""A mask is read from a small regular file only, and no more memory is asked for than the file has bytes."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.noise import BlindMask

pytestmark = pytest.mark.timeout(30)


def npy(shape: tuple[int, ...], content: bytes = b"\1\1\1", kind: str = "|u1") -> bytes:
    header = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


@pytest.mark.parametrize(
    "content",
    [
        npy((1_000_000, 1_000_001)),
        npy((1, 3), b"\1\1"),
        npy((1, 3), b"\1\1\1\1"),
        npy((1, -3)),
        npy((1, 3), kind="|O"),
        npy((1, 3))[:9],
        npy((1, 3)).replace(b"\x01\x00", b"\x09\x00", 1),
        b"\x93NUMPY\x01\x00\x10\x00((((((((((((((((",
        b"PK\3\4 an npz",
        b"text",
    ],
)
def test_what_a_header_claims_is_compared_with_the_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mask.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"mask\.npy"):
        BlindMask.load(tmp_path / "mask.npy")


def test_masks_of_any_order_and_type_are_read(tmp_path: Path) -> None:
    pattern = np.eye(5)[:, :3] > 0
    for number, array in enumerate((pattern, pattern.astype(">f4"), np.asfortranarray(pattern.astype(float)))):
        np.save(tmp_path / f"{number}.npy", array)
        expected = pattern.copy()
        expected[2, 1] = True
        np.testing.assert_array_equal(BlindMask.load(tmp_path / f"{number}.npy").pattern, expected)


def test_a_large_file_and_a_pipe_are_no_masks(tmp_path: Path) -> None:
    with (tmp_path / "large.npy").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(InputError, match="a blind mask is not that large"):
        BlindMask.load(tmp_path / "large.npy")
    with pytest.raises(InputError, match="no file"):
        BlindMask.load(tmp_path / "gone.npy")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.npy")
        with pytest.raises(InputError, match="a pipe, not a file"):
            BlindMask.load(tmp_path / "pipe.npy")


def test_a_mask_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mask.npy"
    BlindMask(np.ones((1, 3))).save(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        BlindMask(np.ones((3, 3))).save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["mask.npy"]
    assert np.load(io.BytesIO(before)).shape == (1, 3)
