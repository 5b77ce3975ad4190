"""What the metadata of an image name stays in the folder of that image, and claims no more than there is."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from zarr.core.buffer import default_buffer_prototype

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import add_levels, create_like, open_image, read_image
from napari_autostructn2v.files.plain_store import PlainStore

IMAGE = np.random.default_rng(0).integers(0, 4000, (32, 40)).astype(np.uint16)

pytestmark = pytest.mark.timeout(60)


def ome_zarr(path: Path, names: list[Any], version: int = 2) -> Path:
    """Write an OME-Zarr with levels of 32, 16 and 8 rows, and metadata that name whatever is asked for."""
    axes = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    multiscales = [{"axes": axes, "datasets": [{"path": name} for name in names]}]
    attributes = {"multiscales": multiscales} if version == 2 else {"ome": {"multiscales": multiscales}}
    group = zarr.create_group(path, zarr_format=version, attributes=attributes)
    for level in range(3):
        data = IMAGE[:: 2**level, :: 2**level]
        group.create_array(str(level), shape=data.shape, dtype=data.dtype, chunks=(8, 10))[...] = data
    return path


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    "name", ["{other}", "../other.zarr", "0/../../other.zarr", "..\\other.zarr", "C:/other", "", 3]
)
def test_no_level_of_an_ome_zarr_lies_elsewhere(tmp_path: Path, name: Any, version: int) -> None:
    other = tmp_path / "other.zarr"
    zarr.create_array(other, data=IMAGE, chunks=(8, 10))
    named = name.format(other=other) if isinstance(name, str) else name
    for names in ([named], ["0", named]):
        path = ome_zarr(tmp_path / f"{len(names)}.zarr", names, version)
        with pytest.raises(InputError, match="not inside its own folder"):
            open_image(path)


def test_levels_that_are_missing_or_in_each_others_way_are_left_out(tmp_path: Path) -> None:
    for number, names in enumerate((["0", "gone", "1"], ["0", "0", "1"], ["0", "0/c", "1"], ["0", "1", "2/..x"])):
        path = ome_zarr(tmp_path / f"{number}.zarr", names, 3)
        with open_image(path) as image:
            assert "left out" in image.messages[0]
            array = create_like(tmp_path / f"{number}.out", image, (8, 10), "YX", "test")
            array[...] = IMAGE
            add_levels(tmp_path / f"{number}.out", image)
        made = zarr.open_group(tmp_path / f"{number}.out", mode="r")
        named = [level["path"] for level in made.attrs["ome"]["multiscales"][0]["datasets"]]
        assert named == sorted(made.array_keys()) == ["0", "1"]
        np.testing.assert_array_equal(made["0"][...], IMAGE)


@pytest.mark.parametrize("name", ["../secret.ome.tif", "/{folder}/secret.ome.tif", "..\\secret.ome.tif"])
def test_an_ome_tiff_does_not_open_files_elsewhere(tmp_path: Path, name: str) -> None:
    tifffile.imwrite(tmp_path / "secret.ome.tif", IMAGE, metadata={"axes": "YX"})
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "image.ome.tif"
    tifffile.imwrite(path, IMAGE // 2, description=_ome_of_two_files(name.format(folder=tmp_path)), metadata=None)
    with pytest.raises(InputError, match="not inside its own folder"):
        read_image(path)


def test_an_ome_tiff_of_several_files_of_one_folder_is_read(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "second.ome.tif", IMAGE, metadata={"axes": "YX"})
    tifffile.imwrite(
        tmp_path / "image.ome.tif", IMAGE // 2, description=_ome_of_two_files("second.ome.tif"), metadata=None
    )
    np.testing.assert_array_equal(read_image(tmp_path / "image.ome.tif"), np.stack([IMAGE // 2, IMAGE]))


def _ome_of_two_files(name: str) -> str:
    planes = "".join(
        f'<TiffData FirstT="{t}" IFD="0" PlaneCount="1"><UUID FileName="{file}">urn:uuid:{t}</UUID></TiffData>'
        for t, file in enumerate(("image.ome.tif", name))
    )
    return (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:0">'
        '<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="40" SizeY="32" '
        f'SizeC="1" SizeZ="1" SizeT="2"><Channel ID="Channel:0" SamplesPerPixel="1"/>{planes}</Pixels></Image></OME>'
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tif")
    with pytest.raises(InputError, match="a pipe"):
        read_image(tmp_path / "pipe.tif")
    zarr.create_array(tmp_path / "chunk.zarr", data=IMAGE, chunks=(32, 40), zarr_format=2)
    (tmp_path / "chunk.zarr" / "0.0").unlink()
    os.mkfifo(tmp_path / "chunk.zarr" / "0.0")
    with pytest.raises(InputError, match="a pipe"):
        read_image(tmp_path / "chunk.zarr")
    os.mkfifo(tmp_path / "second.ome.tif")
    tifffile.imwrite(tmp_path / "image.ome.tif", IMAGE, description=_ome_of_two_files("second.ome.tif"), metadata=None)
    with pytest.raises(InputError, match="a pipe"):
        read_image(tmp_path / "image.ome.tif")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files there")
def test_no_way_of_reading_a_zarr_waits_for_a_pipe_or_leaves_its_folder(tmp_path: Path) -> None:
    buffers = default_buffer_prototype()
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "secret").write_text("secret")
    os.mkfifo(tmp_path / "a.zarr" / "pipe")
    store = PlainStore(tmp_path / "a.zarr")
    ways = [
        lambda key: asyncio.run(store.get(key, buffers)),
        lambda key: asyncio.run(store.get_partial_values(buffers, [(key, None)])),
    ]
    if hasattr(store, "get_sync"):  # newer versions of zarr
        ways.append(lambda key: store.get_sync(key, prototype=buffers))
    for read in ways:
        with pytest.raises(InputError, match="a pipe"):
            read("pipe")
        with pytest.raises(InputError, match="not inside its own folder"):
            read("../secret")


@pytest.mark.parametrize("shape", [(10**12, 32, 40), (10**6, 10**6), (10**18, 10**18, 10**18)])
@pytest.mark.parametrize("chunks", [(8, 10), "whole"])
def test_a_zarr_of_a_few_bytes_cannot_claim_a_disk_full(tmp_path: Path, shape: tuple[int, ...], chunks: Any) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=IMAGE, chunks=(8, 10))
    described = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())
    described["shape"] = shape
    chunk_shape = list(shape) if chunks == "whole" else [1, *chunks][-len(shape) :]
    described["chunk_grid"]["configuration"]["chunk_shape"] = chunk_shape
    (tmp_path / "a.zarr" / "zarr.json").write_text(json.dumps(described))
    with pytest.raises(InputError, match=r"chunks only|fit into memory|damaged"):
        read_image(tmp_path / "a.zarr")


def test_a_zarr_of_many_chunks_of_which_some_are_stored_is_opened(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path / "a.zarr", shape=(20_000, 2, 2), dtype="u2", chunks=(1, 2, 2))
    with pytest.raises(InputError, match="of 20,000 chunks only 0 are stored"):
        open_image(tmp_path / "a.zarr")
    array[:3] = 1
    with open_image(tmp_path / "a.zarr") as image:
        assert image.read(slice(2, 4)).tolist() == [[[1, 1], [1, 1]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize("side", [16_000, 30_000, 2**31 - 1])
def test_a_png_is_judged_by_its_header_before_it_is_unpacked(
    tmp_path: Path, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(png(side, side, zlib.compress(bytes(10_000))))
    monkeypatch.setattr("imagecodecs.png_decode", lambda _: pytest.fail("was unpacked"))
    with pytest.raises(InputError, match=r"damaged|are read whole"):
        read_image(tmp_path / "a.png")


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG of 8 bits with the given compressed data."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_png_of_gigabytes_is_refused_from_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import imagecodecs

    monkeypatch.setattr(imagecodecs, "png_decode", lambda *_: pytest.fail("decoded"))
    side = 30_000
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(side + 1)) for _ in range(side)) + packer.flush()
    (tmp_path / "a.png").write_bytes(png(side, side, data))
    with pytest.raises(InputError, match="30,000 x 30,000 pixels"):
        open_image(tmp_path / "a.png")
