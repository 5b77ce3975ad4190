"""Pixels of every type and span, and every kind of file that is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import tifffile
import zarr
from imagecodecs import png_encode

from .case import IMAGE, MOVIE, Case, held

COMMAND = ["denoise", "a.tif", "-o", "out"]


def saved(image: np.ndarray, **more: Any) -> Callable[[], None]:
    options = {"photometric": "minisblack"} | more
    return lambda: tifffile.imwrite("a.tif", image, **options)


def with_pixel(value: float, dtype: Any = np.float32) -> np.ndarray:
    image = IMAGE.astype(dtype)
    image[3, 4] = value
    return image


def cases() -> Iterator[Case]:
    def value(name: str, image: np.ndarray, expected: str) -> Case:
        return Case(
            "values", name, COMMAND, saved(image), expected, held("out/a_denoised.tif", image.shape, image.dtype)
        )

    for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f4"):
        yield value(f"pixels of {kind}", (IMAGE % 100).astype(kind), "ok")
    for kind in ("c8", "c16"):
        yield value(f"pixels of {kind}", IMAGE.astype(kind), "refused")
    yield value("bits", IMAGE > 2000, "either")
    for odd in (np.nan, np.inf, -np.inf, 1e38):
        yield value(f"a pixel of {odd}", with_pixel(odd), "either" if odd == 1e38 else "refused")
    for odd in (1e200, 1e308, 1e-320):
        yield value(f"a pixel of {odd} in f8", with_pixel(odd, np.float64), "either")
    for constant in (0, 7, 65535):
        yield value(f"constant {constant}", np.full((48, 40), constant, np.uint16), "refused")
    yield value("all NaN", np.full((48, 40), np.nan, np.float32), "refused")
    yield value("denormal", (IMAGE * 1e-42).astype(np.float32), "either")
    yield value("negative", -IMAGE.astype(np.float32), "ok")
    yield value("one pixel differs", np.eye(48, 40, 39, dtype=np.uint8), "ok")
    for shape in ((1, 1), (1, 500), (500, 1), (15, 40), (40, 15), (16, 16), (17, 999)):
        yield value(f"{shape[0]} x {shape[1]}", np.resize(IMAGE, shape), "ok" if min(shape) >= 16 else "refused")
    yield from formats()


def formats() -> Iterator[Case]:
    def form(name: str, path: str, write: Callable[[], Any], expected: str = "ok", **more: Any) -> Case:
        result = more.pop("result", "out/" + path.replace(".", "_denoised.", 1))
        check = held(result, more.pop("shape", (48, 40)), more.pop("dtype", np.uint16))
        return Case("formats", name, ["denoise", path, "-o", "out", *more.pop("more", [])], write, expected, check)

    for kind, options in {
        "plain": {}, "LZW": {"compression": "lzw"}, "deflate": {"compression": "zlib"}, "zstd": {"compression": "zstd"},
        "deflate with predictor": {"compression": "zlib", "predictor": True}, "tiles": {"tile": (16, 16)},
        "strips": {"rowsperstrip": 3}, "BigTIFF": {"bigtiff": True}, "big-endian": {"byteorder": ">"},
        "ImageJ": {"imagej": True}, "OME": {"ome": True}, "white at zero": {"photometric": "miniswhite"},
        "resolution 0": {"resolution": (0, 0)}, "resolution huge": {"resolution": (4e9, 1e-9)},
        "LZMA": {"compression": "lzma"}, "JPEG 2000": {"compression": "jpeg2000"},
        "packbits": {"compression": "packbits"},
    }.items():  # fmt: skip
        write = saved(IMAGE, **options)
        yield form(f"TIFF {kind}", "a.tif", write, "ok")
    yield form("RGB TIFF", "a.tif", saved(np.stack([IMAGE] * 3, 2), photometric="rgb"), shape=(48, 40, 3))
    planar = saved(np.stack([IMAGE] * 3), photometric="rgb", planarconfig="separate")
    yield form("RGB TIFF by planes", "a.tif", planar, shape=(3, 48, 40))
    yield form("palette TIFF", "a.tif", palette, "either", dtype=None, shape=None)
    for dtype in (np.uint8, np.uint16):
        image = (IMAGE >> 5).astype(dtype)
        yield form(f"PNG {dtype.__name__}", "a.png", lambda image=image: imageio.imwrite("a.png", image), dtype=dtype)
        rgb = np.stack([image] * 3, 2)

        def write_rgb(rgb: np.ndarray = rgb) -> None:
            Path("a.png").write_bytes(png_encode(rgb))

        yield form(f"PNG RGB {dtype.__name__}", "a.png", write_rgb, dtype=dtype, shape=(48, 40, 3))
    yield form("PNG named .tif", "a.tif", lambda: renamed("a.png", "a.tif"))
    yield form("TIFF named .png", "a.png", lambda: renamed("a.tif", "a.png"))
    yield form("TIFF of floats named .png", "a.png", lambda: renamed("a.tif", "a.png", IMAGE.astype("f4")), "refused")
    yield form("TIFF without a suffix", "a", lambda: renamed("a.tif", "a"), result="out/a_denoised.tif")
    yield form("TIFF named .lsm", "a.lsm", lambda: renamed("a.tif", "a.lsm"), result="out/a_denoised.tif")
    for axes in ("TYX", "ZYX", "CYX"):
        write = saved(MOVIE, metadata={"axes": axes})
        yield form(f"axes {axes}", "a.tif", write, shape=(4, 48, 40))
    yield form("axes not said", "a.tif", saved(MOVIE), "refused")
    yield form("axes said", "a.tif", saved(MOVIE), shape=(4, 48, 40), more=["--axes", "tyx"])
    for axes in ("Y", "YXT", "YY", "", "T Y X", "TZYX", "ΤYX", "TYX" * 50):
        yield form(f"axes {axes[:9]!r}", "a.tif", saved(MOVIE), "either", more=["--axes", axes], shape=(4, 48, 40))
    for version in (2, 3):

        def write(version: int = version) -> None:
            array = zarr.create_array("a.zarr", data=IMAGE, chunks=(16, 16), zarr_format=version)
            array.attrs["_ARRAY_DIMENSIONS"] = ["y", "x"]

        yield form(f"zarr v{version} in tiles", "a.zarr", write, more=["--axes", "YX"])


def palette() -> None:
    colours = np.zeros((3, 256), np.uint16)
    tifffile.imwrite("a.tif", (IMAGE >> 5).astype(np.uint8), photometric="palette", colormap=colours)


def renamed(first: str, then: str, image: np.ndarray = IMAGE) -> None:
    if first.endswith(".png"):
        imageio.imwrite(first, image)
    else:
        tifffile.imwrite(first, image, photometric="minisblack")
    os.rename(first, then)
    assert Path(then).exists()
