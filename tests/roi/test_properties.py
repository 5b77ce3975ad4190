"""What holds for any image and any settings."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_autostructn2v.roi import RoiScorer, find_roi_patches
from napari_autostructn2v.roi.plane import select_patches
from napari_autostructn2v.settings import RoiSettings

sides = st.integers(16, 90)


@st.composite
def images(draw: st.DrawFn) -> np.ndarray:
    """Draw a small image of integers that every dtype of 8 bits and more holds."""
    shape = draw(st.tuples(sides, sides))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    highest = draw(st.integers(1, 127))
    image = rng.integers(0, highest, shape, endpoint=True)
    if draw(st.booleans()):
        image = np.minimum.accumulate(image, axis=draw(st.integers(0, 1)))
    image[0, 0], image[-1, -1] = 0, highest
    return image


@st.composite
def roi_settings(draw: st.DrawFn) -> RoiSettings:
    corners = st.lists(st.tuples(st.integers(-50, 150), st.integers(-50, 150)), max_size=3)
    return RoiSettings(
        use_roi=draw(st.booleans()),
        roi_threshold=draw(st.floats(0, 1)),
        scale_factor=draw(st.floats(0.01, 1)),
        select_background=draw(st.booleans()),
        patch_size=draw(st.integers(8, 16)),
        overlap=draw(st.floats(0, 0.9)),
        sigma=draw(st.none() | st.floats(0, 400)),
        equalize=draw(st.sampled_from(["global", "none"])),
        background=draw(st.sampled_from(["dark", "bright", "auto"])),
        criteria=draw(st.lists(st.sampled_from(["mean", "band", "gradient", "texture"]), min_size=1, max_size=3)),
        combine=draw(st.sampled_from(["all", "any"])),
        added=draw(corners),
        removed=draw(corners),
    )


@settings(deadline=None, max_examples=60)
@given(images(), roi_settings())
def test_every_rectangle_lies_inside_the_image(image, roi):
    selection = select_patches(image, roi)
    for coords in (selection.coords, selection.candidates):
        assert coords.dtype.kind == "i"
        assert (coords >= 0).all()
        assert (coords + roi.patch_size <= image.shape).all()
    assert len(selection.scores) == len(selection.candidates)
    assert (selection.scores >= 0).all() and (selection.scores <= 1).all()


@settings(deadline=None, max_examples=60)
@given(sides, sides, st.integers(8, 16), st.floats(0, 0.9))
def test_candidates_cover_the_image_to_its_borders(height, width, patch_size, overlap):
    image = np.arange(height * width).reshape(height, width)
    selection = select_patches(image, RoiSettings(use_roi=False, patch_size=patch_size, overlap=overlap))
    assert selection.mask(image.shape).all()


@settings(deadline=None, max_examples=40)
@given(images(), roi_settings(), st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_threshold_sweep_is_monotone(image, roi, thresholds):
    scorer = RoiScorer(image)
    sets = [
        {tuple(corner) for corner in scorer.select(replace(roi, use_roi=True, roi_threshold=value)).coords.tolist()}
        for value in sorted(thresholds)
    ]
    for lower, higher in pairwise(sets):
        assert lower <= higher if roi.select_background else lower >= higher


@settings(deadline=None, max_examples=40)
@given(images(), roi_settings())
def test_background_and_structure_never_share_a_patch(image, roi):
    scorer = RoiScorer(image)
    plain = replace(roi, use_roi=True, added=(), removed=())
    background = scorer.select(replace(plain, select_background=True)).coords.tolist()
    structure = scorer.select(replace(plain, select_background=False)).coords.tolist()
    assert not {tuple(corner) for corner in background} & {tuple(corner) for corner in structure}


DTYPES = ["u1", "i1", "<u2", ">u2", "<i2", ">i4", "<u4", "<i8", ">u8", "<f2", ">f4", "<f4", "<f8", ">f8"]


@settings(deadline=None, max_examples=40)
@given(images(), roi_settings(), st.sampled_from(DTYPES), st.booleans(), st.booleans())
def test_dtype_and_memory_layout_make_no_difference(image, roi, dtype, fortran, reverse):
    same = image.astype(dtype, order="F" if fortran else "C")
    if reverse:
        same = same[::-1, ::-1].copy(order="K")[::-1, ::-1]
    same.flags.writeable = False
    first, second = select_patches(image, roi), select_patches(same, roi)
    assert np.array_equal(first.coords, second.coords)
    assert np.array_equal(first.scores, second.scores)


@settings(deadline=None, max_examples=40)
@given(images(), st.integers(1, 16), st.floats(0.1, 0.9), st.booleans(), st.sampled_from([0.0, 0.5, 0.75]))
def test_published_helper_agrees_with_a_double_loop(image, patch_size, threshold, above, overlap):
    small = image / image.max()
    stride = max(1, round(patch_size * (1 - overlap)))
    rows, columns = (
        sorted({*range(0, length - patch_size + 1, stride), length - patch_size}) for length in small.shape
    )
    means = {
        (row, column): small[row : row + patch_size, column : column + patch_size].mean()
        for row in rows
        for column in columns
    }
    found = find_roi_patches(
        small, patch_size, threshold=threshold, above_threshold=above, scale_factor=0.5, overlap=overlap
    )
    clear = {corner for corner, mean in means.items() if abs(mean - threshold) > 1e-6}  # rounding decides the others
    expected = {corner for corner in clear if (means[corner] > threshold) == above}
    assert {(row // 2, column // 2) for row, column in found} & clear == expected
