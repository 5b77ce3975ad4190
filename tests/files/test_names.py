"""What a file is called, and what is in it: the content decides how it is read, the name how it is written."""

from __future__ import annotations

import os
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import open_image, read_image, write_as, write_image

IMAGE = np.random.default_rng(0).integers(0, 4000, (32, 40)).astype(np.uint16)


@pytest.mark.parametrize(("name", "start"), [("x.png", b"\x89PNG"), ("x.tif", b"II*\0"), ("X.PNG", b"\x89PNG")])
def test_the_end_of_the_name_decides_what_is_written(tmp_path: Path, name: str, start: bytes) -> None:
    imageio.imwrite(tmp_path / "p.png", IMAGE)
    os.rename(tmp_path / "p.png", tmp_path / "p.tif")
    write_image(tmp_path / name, IMAGE)
    assert (tmp_path / name).read_bytes().startswith(start)
    with open_image(tmp_path / "p.tif") as image:
        assert image.kind == "png"
        write_as(tmp_path / name, IMAGE, like=image)
    assert (tmp_path / name).read_bytes().startswith(start)
    np.testing.assert_array_equal(read_image(tmp_path / name), IMAGE)


@pytest.mark.parametrize("name", ["x", "x.jpg", "x.zarr", "x.tif.txt"])
def test_other_names_are_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="does not say what to write"):
        write_image(tmp_path / name, IMAGE)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("more", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
def test_an_image_that_is_white_at_zero_stays_so(tmp_path: Path, dtype: type, more: dict) -> None:
    image = (IMAGE >> 4).astype(dtype)
    tifffile.imwrite(tmp_path / "white.tif", image, photometric="miniswhite", **more)
    with open_image(tmp_path / "white.tif") as source:
        write_as(tmp_path / "out.tif", source.read(), like=source)
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        assert tiff.pages[0].photometric == tifffile.PHOTOMETRIC.MINISWHITE
        np.testing.assert_array_equal(tiff.asarray(), image)
