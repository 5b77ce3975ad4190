"""A model that looks at the planes beside a plane: in memory, in its file, lazily, by blocks."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import dask.array
import numpy as np
import pytest
import zarr
from helpers.stages import SMALL

from napari_autostructn2v import InputError
from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.files import open_image
from napari_autostructn2v.images import FixedPattern, Layout
from napari_autostructn2v.large import Recipe, blocks_of, chunked, chunks_for, denoise_block, margins
from napari_autostructn2v.pipeline import denoise
from napari_autostructn2v.settings import Settings

MOVIE = np.random.default_rng(0).normal(100, 10, (40, 48, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> Denoiser:
    settings = Settings(stages="1", stage1=SMALL, device="cpu", context="far")
    made = denoise(MOVIE, settings).denoiser
    assert made is not None
    assert made.reach == 12
    return made


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(margins, "_MOST_PLANES", 5)
    monkeypatch.setattr(margins, "_LEAST_PLANES", 5)


def test_planes_denoised_a_few_at_once_are_those_of_the_whole(model: Denoiser, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model.predict(MOVIE, device="cpu")
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(margins, "_MOST_PLANES", 7)
    monkeypatch.setattr(margins, "_LEAST_PLANES", 7)
    some = model.predict(MOVIE, device="cpu", on_tile=lambda done, total: told.append((done, total)))
    np.testing.assert_array_equal(some, whole)
    assert told == [(done, 40) for done in range(1, 41)]


def test_the_file_keeps_the_context(model: Denoiser, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    loaded = Denoiser.load(tmp_path / "model")
    assert loaded.contexts == model.contexts
    np.testing.assert_array_equal(loaded.predict(MOVIE, device="cpu"), model.predict(MOVIE, device="cpu"))


def test_a_single_plane_is_refused_in_words(model: Denoiser) -> None:
    with pytest.raises(InputError, match="whole stack"):
        model.predict(MOVIE[0])
    with pytest.raises(InputError, match="whole stack"):
        model.predict(dask.array.from_array(MOVIE[0]))


@pytest.mark.parametrize("chunks", [(1, 48, 64), (40, 48, 64), (3, 20, 64)])
def test_lazy_stacks_give_the_very_same_pixels(model: Denoiser, few_at_once: None, chunks: tuple[int, ...]) -> None:
    lazy = model.predict(dask.array.from_array(MOVIE, chunks), device="cpu")
    assert lazy.shape == MOVIE.shape
    assert len(lazy.chunks[0]) > 1
    np.testing.assert_array_equal(lazy.compute(scheduler="threads"), model.predict(MOVIE, device="cpu"))
    np.testing.assert_array_equal(lazy[17].compute(), model.predict(MOVIE, device="cpu")[17])


def test_lazy_stacks_of_several_kinds_of_planes_do_not_mix_them(model: Denoiser) -> None:
    both = np.stack([MOVIE, MOVIE[::-1] + 7])
    lazy = model.predict(dask.array.from_array(both, (2, 9, 48, 64)), device="cpu")
    expected = model.predict(both, device="cpu")
    np.testing.assert_array_equal(lazy.compute(), expected)
    np.testing.assert_array_equal(expected[0], model.predict(MOVIE, device="cpu"))


@pytest.mark.parametrize("lines", [(), ("rows",)])
def test_lazy_planes_that_are_cut_have_no_seams(
    model: Denoiser, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    model = replace(model, flattened=lines)
    monkeypatch.setattr(chunked, "_STACK_PIXELS", 10_000)
    monkeypatch.setattr(chunked, "_STACK_SIDE", 96)
    wide = np.tile(MOVIE[:26], (1, 4, 4))
    lazy = model.predict(dask.array.from_array(wide, (1, *wide.shape[1:])), device="cpu")
    assert len(lazy.chunks[-1]) > 1
    np.testing.assert_allclose(lazy.compute(scheduler="threads"), model.predict(wide, device="cpu"), atol=0.01)


@pytest.mark.parametrize(("axes", "stored"), [("TYX", (1, 48, 64)), ("TYX", (10, 48, 64)), ("TCYX", (1, 2, 48, 64))])
def test_block_by_block_gives_the_result_of_the_whole(
    model: Denoiser, few_at_once: None, tmp_path: Path, axes: str, stored: tuple[int, ...]
) -> None:
    image = np.stack([MOVIE, 2 * MOVIE - 90], 1) if "C" in axes else MOVIE
    zarr.create_array(tmp_path / "in.zarr", data=image, chunks=stored)
    layout = Layout(axes, image.shape)
    packed = (model.packed(),) * len(layout.channels)
    patterns = (FixedPattern(),) * len(layout.channels)
    recipe = Recipe(
        str(tmp_path / "in.zarr"),
        str(tmp_path / "out.zarr"),
        layout,
        packed,
        patterns,
        model.margin,
        model.reach,
        "cpu",
    )
    written = chunks_for(layout, stored, model.margin, model.reach)
    blocks = blocks_of(layout, stored, model.margin, model.reach)
    target = zarr.create_array(tmp_path / "out.zarr", shape=image.shape, dtype=image.dtype, chunks=written)
    assert len(blocks) > len(layout.channels)
    assert all(block.leading[-1].start % written[0] == 0 for block in blocks)
    with open_image(tmp_path / "in.zarr") as opened:
        for block in blocks:
            denoise_block(recipe, block, opened)
    whole = np.moveaxis(image, 1, 0) if "C" in axes else image
    expected = model.predict(whole, device="cpu")
    np.testing.assert_array_equal(target[...], np.moveaxis(expected, 0, 1) if "C" in axes else expected)


def test_a_block_of_a_stack_is_brought_to_the_scale_of_the_networks_in_one_piece(model: Denoiser) -> None:
    block = np.random.default_rng(1).poisson(100, (60, 128, 128)).astype(np.uint16)
    tracemalloc.start()
    try:
        planes = model.normalised(block)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1.3 * planes.values.nbytes


def test_no_block_of_a_stack_of_large_planes_takes_much_memory(model: Denoiser) -> None:
    for side in (512, 1024, 1400, 2048, 4096):
        rows, columns = chunked.plane_chunks((side, side), model.margin, model.reach)
        seen = tuple(min(side, max(sizes) + 2 * model.margin) for sizes in (rows, columns))
        planes = max(chunked.plane_runs(100, (max(rows), max(columns)), model.reach)) + 2 * model.reach
        assert planes * seen[0] * seen[1] <= 1.3 * 2**26, side
