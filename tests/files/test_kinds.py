"""Every kind of file comes out as it went in: pixels, dtype, axes, pixel size, units, names of channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import (
    add_levels,
    create_like,
    open_image,
    png_software,
    tiff_software,
    write_png,
    write_tiff,
    zarr_software,
)
from napari_autostructn2v.files import tiff as files_tiff
from napari_autostructn2v.files.png import open_png

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 4000, (3, 2, 32, 48)).astype(np.uint16)


@pytest.fixture(params=[False, True], ids=["at once", "page by page"])
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Treat all TIFF files as too large to be read at once."""
    if request.param:
        monkeypatch.setattr(files_tiff, "_SMALL_BYTES", 0)
    return request.param


def copied(path: Path, target: Path) -> None:
    """Write the image of a file, unchanged, as another one of its kind."""
    with open_image(path) as image:
        write_tiff(target, image.array, like=image, software="napari-autostructn2v test")


# TIFF -----------------------------------------------------------------------------------------------------------------


def test_imagej_hyperstack_comes_out_whole(tmp_path: Path, large: bool) -> None:
    metadata = {
        "axes": "TCYX",
        "unit": "um",
        "finterval": 0.5,
        "spacing": 2.0,
        "mode": "composite",
        "Labels": list("abcdef"),
    }
    tifffile.imwrite(tmp_path / "in.tif", STACK, imagej=True, resolution=(6.5, 6.5), metadata=metadata)
    copied(tmp_path / "in.tif", tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "in.tif") as source, tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        assert tiff.series[0].axes == "TCYX"
        assert tiff.imagej_metadata == source.imagej_metadata
        assert tiff.pages[0].tags["XResolution"].value == (13, 2)
        np.testing.assert_array_equal(tiff.asarray(), STACK)
    assert "napari-autostructn2v" in tiff_software(tmp_path / "out.tif")


OME: dict[str, Any] = {
    "axes": "TCYX", "PhysicalSizeX": 0.11, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.12, "PhysicalSizeYUnit": "µm",
    "TimeIncrement": 1.5, "TimeIncrementUnit": "s", "Channel": {"Name": ["DAPI", "GFP"]},
}  # fmt: skip


def test_ome_tiff_comes_out_whole(tmp_path: Path, large: bool) -> None:
    tifffile.imwrite(tmp_path / "in.ome.tif", STACK, metadata=OME)
    with open_image(tmp_path / "in.ome.tif") as image:
        assert (image.kind, image.axes, image.names) == ("ome-tiff", "TCYX", ("DAPI", "GFP"))
    copied(tmp_path / "in.ome.tif", tmp_path / "out.ome.tif")
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as tiff:
        assert tiff.is_ome
        assert tiff.series[0].axes == "TCYX"
        for words in ('PhysicalSizeX="0.11"', 'PhysicalSizeY="0.12"', 'TimeIncrement="1.5"', 'Name="GFP"', "m"):
            assert words in tiff.ome_metadata
        np.testing.assert_array_equal(tiff.asarray(), STACK)
        pixels = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]
    assert pixels["PhysicalSizeXUnit"] == "µm"


