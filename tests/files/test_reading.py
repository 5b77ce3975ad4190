"""Image files in and out: a whole file or none, and a sentence for whatever is no image."""

from __future__ import annotations

import os
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile
import zarr

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.files import atomic_path, check_writable, read_image, write_image

MOVIE = np.random.default_rng(0).integers(0, 4000, (5, 32, 40)).astype(np.uint16)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4", "f8"])
@pytest.mark.parametrize("shape", [(32, 40), (3, 32, 40), (2, 3, 32, 40)])
def test_what_is_written_is_read_back(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    image = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    write_image(tmp_path / "new" / "folder" / "image.tif", image)
    back = read_image(tmp_path / "new" / "folder" / "image.tif")
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}, {"byteorder": ">"}, {"bigtiff": True}]
)
def test_kinds_of_tiff(tmp_path: Path, options: dict) -> None:
    tifffile.imwrite(tmp_path / "movie.tif", MOVIE, photometric="minisblack", **options)
    np.testing.assert_array_equal(read_image(tmp_path / "movie.tif"), MOVIE)


@pytest.mark.parametrize("image", [MOVIE[0], (MOVIE[0] // 16).astype(np.uint8)])
def test_grey_png_of_8_and_16_bits(tmp_path: Path, image: np.ndarray) -> None:
    imageio.imwrite(tmp_path / "image.png", image)
    back = read_image(tmp_path / "image.png")
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour_tiff_is_refused_and_not_taken_for_a_stack(tmp_path: Path, planar: str) -> None:
    colour = np.zeros((32, 40, 3) if planar == "contig" else (3, 32, 40), np.uint8)
    tifffile.imwrite(tmp_path / "colour.tif", colour, photometric="rgb", planarconfig=planar)
    with pytest.raises(InputError, match="colour image"):
        read_image(tmp_path / "colour.tif")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}, {"imagej": True}, {"ome": True}, {"metadata": None}]
)
def test_no_plane_of_a_truncated_movie_is_lost_unnoticed(tmp_path: Path, options: dict, share: float, capsys) -> None:
    whole, cut = tmp_path / "whole.tif", tmp_path / "cut.tif"
    tifffile.imwrite(whole, MOVIE, photometric="minisblack", **options)
    cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
    with pytest.raises(InputError, match="truncated"):
        read_image(cut)
    assert capsys.readouterr() == ("", "")


