"""Files that are cut, changed, empty, or something else than their name says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import tifffile

from .case import IMAGE, MOVIE, Case
from .zarrs import movie

TIFFS: dict[str, dict[str, Any]] = {
    "plain": {"metadata": {"axes": "TYX"}},
    "zlib": {"compression": "zlib", "metadata": {"axes": "TYX"}},
    "tiled": {"tile": (16, 16), "metadata": {"axes": "TYX"}},
    "imagej": {"imagej": True, "metadata": {"axes": "TYX"}},
    "ome": {"ome": True, "metadata": {"axes": "TYX"}},
    "bigtiff": {"bigtiff": True, "metadata": {"axes": "TYX"}},
}


def cut(write: Callable[[], Any], part: float) -> Callable[[], None]:
    """Write a.tif (or .png) and cut it."""

    def prepare() -> None:
        write()
        (path,) = Path().glob("a.*")
        content = path.read_bytes()
        path.write_bytes(content[: max(1, int((len(content) - 500) * part))])

    return prepare


def flipped(write: Callable[[], Any], seed: int) -> Callable[[], None]:
    """Write a.tif (or .png) and change a dozen bytes where it describes itself."""

    def prepare() -> None:
        write()
        (path,) = Path().glob("a.*")
        rng = np.random.default_rng(seed)
        content = np.frombuffer(path.read_bytes(), np.uint8).copy()
        places = rng.integers(4, min(600, len(content)), 12)
        content[places] = rng.integers(0, 256, 12)
        path.write_bytes(content.tobytes())

    return prepare


def tiff(kind: str) -> Callable[[], None]:
    return lambda: tifffile.imwrite("a.tif", MOVIE, photometric="minisblack", **TIFFS[kind])


def cases() -> Iterator[Case]:
    for kind in TIFFS:
        for part in np.linspace(0, 1, 8):
            act = ["denoise", "a.tif", "-o", "out"]
            yield Case("broken files", f"{kind} TIFF cut at {part:.0%}", act, cut(tiff(kind), part),
                       "either" if part == 1 else "refused")  # fmt: skip
        for seed in range(5):
            act = ["denoise", "a.tif", "-o", "out", "--axes", "TYX"]
            yield Case("broken files", f"{kind} TIFF flipped {seed}", act, flipped(tiff(kind), seed), "either")
    for part in np.linspace(0, 1, 6):
        act = ["denoise", "a.png", "-o", "out"]
        yield Case("broken files", f"PNG cut at {part:.0%}", act, cut(lambda: imageio.imwrite("a.png", IMAGE), part))
    for seed in range(6):
        act = ["denoise", "a.png", "-o", "out"]
        write = flipped(lambda: imageio.imwrite("a.png", IMAGE), seed)
        yield Case("broken files", f"PNG flipped {seed}", act, write, "either")
    for seed in range(8):
        yield Case("broken files", f"zarr chunk cut {seed}", ["denoise", "m.zarr", "-o", "out"], chunk(seed))
    starts = {
        "empty": b"", "one byte": b"I", "a text": b"Hello", "TIFF start": b"II*\0", "TIFF no page": b"II*\0\0\0\0\0",
        "TIFF loop": b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "PNG start": b"\x89PNG\r\n\x1a\n", "zip": b"PK\3\4" + bytes(40),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(60), "JPEG": b"\xff\xd8\xff\xe0" + bytes(60), "noise": bytes(range(256)),
        "BigTIFF start": b"II+\0\x08\0\0\0" + b"\xff" * 8, "gzip": b"\x1f\x8b" + bytes(30), "zeros": bytes(5000),
    }  # fmt: skip
    for name, start in starts.items():
        for suffix in ("tif", "png"):
            act = ["denoise", f"a.{suffix}", "-o", "out"]

            def prepare(suffix: str = suffix, start: bytes = start) -> None:
                Path(f"a.{suffix}").write_bytes(start)

            yield Case("broken files", f"{name} named .{suffix}", act, prepare)
    for part in (0.3, 0.9):
        act = ["roi", "a.tif"]
        yield Case("broken files", f"roi of a TIFF cut at {part:.0%}", act, cut(tiff("plain"), part))


def chunk(seed: int) -> Callable[[], None]:
    def prepare() -> None:
        movie()
        files = sorted(path for path in Path("m.zarr/c").rglob("*") if path.is_file())
        path = files[seed % len(files)]
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * (seed + 1) // 10])

    return prepare
