"""Zarr folders whose descriptions are odd, or do not agree with what is stored."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from .case import MOVIE, Case, held

COMMAND = ["denoise", "m.zarr", "-o", "out"]


def movie(version: int = 3, **more: Any) -> None:
    options: dict[str, Any] = {"data": MOVIE, "chunks": (1, 48, 40), "zarr_format": version} | more
    if version == 3:
        options.setdefault("dimension_names", ["t", "y", "x"])
    array = zarr.create_array("m.zarr", **options)
    if version == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = ["t", "y", "x"]


def ome(levels: list[Any], version: int = 2, axes: str = "tyx") -> Callable[[], None]:
    def prepare() -> None:
        named = [{"name": axis} for axis in axes]
        multiscales = [{"axes": named, "datasets": [{"path": level} for level in levels]}]
        attributes = {"multiscales": multiscales} if version == 2 else {"ome": {"multiscales": multiscales}}
        group = zarr.create_group("m.zarr", zarr_format=version, attributes=attributes)
        for number in range(2):
            data = MOVIE[:, :: 2**number, :: 2**number]
            group.create_array(str(number), shape=data.shape, dtype=data.dtype, chunks=(1, 24, 20))[...] = data

    return prepare


def described(version: int, **changes: Any) -> Callable[[], None]:
    """A movie some of whose metadata are replaced."""

    def prepare() -> None:
        movie(version)
        path = Path("m.zarr", "zarr.json" if version == 3 else ".zarray")
        known = json.loads(path.read_text())
        for key, value in changes.items():
            if key == "chunks" and version == 3:
                known["chunk_grid"]["configuration"]["chunk_shape"] = value
            else:
                known[key] = value
        path.write_text(json.dumps(known))

    return prepare


def written(text: str, name: str = "zarr.json") -> Callable[[], None]:
    def prepare() -> None:
        Path("m.zarr").mkdir()
        Path("m.zarr", name).write_text(text)

    return prepare


def after(first: Callable[[], Any], then: Callable[[], Any]) -> Callable[[], None]:
    def prepare() -> None:
        first()
        then()

    return prepare


def fifo_chunk() -> None:
    Path("m.zarr/c/1/0/0").unlink()
    os.mkfifo("m.zarr/c/1/0/0")


def folder_chunk() -> None:
    Path("m.zarr/c/1/0/0").unlink()
    Path("m.zarr/c/1/0/0").mkdir()


def cases() -> Iterator[Case]:
    def case(name: str, prepare: Callable[[], Any], expected: str = "refused", **more: Any) -> Case:
        return Case("zarr", name, more.pop("act", COMMAND), prepare, expected, **more)

    whole = {"expected": "ok", "check": held("out/m_denoised.zarr", (4, 48, 40), np.uint16)}
    for version in (2, 3):
        yield case(f"v{version} as it should be", lambda version=version: movie(version), **whole)
        for key, values in {
            "shape": ([10**6, 10**6, 1], [-1, 48, 40], [], [4, 48], ["4", 48, 40], None, [0, 48, 40], [4, 48, 10**12]),
            "chunks": ([0, 48, 40], [1, 48], [-1, 48, 40], None, [10**6, 10**6, 10**6]),
            "zarr_format": (1, 9, "3", None),
        }.items():
            for value in values:
                yield case(f"v{version} {key} {value}", described(version, **{key: value}))
        yield case(f"v{version} two levels", ome(["0", "1"], version), **whole)
        yield case(f"v{version} level missing", ome(["0", "5"], version), **whole)
        yield case(f"v{version} full size missing", ome(["7", "0"], version))
        yield case(f"v{version} level elsewhere", ome(["../x", "0"], version))
        yield case(f"v{version} absolute level", ome(["/etc", "0"], version))
        yield case(f"v{version} level no name", ome([3], version))
        yield case(f"v{version} no levels", ome([], version))
        yield case(f"v{version} axes too many", ome(["0"], version, "tczyx"))
        yield case(f"v{version} axes twice", ome(["0"], version, "yyx"))
    yield case("data_type odd", described(3, data_type="string"))
    yield case("dtype odd", described(2, dtype="<M8[s]"))
    yield case("codec unknown", described(3, codecs=[{"name": "magic"}]))
    yield case("codecs none", described(3, codecs=[]))
    yield case("compressor unknown", described(2, compressor={"id": "magic"}))
    yield case("filter unknown", described(2, filters=[{"id": "magic"}]))
    yield case("node type odd", described(3, node_type="tree"))
    for text in ("", "{}", "[]", "null", "{", "\0", '{"zarr_format": 3}', "9" * 5000, "[" * 100_000):
        yield case(f"zarr.json is {text[:20]!r}", written(text))
        yield case(f".zarray is {text[:20]!r}", written(text, ".zarray"))
    yield case("chunk is a pipe", after(movie, fifo_chunk))
    yield case("chunk is a folder", after(movie, folder_chunk), "either")
    yield case("chunk missing", after(movie, lambda: Path("m.zarr/c/1/0/0").unlink()), **whole)
    yield case("all chunks missing", after(movie, lambda: shutil.rmtree("m.zarr/c")))
    yield case("description missing", after(movie, lambda: Path("m.zarr/zarr.json").unlink()))
    yield case("empty group", lambda: zarr.create_group("m.zarr"))
    yield case(
        "plate", lambda: zarr.create_group("m.zarr", attributes={"ome": {"plate": {"wells": [{"path": "A/1"}]}}})
    )
    yield case("well", lambda: zarr.create_group("m.zarr", attributes={"ome": {"well": {}}}))
    for odd in (3, [], [{}], [{"datasets": 3}], {"a": 1}):
        yield case(
            f"multiscales {odd}", lambda odd=odd: zarr.create_group("m.zarr", attributes={"ome": {"multiscales": odd}})
        )
    yield case("into itself", movie, act=["denoise", "m.zarr", "-o", "m.zarr"])
    yield case("an array of another", movie, act=["denoise", "m.zarr/c", "-o", "out"])
