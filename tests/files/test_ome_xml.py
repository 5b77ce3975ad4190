"""OME-XML of any making: the image is read and written with it or without it, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import open_image, read_image, write_as

IMAGE = np.random.default_rng(0).integers(0, 4000, (2, 32, 40)).astype(np.uint16)

numbers = st.one_of(st.integers(-2, 5).map(str), st.sampled_from(["", "1e3", "NaN", "99999999999", "two", "40", "32"]))
names = st.one_of(st.sampled_from(["x.ome.tif", "../x.tif", "/etc/passwd", "gone.tif", ""]), st.text(max_size=5))


@st.composite
def elements(draw, name: str, attributes: dict, inside: st.SearchStrategy) -> str:
    """An element that lacks some of its attributes, has odd ones, and anything or nothing in it."""
    written = "".join(
        f" {key}={quoteattr(draw(values))}" for key, values in attributes.items() if draw(st.integers(0, 5)) > 0
    )
    return f"<{name}{written}>{draw(inside)}</{name}>"


nothing = st.just("")


def several(*kinds: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(st.one_of(*kinds), max_size=3).map("".join)


uuid = elements("UUID", {"FileName": names}, st.sampled_from(["urn:uuid:1", ""]))
data = elements(
    "TiffData", {"IFD": numbers, "FirstT": numbers, "FirstZ": numbers, "PlaneCount": numbers}, several(uuid)
)
channel = elements("Channel", {"ID": names, "Name": names, "SamplesPerPixel": numbers}, nothing)
pixels = elements(
    "Pixels",
    {
        "DimensionOrder": st.sampled_from(["XYCZT", "XYZTC", "YX", "QQ"]),
        "Type": st.sampled_from(["uint16", "float", "bit", "no type"]),
        "SizeX": st.one_of(st.just("40"), numbers),
        "SizeY": st.one_of(st.just("32"), numbers),
        "SizeZ": st.one_of(st.just("1"), numbers),
        "SizeC": st.one_of(st.just("1"), numbers),
        "SizeT": st.one_of(st.just("2"), numbers),
    },
    several(data, channel),
)
image = elements("Image", {"ID": names, "Name": names}, several(pixels))
space = st.sampled_from(['xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"', "", 'xmlns="x"'])
documents = st.builds("<OME {}>{}</OME>".format, space, several(image))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(documents)
@pytest.mark.filterwarnings("ignore")  # of tifffile, about what it makes of them
def test_any_ome_xml_is_read_and_written_or_refused(document: str) -> None:
    with TemporaryDirectory() as folder:
        path, out = Path(folder, "x.ome.tif"), Path(folder, "out.ome.tif")
        content = document.encode("ascii", "xmlcharrefreplace")
        tifffile.imwrite(path, IMAGE, description=content, metadata=None, photometric="minisblack")
        try:
            with open_image(path) as opened:
                pixels = opened.read()
                axes = opened.axes if "?" not in opened.axes else None
                write_as(out, pixels, like=opened, axes=axes)
        except InputError as error:
            assert str(path) in str(error) or str(out) in str(error)
            assert str(error).rstrip(")").endswith((".", "?", ").")), error
            return
        np.testing.assert_array_equal(read_image(out).reshape(pixels.shape), pixels)


@pytest.mark.parametrize("channels", ["", '<Channel ID="Channel:0:0" SamplesPerPixel="0"/>'])
@pytest.mark.filterwarnings("ignore")
def test_odd_channels_cost_no_result(tmp_path: Path, channels: str) -> None:
    document = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYCZT" Type="uint16" SizeX="40" SizeY="32" SizeZ="1" SizeC="1" SizeT="2">'
        f'{channels}<TiffData IFD="0" PlaneCount="2"/></Pixels></Image></OME>'
    )
    tifffile.imwrite(tmp_path / "x.ome.tif", IMAGE, description=document, metadata=None, photometric="minisblack")
    with open_image(tmp_path / "x.ome.tif") as opened:
        assert (len(opened.messages) > 0) == bool(channels)
        write_as(tmp_path / "out.ome.tif", opened.read(), like=opened)
    with open_image(tmp_path / "out.ome.tif") as written:
        assert (written.kind, written.axes) == ("ome-tiff", "TYX")
        np.testing.assert_array_equal(written.read(), IMAGE)


@pytest.mark.timeout(60)
@pytest.mark.filterwarnings("ignore")
def test_entities_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    lines = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12)]
    document = f'<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY e0 "grows">{"".join(lines)}]><OME>&e11;</OME>'
    tifffile.imwrite(tmp_path / "x.ome.tif", IMAGE, description=document, metadata=None, photometric="minisblack")
    try:
        with open_image(tmp_path / "x.ome.tif") as opened:
            assert opened.array.shape[-2:] == (32, 40)
    except InputError as error:
        assert "x.ome.tif" in str(error)
