"""Blocks of an image of any size: they cover it once, share no chunk, and give the result of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from helpers.stages import SMALL

from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.files import open_image
from napari_autostructn2v.images import FixedPattern, Layout
from napari_autostructn2v.large import Recipe, blocks, blocks_of, chunks_for, denoise_block, done_blocks, read_sample
from napari_autostructn2v.large import chunked as lazy
from napari_autostructn2v.large import parts as large
from napari_autostructn2v.pipeline import denoise
from napari_autostructn2v.settings import Settings

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model() -> Denoiser:
    image = RNG.normal(100, 10, (64, 80))
    made = denoise(image, Settings(stages="1", stage1=SMALL, device="cpu")).denoiser
    assert made is not None
    return made


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat planes of more than 160 x 160 pixels as too large for one block."""
    monkeypatch.setattr(lazy, "BLOCK_PIXELS", 160 * 160)
    monkeypatch.setattr(blocks, "BLOCK_PIXELS", 160 * 160)
    monkeypatch.setattr(lazy, "BLOCK_SIDE", 128)


CASES = [
    ("TYX", (7, 100, 120), (3, 100, 120)),
    ("TYX", (7, 100, 120), (1, 50, 50)),
    ("TCYX", (5, 2, 100, 120), (2, 2, 100, 120)),
    ("YXC", (100, 120, 3), (64, 64, 3)),
    ("TYX", (3, 300, 420), (2, 64, 64)),
    ("YX", (301, 423), (100, 100)),
    ("ZCYX", (4, 3, 290, 170), (4, 3, 290, 170)),
]


@pytest.mark.parametrize(("axes", "shape", "chunks"), CASES)
def test_blocks_cover_all_pixels_once_and_share_no_chunk(
    small: None, axes: str, shape: tuple[int, ...], chunks: tuple[int, ...]
) -> None:
    layout = Layout(axes, shape)
    count, chunk_owner = np.zeros(shape, int), {}
    written = chunks_for(layout, chunks, 64)
    for block in blocks_of(layout, chunks, 64):
        channel = layout.channels[block.channel]
        index = layout.slices(channel, block.leading, block.rows, block.columns)
        count[index] += 1
        assert count[index].size <= 160 * 160 * 2
        touched = np.zeros(shape, bool)
        touched[index] = True
        for chunk in {tuple(int(v) for v in at // np.array(written)) for at in np.argwhere(touched)[::7]}:
            assert chunk_owner.setdefault(chunk, block.number) == block.number
    assert (count == 1).all()


@pytest.mark.parametrize(("axes", "shape", "chunks"), CASES)
def test_block_by_block_gives_the_result_of_the_whole(
    small: None, tmp_path: Path, model: Denoiser, axes: str, shape: tuple[int, ...], chunks: tuple[int, ...]
) -> None:
    image = RNG.normal(100, 10, shape).astype(np.float32)
    zarr.create_array(tmp_path / "in.zarr", data=image, chunks=chunks)
    target = zarr.create_array(
        tmp_path / "out.zarr", shape=shape, dtype="f4", chunks=chunks_for(Layout(axes, shape), chunks, 64)
    )
    layout = Layout(axes, shape)
    packed = model.packed()
    count = len(layout.channels)
    recipe = Recipe(str(tmp_path / "in.zarr"), str(tmp_path / "out.zarr"), layout, (packed,) * count,
                    (FixedPattern(),) * count, model.margin, 0, "cpu")  # fmt: skip
    for block in blocks_of(layout, chunks, model.margin):
        assert denoise_block(recipe, block) == block.number
    planes = layout.to_planes(image, axes)
    expected = layout.from_planes(model.predict(planes, device="cpu"), axes)
    np.testing.assert_allclose(target[...], expected, atol=2e-3)


def test_a_channel_without_a_model_is_kept(tmp_path: Path, model: Denoiser) -> None:
    image = RNG.integers(0, 255, (32, 40, 4)).astype(np.uint8)
    zarr.create_array(tmp_path / "in.zarr", data=image)
    target = zarr.create_array(tmp_path / "out.zarr", shape=image.shape, dtype="u1", chunks=(32, 40, 1))
    layout = Layout("YXS", image.shape)
    packed = model.packed()
    recipe = Recipe(str(tmp_path / "in.zarr"), str(tmp_path / "out.zarr"), layout, (packed, packed, packed, None),
                    (FixedPattern(),) * 4, model.margin, 0, "cpu")  # fmt: skip
    for block in blocks_of(layout, image.shape, model.margin):
        denoise_block(recipe, block)
    np.testing.assert_array_equal(target[..., 3], image[..., 3])
    assert (target[..., 0] != image[..., 0]).any()


def test_training_sees_planes_from_beginning_to_end(tmp_path: Path) -> None:
    movie = np.broadcast_to(np.arange(100, dtype="u2")[:, None, None], (100, 32, 40))
    zarr.create_array(tmp_path / "in.zarr", data=movie)
    with open_image(tmp_path / "in.zarr") as image:
        layout = Layout("TYX", movie.shape)
        assert read_sample(image, layout, layout.channels[0])[:, 0, 0].tolist() == list(range(100))
        few = read_sample(image, layout, layout.channels[0], 10 * 32 * 40)
        assert few[:, 0, 0].tolist() == list(range(5, 100, 10))


def test_training_sees_pieces_of_huge_planes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "_PIECE", 32)
    plane = np.add.outer(1000 * np.arange(100), np.arange(200)).astype("u4")
    zarr.create_array(tmp_path / "in.zarr", data=plane)
    with open_image(tmp_path / "in.zarr") as image:
        layout = Layout("YX", plane.shape)
        pieces = read_sample(image, layout, layout.channels[0], 6 * 32 * 32)
    assert pieces.shape == (6, 32, 32)
    assert (np.diff(pieces, axis=1) == 1000).all()
    assert len(np.unique(pieces[:, 0, 0])) == 6


def test_a_number_cut_short_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "done"
    assert done_blocks(path) == set()
    path.write_bytes(b"0\n1\n12")
    assert done_blocks(path) == {0, 1}


def test_offsets_of_lines_are_those_of_the_whole_plane(small: None, tmp_path: Path) -> None:
    image = (1000 + RNG.normal(0, 10, (2, 300, 320)) + RNG.normal(0, 30, (2, 1, 320))).astype(np.float32)
    model = denoise(image, Settings(stages="1", stage1=SMALL, device="cpu")).denoiser
    assert model is not None
    assert model.flattened == ("columns",)
    zarr.create_array(tmp_path / "in.zarr", data=image, chunks=(1, 64, 64))
    zarr.create_array(tmp_path / "out.zarr", shape=image.shape, chunks=(1, 64, 64), dtype=image.dtype)
    layout = Layout("TYX", image.shape)
    recipe = Recipe(
        str(tmp_path / "in.zarr"),
        str(tmp_path / "out.zarr"),
        layout,
        (model.packed(),),
        (FixedPattern(),),
        64,
        0,
        "cpu",
    )
    for block in blocks_of(layout, (1, 64, 64), 64):
        denoise_block(recipe, block)
    result = zarr.open_array(tmp_path / "out.zarr")[...]
    np.testing.assert_allclose(result, model.predict(image, device="cpu"), atol=0.05)
