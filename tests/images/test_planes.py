"""What happens to an image on its way in and out: nothing that the user did not ask for."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.images import check_image, to_planes
from napari_autostructn2v.images.planes import LARGEST, on_scale

DTYPES = ("u1", "i1", "u2", ">u2", "i2", "u4", ">i4", "u8", "i8", "f2", "f4", ">f4", "f8", ">f8")


# A loaded machine is no failure.
unhurried = settings(deadline=None, max_examples=60)


def noise(shape: tuple[int, ...] = (32, 40), dtype: str = "f4", mean: float = 100, sigma: float = 10) -> np.ndarray:
    return np.random.default_rng(0).normal(mean, sigma, shape).astype(dtype)


@st.composite
def images(draw: st.DrawFn) -> np.ndarray:
    """Images of any dtype over any part of its range, with many or two levels, with or without a few outliers."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(st.sampled_from([(16, 16), (17, 23), (3, 16, 18), (2, 2, 16, 16)]))
    if dtype.kind == "f":
        ends = st.floats(*{2: (-6e4, 6e4), 4: (-(2.0**100), 2.0**100), 8: (-(2.0**200), 2.0**200)}[dtype.itemsize])
    else:
        ends = st.integers(np.iinfo(dtype).min, np.iinfo(dtype).max)
    low, high = np.array(sorted([draw(ends), draw(ends)]), dtype)
    levels = draw(st.sampled_from([2, 5, 1000]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    share = rng.integers(levels, size=shape) / (levels - 1)
    image = (share * (float(high) - float(low)) + float(low)).clip(float(low), float(high))
    with np.errstate(invalid="ignore"):
        image = image.astype(dtype)
    image.ravel()[:2] = low, high
    assume(float(high) - float(low) > 1e-100)
    if draw(st.booleans()) and dtype.kind != "f":
        image.ravel()[2:4] = np.iinfo(dtype).min, np.iinfo(dtype).max
    return image


@unhurried
@given(images())
def test_way_in_and_out_changes_nothing(image: np.ndarray) -> None:
    planes = to_planes(image)
    back = planes.restore(planes.values)
    assert back.shape == image.shape
    assert back.dtype == image.dtype
    # Single precision of the distance to the mean, double precision of the offset, and that of the dtype itself.
    wide = image.astype(np.longdouble)
    rounding = 0.5 if image.dtype.kind in "iu" else np.abs(wide) * np.finfo(image.dtype).eps
    tolerance = 2e-7 * np.abs(wide - planes.offset) + 1e-7 * planes.scale + 2.0**-51 * np.abs(wide) + rounding
    far = np.abs(wide - planes.offset) > 0.999 * LARGEST * planes.scale
    assert (far | (np.abs(back - wide) <= tolerance)).all()


@unhurried
@given(images())
def test_values_are_on_one_scale(image: np.ndarray) -> None:
    planes = to_planes(image)
    assert planes.values.dtype == np.float32
    assert planes.values.ndim == 3
    assert np.isfinite(planes.values).all()
    assert planes.scale > 0
    # Darker stays darker, whatever the plane it lies in.
    order = np.argsort(image, axis=None, kind="stable")
    assert (np.diff(planes.values.ravel()[order]) >= 0).all()


@pytest.mark.parametrize("dtype", ["u1", "u2", ">u2", "i2", "f2"])
def test_small_dtypes_come_back_exactly(dtype: str) -> None:
    image = noise(dtype=dtype)
    planes = to_planes(image)
    np.testing.assert_array_equal(planes.restore(planes.values), image)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
def test_integers_are_clipped_and_never_wrap_around(dtype: str) -> None:
    info = np.iinfo(dtype)
    image = np.full((16, 16), info.min, dtype)
    image[::2] = info.max
    planes = to_planes(image)
    beyond = planes.restore(planes.values * 3)
    assert (beyond[::2] == info.max).all()
    assert (beyond[1::2] == info.min).all()


def test_half_precision_is_clipped_and_not_infinite() -> None:
    planes = to_planes(noise(dtype="f2", mean=0, sigma=15000))
    assert np.isfinite(planes.restore(planes.values * 9)).all()


def test_integers_are_rounded() -> None:
    planes = to_planes(noise(dtype="u1"))
    off_by_little = planes.values + 0.4 / planes.scale
    np.testing.assert_array_equal(planes.restore(off_by_little), planes.restore(planes.values))


def test_small_signal_on_a_large_offset_keeps_its_precision() -> None:
    image = 1e9 + noise(dtype="f8", mean=0, sigma=1e-3)
    planes = to_planes(image)
    assert planes.scale == pytest.approx(1e-3, rel=0.1)
    assert np.abs(planes.restore(planes.values) - image).max() < 1e-6


def test_mean_and_deviation_are_those_of_an_ordinary_image() -> None:
    image = noise((3, 64, 64), mean=500, sigma=25)
    planes = to_planes(image)
    assert planes.offset == pytest.approx(float(image.mean(dtype=float)))
    assert planes.scale == pytest.approx(float(image.std(dtype=float)))
    assert planes.values.shape == (3, 64, 64)


def test_hot_pixels_and_a_hot_column_do_not_squash_the_image() -> None:
    image = noise((256, 256), "u2", sigma=5)
    image[::64, ::32] = 65535
    image[:, 100] = 65535
    assert to_planes(image).scale == pytest.approx(5, rel=0.2)


def test_values_that_mark_missing_pixels_stay_harmless() -> None:
    image = noise((64, 64))
    image[:2, :2] = np.finfo(np.float32).min
    planes = to_planes(image)
    assert planes.scale == pytest.approx(10, rel=0.1)
    assert np.isfinite(planes.values**2).all()


def test_a_single_hot_pixel_does_not_squash_the_smallest_image() -> None:
    image = noise((16, 16), "u2", sigma=5)
    image[3, 4] = 65535
    assert to_planes(image).scale == pytest.approx(5, rel=0.3)


def test_few_bright_pixels_on_nothing_are_the_image() -> None:
    image = np.zeros((256, 256), "u2")
    image[10, 10:13] = 1000
    planes = to_planes(image)
    assert planes.scale == pytest.approx(float(image.std()))


def test_planes_of_a_stack_keep_their_brightness() -> None:
    image = np.stack([noise(mean=100), noise(mean=300)])
    values = to_planes(image).values
    assert values[0].mean() < -0.9
    assert values[1].mean() > 0.9


def test_a_single_plane_is_restored_in_its_own_shape() -> None:
    image = noise((4, 32, 40), "u2")
    planes = to_planes(image)
    preview = planes.restore(planes.values[1], np.float32)
    assert preview.dtype == np.float32
    np.testing.assert_allclose(preview, image[1], atol=1e-3)


def test_lists_lazy_strided_and_read_only_images_just_work() -> None:
    image = noise(dtype="u2")
    expected = to_planes(image).values
    locked = image.copy()
    locked.flags.writeable = False
    strided = np.repeat(image, 2, axis=1)[:, ::2]
    for same in (image.tolist(), dask.array.from_array(image, (16, 16)), locked, strided, image.T.copy().T):
        np.testing.assert_allclose(to_planes(same).values, expected, atol=1e-6)


def test_checking_copies_nothing_and_changes_nothing() -> None:
    image = noise(dtype="u2")
    assert np.shares_memory(check_image(image), image)
    before = image.copy()
    to_planes(image)
    np.testing.assert_array_equal(image, before)


def test_checked_images_are_in_native_byte_order() -> None:
    checked = check_image(noise(dtype=">u2"))
    assert checked.dtype == np.uint16
    assert checked.dtype.isnative


def test_thin_stacks_and_three_planes_are_no_rgb() -> None:
    assert check_image(noise((3, 32, 32))).shape == (3, 32, 32)
    assert check_image(noise((4, 16, 16))).shape == (4, 16, 16)


def spoiled(value: float, count: int) -> np.ndarray:
    image = noise()
    image.ravel()[:count] = value
    return image


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (None, "no image"),
        ("cells.tif", "read the file first"),
        (spoiled(np.nan, 12), "12 pixels that are NaN or infinite"),
        (spoiled(-np.inf, 1), "1 pixel that is NaN or infinite"),
        (np.full((32, 32), 7), "constant: every pixel is 7"),
        (np.zeros((0, 32)), "empty"),
        (np.zeros((0, 32, 32)), "empty"),
        (noise() > 100, "mask"),
        (noise() * 1j, "complex"),
        (noise().astype(object), "does not hold numbers"),
        ([["a", "b"], ["c", "d"]], "does not hold numbers"),
        ([[1, 2], [3]], "could not be read as an array"),
        (noise((400,)), "two axes"),
        (5, "two axes"),
        (noise((32, 40, 3), "u1"), "looks like RGB"),
        (noise((32, 40, 4), "f4"), "looks like RGB"),
        (noise((2, 32, 40, 3), "u2"), "looks like RGB"),
        (noise((15, 40)), "15 x 40 pixels"),
        (noise((40, 40, 2)), "40 x 2 pixels"),
        (noise((40, 3)), "40 x 3 pixels"),
        (np.array([[1e308, -1e308]] * 16).repeat(8, axis=1), "rescale"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(image: object, words: str) -> None:
    for function in (check_image, to_planes):
        with pytest.raises(InputError, match=words) as caught:
            function(image)
        assert str(caught.value).endswith(".")


def test_a_lazy_image_that_fails_is_refused_in_a_sentence() -> None:
    def lost(_: np.ndarray) -> np.ndarray:
        raise FileNotFoundError("plane 3 is gone")

    lazy = dask.array.from_array(noise(), (16, 16)).map_blocks(lost, dtype="f4", meta=np.empty((0, 0), "f4"))
    with pytest.raises(InputError, match="plane 3 is gone"):
        check_image(lazy)


@pytest.mark.parametrize("lines", [(), ("rows", "columns")])
def test_planes_are_mended_where_they_lie_if_that_is_wanted(lines) -> None:
    image = np.random.default_rng(0).normal(0, 1, (3, 64, 64)).astype(np.float32)
    image[1, 20, 30] = 500
    planes = on_scale(image, 0.0, 1.0)
    mended = planes.without_hot_pixels().without_line_offsets(lines)
    np.testing.assert_array_equal(planes.values, image)
    in_place = planes.without_hot_pixels(in_place=True).without_line_offsets(lines, in_place=True)
    assert in_place.values is planes.values
    np.testing.assert_array_equal(in_place.values, mended.values)
