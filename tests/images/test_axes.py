"""Axes: planes of any order, channels apart, and a sentence instead of a guess."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_autostructn2v.errors import InputError
from napari_autostructn2v.images import Layout, named_axes
from napari_autostructn2v.images.axes import checked_axes

U2, U1 = np.dtype("u2"), np.dtype("u1")


@given(
    st.sampled_from(
        [order for count in (2, 3, 4, 5) for order in permutations("YXTZC", count) if {"Y", "X"} <= {*order}]
    )
)
def test_planes_and_back_in_any_order(order: tuple[str, ...]) -> None:
    axes = "".join(order)
    sizes = {"T": 2, "Z": 3, "C": 2, "Y": 17, "X": 19}
    shape = tuple(sizes[axis] for axis in axes)
    image = np.arange(np.prod(shape)).reshape(shape)
    layout = Layout(axes, shape)
    back = np.zeros_like(image)
    seen = 0
    for channel in layout.channels:
        for position in layout.plane_indices(channel):
            index = layout.slices(channel, position)
            plane = layout.to_planes(image[index], layout.kept(index))
            assert plane.shape == (17, 19)
            back[index] = layout.from_planes(plane, layout.kept(index))
            seen += 1
    assert seen == image.size // (17 * 19)
    np.testing.assert_array_equal(back, image)


def test_rows_are_rows_whatever_the_order() -> None:
    image = np.broadcast_to(np.arange(20)[:, None, None], (20, 30, 2))  # intensity is the row
    layout = Layout("YXC", image.shape)
    index = layout.slices(layout.channels[1], ())
    plane = layout.to_planes(image[index], layout.kept(index))
    assert (plane == np.arange(20)[:, None]).all()


def test_channels_are_apart_by_default_and_together_on_request() -> None:
    apart = Layout("TCYX", (5, 2, 32, 32), names=("DAPI", "GFP"))
    assert [channel.name for channel in apart.channels] == ["DAPI", "GFP"]
    assert apart.planes == 5
    together = Layout("TCYX", (5, 2, 32, 32), together=True)
    assert len(together.channels) == 1
    assert together.planes == 10


def test_colours_are_channels_and_opacity_is_left_alone() -> None:
    channels = Layout("YXS", (32, 32, 4)).channels
    assert [channel.name for channel in channels] == ["red", "green", "blue", "opacity"]
    assert [channel.is_alpha for channel in channels] == [False, False, False, True]
    assert not any(channel.is_alpha for channel in Layout("YXS", (32, 32, 3)).channels)
    assert Layout("YXS", (32, 32, 4), together=True).channels[3].is_alpha


def test_one_channel_has_no_name() -> None:
    assert [channel.name for channel in Layout("CYX", (1, 32, 32)).channels] == [""]
    assert [channel.name for channel in Layout("TYX", (4, 32, 32)).channels] == [""]


@pytest.mark.parametrize(
    ("axes", "shape", "words"),
    [
        ("TQYX", (2, 2, 32, 32), "not clear"),
        ("", (32, 32), "not clear"),
        ("TTYX", (2, 2, 32, 32), "twice"),
        ("TZX", (2, 32, 32), "lack Y"),
        ("TZCYX", (5, 32, 32), "name 5 axes, and the image has 3"),
        ("YXT", (5, 32, 40), "5 x 32"),
        ("CYX", (500, 32, 32), "500 channels"),
        ("YXS", (32, 32, 7), "7 colours"),
    ],
)
def test_axes_that_cannot_be_right_are_noticed(axes: str, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        checked_axes(axes, shape)
    assert str(caught.value).endswith(".")


def test_lower_case_is_fine() -> None:
    assert checked_axes(" tcyx ", (2, 2, 32, 32)) == "TCYX"


@pytest.mark.parametrize("shape", [(5, 32, 32), (3, 32, 32), (2, 3, 32, 32)])
def test_unknown_axes_are_asked_about(shape: tuple[int, ...]) -> None:
    axes = "?" * (len(shape) - 2) + "YX"
    with pytest.raises(InputError, match="--axes"):
        named_axes(axes, shape, U2, "movie.tif")
    assert named_axes(axes, shape, U2, "movie.tif", "TZYX"[-len(shape) :]) == "TZYX"[-len(shape) :]


def test_what_is_clear_is_not_asked_about() -> None:
    assert named_axes("??", (32, 40), U2, "a") == "YX"
    assert named_axes("YX", (32, 40), U2, "a") == "YX"
    assert named_axes("???", (32, 40, 3), U1, "a") == "YXS"
    assert named_axes("TCYX", (2, 2, 32, 40), U2, "a") == "TCYX"
    assert named_axes("??YX", (1, 1, 32, 40), U2, "a") == "TZYX"


def test_the_user_wins_over_the_file() -> None:
    assert named_axes("CYX", (5, 32, 40), U2, "a", "TYX") == "TYX"


@pytest.mark.parametrize(
    ("axes", "shape", "stacked"),
    [
        ("YX", (32, 32), ""),
        ("CYX", (2, 32, 32), ""),
        ("TYX", (2, 32, 32), "T"),
        ("TZYX", (50, 11, 32, 32), "Z"),
        ("ZTYX", (11, 50, 32, 32), "Z"),
        ("TZYX", (50, 2, 32, 32), "T"),
        ("TCYX", (5, 3, 32, 32), "T"),
    ],
)
def test_neighbours_lie_along_depth_before_time_and_never_along_channels(axes, shape, stacked):
    assert Layout(axes, shape).stacked == stacked


def test_the_axis_of_neighbours_can_be_named():
    layout = Layout("TZYX", (5, 11, 32, 32), along="T")
    assert layout.stacked == "T"
    assert layout.free(layout.channels[0]) == "ZT"


@pytest.mark.parametrize(("axes", "along"), [("TZYX", "T"), ("ZTYX", "Z"), ("TCYX", ""), ("YXTZ", "T"), ("TZCYX", "T")])
def test_planes_with_neighbours_last_find_the_way_back(axes, along):
    image = np.random.default_rng(0).normal(size=[{"T": 4, "Z": 3, "C": 2, "Y": 16, "X": 18}[axis] for axis in axes])
    layout = Layout(axes, image.shape, together=True, along=along)
    channel = layout.channels[0]
    index = layout.slices(channel, [slice(None)] * len(layout.free(channel)))
    planes = layout.to_planes(image, layout.kept(index))
    assert planes.shape[-3] == layout.size(layout.stacked)
    np.testing.assert_array_equal(layout.from_planes(planes, layout.kept(index)), image)
