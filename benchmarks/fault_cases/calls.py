"""Calls from Python with what they do not expect, and files that want more than they may."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr

from .case import IMAGE, MOVIE, Case
from .names import image
from .zarrs import movie


def cases() -> Iterator[Case]:
    yield from calls()
    yield from security()


def calls() -> Iterator[Case]:
    def case(name: str, act: Callable[[Any], Any], expected: str = "refused", slow: bool = False) -> Case:
        import napari_autostructn2v as package

        return Case("API", name, lambda: act(package), image, expected, trains=True, slow=slow)

    odd = {
        "None": None, "a number": 3, "a text": "a", "nothing": [], "a list": [1, 2], "ragged": [[1], [1, 2]],
        "bytes": b"x",
        "a dictionary": {}, "an object": object(), "a set": {1}, "texts": np.array([["a"]]),
        "objects": np.array([[{}]]),
        "one axis": np.ones(40), "no pixels": np.ones((0, 40)), "complex": IMAGE * 1j, "NaN": IMAGE * np.nan,
        "dates": IMAGE.astype("M8[s]"), "constant": np.ones((40, 40)), "small": np.ones((4, 4)),
        "masked": np.ma.masked_greater(IMAGE, 2000), "a function": len, "True": True,
    }  # fmt: skip
    for name, value in odd.items():
        trains = name == "masked"
        yield case(f"denoise({name})", lambda package, value=value: package.denoise(value),
                   "either" if trains else "refused", trains)  # fmt: skip
        if name not in ("constant", "small", "NaN", "complex"):
            yield case(
                f"write_image('x.tif', {name})", lambda package, value=value: package.write_image("x.tif", value)
            )
    for name in ("None", "a number", "nothing", "a dictionary", "an object", "bytes", "True", "a function"):
        value = odd[name]
        yield case(f"read_image({name})", lambda package, value=value: package.read_image(value))
        yield case(f"write_image({name}, image)", lambda package, value=value: package.write_image(value, IMAGE))
        yield case(f"BlindMask.load({name})", lambda package, value=value: package.BlindMask.load(value))
        yield case(f"Denoiser.load({name})", lambda package, value=value: package.Denoiser.load(value))
        yield case(f"Settings.load({name})", lambda package, value=value: package.Settings.load(value))
        if name != "None":
            yield case(f"denoise(image, {name})", lambda package, v=value: package.denoise(IMAGE, v), slow=True)
        yield case(f"BlindMask({name})", lambda package, value=value: package.BlindMask(value))
    for name in ("x.jpg", "x", "x.zarr", ".", "a.tif/x.tif", "x\0.tif", ""):
        yield case(f"write_image({name!r})", lambda package, name=name: package.write_image(name, IMAGE))
    for axes in (3, "YY", "ZYX", "Y X", b"YX", ["Y", "X"], ""):
        yield case(f"write_image(axes={axes!r})", lambda package, a=axes: package.write_image("x.tif", IMAGE, axes=a))
    yield case("write_image('x.png', floats)", lambda package: package.write_image("x.png", IMAGE * 1.0))
    yield case("write_image('x.png', movie)", lambda package: package.write_image("x.png", MOVIE))
    yield case("write_image('x.png')", lambda package: package.write_image("x.png", IMAGE), "ok")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, data: bytes) -> bytes:
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return start + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bomb() -> None:
    packer = zlib.compressobj(9)
    row = bytes(30_001)
    Path("a.png").write_bytes(
        png(30_000, 30_000, b"".join(packer.compress(row) for _ in range(30_000)) + packer.flush())
    )


def npy(shape: str, kind: str = "|u1") -> None:
    image()
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    Path("x.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\1\1\1")


def ome(document: str) -> Callable[[], None]:
    return lambda: tifffile.imwrite("a.tif", IMAGE, description=document, metadata=None, photometric="minisblack")


def named(name: str) -> str:
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYCZT" Type="uint16" SizeX="40" SizeY="48" SizeZ="1" SizeC="1" SizeT="2"><TiffData FirstT="1">'
        f'<UUID FileName="{name}">urn:uuid:1</UUID></TiffData></Pixels></Image></OME>'
    )


def security() -> Iterator[Case]:
    def case(name: str, act: list[str], prepare: Callable[[], Any], expected: str = "refused", **more: Any) -> Case:
        return Case("security", name, act, prepare, expected, **more)

    tif, mask = ["denoise", "a.tif", "-o", "out"], ["denoise", "a.tif", "-o", "out", "--mask", "x.npy"]
    yield case("PNG of 30,000 x 30,000", ["denoise", "a.png", "-o", "out"], bomb, slow=True)
    for side in (30_000, 2**31 - 1):
        claims = png(side, side, zlib.compress(bytes(1000)))
        act = ["denoise", "a.png", "-o", "out"]
        yield case(f"PNG claims {side}", act, lambda claims=claims: Path("a.png").write_bytes(claims))
    for shape in (
        "(1000000, 1000001)",
        "(1, 3000000000000)",
        "(-1, 3)",
        "(1e9, 3)",
        "3",
        "(" * 300,
        "__import__('os')",
    ):
        yield case(f".npy claims {shape[:20]}", mask, lambda shape=shape: npy(shape))
    yield case(".npy with objects", mask, lambda: npy("(1, 3)", "|O"))
    for name in ("/etc/passwd", "../b.tif", "/dev/zero", "pipe.tif", "..\\b.tif", "C:\\b.tif", "a.tif", "gone.tif"):

        def prepare(name: str = name) -> None:
            ome(named(name))()
            if name == "pipe.tif":
                os.mkfifo("pipe.tif")

        yield case(f"OME-XML names {name}", tif, prepare, "either")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    yield case("XML that grows", tif, ome(f'<!DOCTYPE OME [<!ENTITY e0 "x">{entities}]><OME>&e11;</OME>'), "either")
    yield case(
        "XML of a file", tif, ome('<!DOCTYPE OME [<!ENTITY e SYSTEM "file:///etc/passwd">]><OME>&e;</OME>'), "either"
    )
    for shape, chunks in (
        ((10**6, 10**3, 10**3), (1, 10**3, 10**3)),
        ((10**6, 10**6), (10**6, 10**6)),
        ((10**12,) * 2, (9, 9)),
    ):

        def huge(shape: tuple = shape, chunks: tuple = chunks) -> None:
            zarr.create_array(
                "m.zarr", shape=shape, chunks=chunks, dtype="u1", dimension_names=["t", "y", "x"][-len(shape) :]
            )

        yield case(f"zarr claims {shape}", ["denoise", "m.zarr", "-o", "out"], huge)
        yield case(f"predict-free look at {shape}", ["roi", "m.zarr"], huge)
    yield case("zarr linked out of its folder", ["denoise", "m.zarr", "-o", "out"], outside, "either")
    for key in ("lock", "run", "done"):

        def planted(key: str = key) -> None:
            movie()
            Path("precious").write_text("precious")
            Path("out/.m_denoised.zarr.part").mkdir(parents=True)
            os.symlink(os.path.abspath("precious"), f"out/.m_denoised.zarr.part/{key}")

        links = (f"out/.m_denoised.zarr.part/{key}",)
        yield case(f"{key} of unfinished work is a link", ["denoise", "m.zarr", "-o", "out"], planted, "either",
                   may_change=links)  # fmt: skip


def outside() -> None:
    movie()
    os.rename("m.zarr/c", "elsewhere")
    os.symlink(os.path.abspath("elsewhere"), "m.zarr/c")