def test_truncated_png(tmp_path: Path) -> None:
    imageio.imwrite(tmp_path / "whole.png", MOVIE[0])
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="truncated"):
        read_image(tmp_path / "cut.png")


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_tiff_is_read_or_refused_in_a_sentence(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tifffile.imwrite(tmp_path / "whole.tif", MOVIE[:2], photometric="minisblack", compression="zlib")
    content = np.frombuffer((tmp_path / "whole.tif").read_bytes(), np.uint8).copy()
    content[rng.integers(4, 400, 12)] = rng.integers(0, 256, 12)
    (tmp_path / "damaged.tif").write_bytes(content.tobytes())
    try:
        assert isinstance(read_image(tmp_path / "damaged.tif"), np.ndarray)
    except InputError as error:
        assert "damaged.tif" in str(error)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty file"), (b"Hello, I am a text.", "neither a TIFF nor a PNG"), (b"II*\0", "truncated or damaged")],
)
def test_files_that_are_no_images(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "notes.tif"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_image(path)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_image(tmp_path / "gone.tif")
    with pytest.raises(InputError, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(InputError, match="could not be read"):
        read_image(tmp_path / f"{'n' * 300}.tif")


def test_pixel_size_and_dimensions_of_imagej_are_kept(tmp_path: Path) -> None:
    metadata = {"axes": "TYX", "unit": "um", "finterval": 0.5}
    tifffile.imwrite(tmp_path / "in.tif", MOVIE, imagej=True, resolution=(6.5, 6.5), metadata=metadata)
    write_image(tmp_path / "out.tif", MOVIE // 2, like=tmp_path / "in.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        assert tiff.series[0].axes == "TYX"
        assert tiff.imagej_metadata["unit"] == "um"
        assert tiff.imagej_metadata["finterval"] == 0.5
        assert tiff.pages[0].tags["XResolution"].value == (13, 2)
        np.testing.assert_array_equal(tiff.asarray(), MOVIE // 2)


@pytest.mark.parametrize(
    ("like", "words"),
    [("missing.tif", "There is no file"), ("text.tif", "damaged"), ("image.png", "32 x 40"), ("a.zarr", "is a zarr")],
)
def test_a_result_is_written_whatever_its_source_is_and_what_is_lost_is_told(
    tmp_path: Path, like: str, words: str
) -> None:
    (tmp_path / "text.tif").write_text("II*\0 but no more")
    imageio.imwrite(tmp_path / "image.png", MOVIE[0])
    zarr.create_array(tmp_path / "a.zarr", data=MOVIE)
    with pytest.warns(UserWarning, match=words):
        write_image(tmp_path / "out.tif", MOVIE, like=tmp_path / like)
    np.testing.assert_array_equal(read_image(tmp_path / "out.tif"), MOVIE)


def test_what_cannot_be_written_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for path in (tmp_path / "file" / "out.tif", tmp_path / "file" / "deeper" / "out.tif"):
        for function in (check_writable, lambda path: write_image(path, MOVIE)):
            with pytest.raises(InputError, match="is a file"):
                function(path)
    with pytest.raises(InputError, match="is a folder"):
        write_image(tmp_path, MOVIE)
    with pytest.raises(InputError, match="could not be written"):
        write_image(tmp_path / (f"{'n' * 300}.tif"), MOVIE)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), ValueError("a mistake")])
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "out.tif"
    path.write_text("old")
    with pytest.raises((InputError, type(error))), atomic_path(path) as part:
        part.write_text("half of the n")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.tif"]


def test_checking_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "out.tif"
    path.write_text("old")
    check_writable(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.tif"]


def test_what_is_written_is_what_the_name_says(tmp_path: Path) -> None:
    write_image(tmp_path / "image.PNG", MOVIE[0])
    assert (tmp_path / "image.PNG").read_bytes().startswith(b"\x89PNG")
    np.testing.assert_array_equal(read_image(tmp_path / "image.PNG"), MOVIE[0])
    for name in ("image", "image.jpg", "image.zarr", "image.tif.gz", "image.npy"):
        with pytest.raises(InputError, match="does not say what to write"):
            write_image(tmp_path / name, MOVIE[0])
    for image in (MOVIE, MOVIE[0].astype(np.float32)):
        with pytest.raises(InputError, match="write a TIFF"):
            write_image(tmp_path / "other.png", image)
    assert os.listdir(tmp_path) == ["image.PNG"]


def test_the_pixel_size_goes_from_png_to_tiff_and_back(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", MOVIE[0], resolution=(20000, 10000), resolutionunit="CENTIMETER")
    write_image(tmp_path / "b.png", MOVIE[0], like=tmp_path / "a.tif")
    write_image(tmp_path / "c.tif", MOVIE[0], like=tmp_path / "b.png")
    with tifffile.TiffFile(tmp_path / "c.tif") as tiff:
        assert tiff.pages.first.get_resolution("CENTIMETER") == (20000, 10000)


@pytest.mark.parametrize("options", [{}, {"imagej": True}, {"ome": True}, {"tile": (16, 16)}])
def test_white_is_zero_stays_so(tmp_path: Path, options: dict) -> None:
    tifffile.imwrite(tmp_path / "a.tif", MOVIE, photometric="miniswhite", metadata={"axes": "TYX"}, **options)
    write_image(tmp_path / "b.tif", read_image(tmp_path / "a.tif"), like=tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        assert tiff.pages.first.photometric == tifffile.PHOTOMETRIC.MINISWHITE
        np.testing.assert_array_equal(tiff.asarray(), MOVIE)


def test_masked_pixels_are_not_written_as_if_they_were_seen(tmp_path: Path) -> None:
    image = np.ma.masked_greater(MOVIE[0], 3000)
    with pytest.raises(InputError, match=r"masked pixels.*filled"):
        write_image(tmp_path / "a.tif", image)
    write_image(tmp_path / "a.tif", np.ma.array(MOVIE[0]))
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), MOVIE[0])


@pytest.mark.parametrize("image", [None, 3, b"text", "text", [["a", "b"]], {}, [1.0, 2.0], np.empty((0, 3)), object()])
def test_what_is_no_image_is_not_written(tmp_path: Path, image: object) -> None:
    with pytest.raises(InputError):
        write_image(tmp_path / "a.tif", image)
    for axes in ("", "Y", "YXX", 3, "YY", ["Y", "X"]):
        with pytest.raises(InputError, match="axes is"):
            write_image(tmp_path / "a.tif", MOVIE[0], axes=axes)
    assert os.listdir(tmp_path) == []