def test_ome_tiff_of_several_images_gives_the_first(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "in.ome.tif") as writer:
        writer.write(STACK[0], metadata={"axes": "CYX", "Name": "first"})
        writer.write(STACK[1, 0], metadata={"axes": "YX", "Name": "second"})
    with open_image(tmp_path / "in.ome.tif") as image:
        assert "2 images" in image.messages[0]
    copied(tmp_path / "in.ome.tif", tmp_path / "out.ome.tif")
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as tiff:
        assert len(tiff.series) == 1
        assert "first" in tiff.ome_metadata
        assert "second" not in tiff.ome_metadata
        np.testing.assert_array_equal(tiff.asarray(), STACK[0])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib", "predictor": True},
        {"tile": (16, 32)},
        {"byteorder": ">"},
        {"bigtiff": True},
        {"rowsperstrip": 5},
    ],
)
def test_plain_tiff_comes_out_whole(tmp_path: Path, large: bool, options: dict) -> None:
    tifffile.imwrite(tmp_path / "in.tif", STACK, photometric="minisblack", resolution=(4, 4), **options)
    copied(tmp_path / "in.tif", tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        np.testing.assert_array_equal(tiff.asarray(), STACK)
        assert tiff.pages[0].is_tiled == ("tile" in options)
        assert (tiff.pages[0].compression == 1) == ("compression" not in options)
        assert tiff.pages[0].tags["XResolution"].value == (4, 1)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_colour_tiff_comes_out_whole(tmp_path: Path, large: bool, planar: str, tile: tuple | None) -> None:
    colour = RNG.integers(0, 255, (32, 48, 3) if planar == "contig" else (3, 32, 48)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "in.tif", colour, photometric="rgb", planarconfig=planar, tile=tile)
    copied(tmp_path / "in.tif", tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        assert tiff.series[0].axes == ("YXS" if planar == "contig" else "SYX")
        assert tiff.pages[0].photometric == tifffile.PHOTOMETRIC.RGB
        np.testing.assert_array_equal(tiff.asarray(), colour)


def test_axes_named_by_the_user_are_kept(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "in.tif", STACK[:, 0], photometric="minisblack")
    with open_image(tmp_path / "in.tif") as image:
        assert image.axes == "?YX"
        write_tiff(tmp_path / "out.tif", image.array, like=image, axes="TYX")
    with open_image(tmp_path / "out.tif") as image:
        assert image.axes == "TYX"


# PNG ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(32, 48), (32, 48, 3), (32, 48, 4)])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_png_comes_out_whole(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    image = RNG.integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    write_png(tmp_path / "a.png", image)
    with open_image(tmp_path / "a.png") as source:
        assert source.axes == ("YX" if len(shape) == 2 else "YXS")
        source.details["pHYs"] = b"\0\0\x0b\x13\0\0\x0b\x13\1"
        write_png(tmp_path / "b.png", source.array, like=source, software="napari-autostructn2v test")
    back = open_png(tmp_path / "b.png")
    assert back.array.dtype == dtype
    np.testing.assert_array_equal(back.array, image)
    assert back.details["pHYs"] == b"\0\0\x0b\x13\0\0\x0b\x13\1"
    assert png_software(tmp_path / "b.png") == "napari-autostructn2v test"


# Zarr -----------------------------------------------------------------------------------------------------------------


def zarr_array(path: Path, version: int, image: np.ndarray, **options: Any) -> zarr.Array:
    array = zarr.create_array(path, shape=image.shape, dtype=image.dtype, zarr_format=version, **options)
    array[...] = image
    return array


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_array_comes_out_whole(tmp_path: Path, version: int) -> None:
    names: Any = (
        {"dimension_names": list("tcyx")} if version == 3 else {"attributes": {"_ARRAY_DIMENSIONS": list("tcyx")}}
    )
    array = zarr_array(tmp_path / "in.zarr", version, STACK, chunks=(1, 2, 16, 48), **names)
    array.attrs["pixel_size_um"] = 0.1
    with open_image(tmp_path / "in.zarr") as image:
        assert (image.kind, image.axes, image.chunks) == ("zarr", "TCYX", (1, 2, 16, 48))
        np.testing.assert_array_equal(image.read((0, 1)), STACK[0, 1])
        create_like(tmp_path / "out.zarr", image, (1, 1, 32, 48), "TCYX", "test")[...] = image.read()
    with open_image(tmp_path / "out.zarr") as image:
        assert image.axes == "TCYX"
        assert image.array.metadata.zarr_format == version
        assert image.array.attrs["pixel_size_um"] == 0.1
        np.testing.assert_array_equal(image.read(), STACK)
    assert zarr_software(tmp_path / "out.zarr") == "test"


def test_zarr_without_names_says_nothing_about_its_axes(tmp_path: Path) -> None:
    zarr_array(tmp_path / "in.zarr", 3, STACK)
    with open_image(tmp_path / "in.zarr") as image:
        assert image.axes == "????"


def ome_zarr(path: Path, version: str, image: np.ndarray, levels: int = 2) -> None:
    """Write an OME-Zarr as the specification of 0.4 or 0.5 describes it."""
    scale = [1.5, 1.0, 0.12, 0.11]
    datasets = [
        {
            "path": str(n),
            "coordinateTransformations": [{"type": "scale", "scale": [*scale[:2], *(2**n * s for s in scale[2:])]}],
        }
        for n in range(levels)
    ]
    axes = [
        {"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"},
        {"name": "y", "type": "space", "unit": "micrometer"}, {"name": "x", "type": "space", "unit": "micrometer"},
    ]  # fmt: skip
    ome: dict[str, Any] = {"multiscales": [{"axes": axes, "datasets": datasets, "name": "cells"}]}
    ome["omero"] = {"channels": [{"label": "DAPI", "color": "0000FF"}, {"label": "GFP", "color": "00FF00"}]}
    if version == "0.4":
        ome["multiscales"][0]["version"] = version
        group = zarr.create_group(path, zarr_format=2, attributes=ome)
    else:
        group = zarr.create_group(path, zarr_format=3, attributes={"ome": ome | {"version": version}})
    for level in range(levels):
        small = image[..., :: 2**level, :: 2**level]
        more: Any = {"dimension_names": list("tcyx")} if version == "0.5" else {}
        encoding = {"name": "v2", "separator": "/"} if version == "0.4" else {"name": "default", "separator": "/"}
        array = group.create_array(
            str(level), shape=small.shape, dtype=small.dtype, chunks=(1, 1, 16, 16), chunk_key_encoding=encoding, **more
        )
        array[...] = small


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_comes_out_whole(tmp_path: Path, version: str) -> None:
    ome_zarr(tmp_path / "in.zarr", version, STACK)
    with open_image(tmp_path / "in.zarr") as image:
        assert (image.kind, image.axes, image.names) == ("ome-zarr", "TCYX", ("DAPI", "GFP"))
        create_like(tmp_path / "out.zarr", image, (1, 1, 32, 48), "TCYX", "test")[...] = image.read()
        add_levels(tmp_path / "out.zarr", image)
    before, after = (zarr.open_group(tmp_path / name, mode="r") for name in ("in.zarr", "out.zarr"))
    attributes = dict(after.attrs)
    assert attributes.pop("napari-autostructn2v") == "test"
    assert attributes == dict(before.attrs)
    assert after.metadata.zarr_format == before.metadata.zarr_format
    np.testing.assert_array_equal(after["0"][...], STACK)
    assert after["1"].shape == before["1"].shape
    np.testing.assert_allclose(after["1"][0, 0, 0, 0], STACK[0, 0, :2, :2].mean(), atol=0.51)
    assert after["1"].chunks == (1, 1, 16, 16)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "empty zarr group"),
        ({"plate": {"wells": [{"path": "B/2"}]}}, "is a plate"),
        ({"well": {}}, "is a well"),
        ({"multiscales": [{"axes": ["y", "x"], "datasets": [{"path": "0"}]}]}, "damaged"),
        ({"multiscales": [{"axes": ["y", "x"]}]}, "damaged"),
    ],
)
def test_groups_that_are_no_image_say_what_to_give(tmp_path: Path, attributes: dict, words: str) -> None:
    zarr.create_group(tmp_path / "in.zarr", attributes=attributes)
    with pytest.raises(InputError, match=words):
        open_image(tmp_path / "in.zarr")


def test_a_group_of_arrays_names_one(tmp_path: Path) -> None:
    group = zarr.create_group(tmp_path / "in.zarr")
    group.create_array("raw", shape=(32, 32), dtype="u2")
    with pytest.raises(InputError, match="raw"):
        open_image(tmp_path / "in.zarr")
    with open_image(tmp_path / "in.zarr" / "raw") as image:
        assert image.array.shape == (32, 32)
