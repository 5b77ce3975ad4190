"""Images larger than memory: read in part, denoised in part, and the same pixels as in memory."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import pytest
from helpers.stages import SMALL

from napari_autostructn2v.large import KeptPlanes
from napari_autostructn2v.large import parts as large
from napari_autostructn2v.pipeline import denoise, run
from napari_autostructn2v.settings import Settings

SETTINGS = Settings(stages="1", stage1=SMALL, stage2=SMALL, device="cpu")
MOVIE = np.random.default_rng(0).normal(100, 10, (20, 48, 64)).astype(np.float32)


class Source:
    """An array that tells which planes were read."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def array(self) -> Any:
        def plane(block_info: Any = None) -> np.ndarray:
            number = block_info[None]["chunk-location"][0]
            self.read.append(number)
            return MOVIE[number : number + 1]

        return dask.array.map_blocks(
            plane, chunks=((1,) * 20, (48,), (64,)), dtype="f4", meta=np.empty((0, 0, 0), "f4")
        )


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "IN_MEMORY_PIXELS", MOVIE.size - 1)
    defaults = (5 * 48 * 64,)
    monkeypatch.setattr(large.sample_places, "__defaults__", defaults)
    monkeypatch.setattr(large.sample_planes, "__defaults__", (None, *defaults))


@pytest.mark.usefixtures("small_memory")
def test_a_run_reads_only_the_planes_it_trains_on() -> None:
    source = Source()
    result = denoise(source.array(), SETTINGS)
    assert sorted(source.read) == [2, 6, 10, 14, 18]
    assert "5 planes spread over it" in " ".join(result.report.messages)
    assert result.denoised is not None and result.denoiser is not None
    part = np.asarray(result.denoised[7])
    assert source.read[5:] == [7]
    np.testing.assert_array_equal(part, result.denoiser.predict_part(MOVIE[7], device="cpu"))


@pytest.mark.usefixtures("small_memory")
def test_previews_show_the_plane_in_view() -> None:
    source = Source()
    sample, index = large.sample_planes(source.array(), 11)
    assert index is not None
    np.testing.assert_array_equal(sample[index], MOVIE[11])


@pytest.mark.usefixtures("small_memory")
def test_a_run_that_is_stopped_before_training_has_no_result() -> None:
    stop = threading.Event()
    stop.set()
    events = run(Source().array(), SETTINGS, stop=stop)
    with pytest.raises(StopIteration) as end:
        while True:
            next(events)
    assert end.value.value.denoised is None


def test_planes_larger_than_the_sample_are_cut() -> None:
    places, run = large.sample_places(2, (4096, 5000), 2**24)
    assert run == 1
    assert len(places) == 16
    assert {(rows.stop - rows.start, columns.stop - columns.start) for _, rows, columns in places} == {(1024, 1024)}
    assert len({(plane, rows.start, columns.start) for plane, rows, columns in places}) == 16
    assert {plane for plane, _, _ in places} == {0, 1}


def test_a_small_image_on_disk_stays_as_it_is_and_a_large_one_becomes_lazy(tmp_path: Path) -> None:
    small = np.memmap(tmp_path / "small", np.uint8, "w+", shape=(64, 64))
    assert large.on_disk_as_dask(small) is small
    on_disk = np.memmap(tmp_path / "large", np.uint8, "w+", shape=(3, 4096, 4096))
    on_disk[2, 5, 6] = 7
    lazy = large.on_disk_as_dask(on_disk)
    assert large.is_large(lazy)
    assert int(lazy[2, 5, 6].compute()) == 7


class Counted:
    """A lazy image that counts how often each plane is computed."""

    def __init__(self) -> None:
        self.counts = [0] * 6

    def array(self) -> Any:
        def plane(block: np.ndarray, block_info: Any = None) -> np.ndarray:
            self.counts[block_info[0]["chunk-location"][0]] += 1
            return block

        image = dask.array.from_array(MOVIE[:6], (1, 48, 64))
        return image.map_blocks(plane, dtype="f4", meta=np.empty((0, 0, 0), "f4"))


def test_each_plane_is_computed_once_and_read_from_disk_after_that() -> None:
    counted = Counted()
    kept = KeptPlanes(counted.array())
    np.testing.assert_array_equal(kept.array[4, 10:20, ::3], MOVIE[4, 10:20, ::3])
    assert counted.counts == [0, 0, 0, 0, 1, 0]
    told: list[tuple[int, int]] = []
    kept.fill((3, 0, 0), threading.Event(), lambda *said: told.append(said))
    assert told[-1] == (6, 6)
    np.testing.assert_array_equal(kept.array, MOVIE[:6])
    assert counted.counts == [1] * 6


def test_filling_begins_with_the_plane_in_view_and_ends_when_stopped() -> None:
    counted, stop = Counted(), threading.Event()
    kept = KeptPlanes(counted.array())
    kept.fill((3, 0, 0), stop, lambda done, total: stop.set() if done == 2 else None)
    assert counted.counts == [0, 0, 0, 1, 1, 0]
    np.testing.assert_array_equal(kept.array, MOVIE[:6])


def test_what_is_kept_on_disk_goes_with_the_last_array() -> None:
    kept = KeptPlanes(Counted().array())
    array, folder = kept.array, kept.folder
    del kept
    np.testing.assert_array_equal(array[1], MOVIE[1])
    assert any(folder.iterdir())
    del array
    gc.collect()
    assert not folder.exists()


def test_a_full_disk_costs_time_and_no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    kept = KeptPlanes(counted.array())
    monkeypatch.setattr(kept, "keeps", False)
    np.testing.assert_array_equal(kept.array[:2], MOVIE[:2])
    np.testing.assert_array_equal(kept.array[:2], MOVIE[:2])
    assert counted.counts[:2] == [2, 2]


def test_runs_of_planes_lie_one_beside_the_other_in_one_stack() -> None:
    places, run = large.sample_places(3 * 40, (1000, 900), 2**24, length=40)
    assert run == 25
    assert {first for first, _, _ in places} == {0, 40, 80}  # of 40 planes one run of 25 has room
    assert all(first % 40 + run <= 40 for first, _, _ in places)
    places, run = large.sample_places(2000, (1000, 900), 2**24, length=2000)
    assert run * sum((rows.stop - rows.start) * (columns.stop - columns.start) for _, rows, columns in places) <= 2**24
    assert len(places) >= 8
    assert len({first for first, _, _ in places}) == len(places)
    assert len({(rows.start, columns.start) for _, rows, columns in places}) > len(places) // 2
    assert large.sample_places(2000, (1000, 900), 2**22, length=2000)[1] == 1  # too few runs


def test_a_large_movie_is_trained_on_with_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "IN_MEMORY_PIXELS", MOVIE.size - 1)
    monkeypatch.setattr(large, "_RUN", 6)
    monkeypatch.setattr(large, "_RUN_SIDES", (32,))
    source = Source()
    settings = Settings(stages="1", stage1=SMALL, stage2=SMALL, device="cpu", context="near")
    events = run(source.array(), settings, preview_plane=11)
    first = next(event.preview for event in events if event.preview is not None)
    assert first.shape == (48, 64)
    with pytest.raises(StopIteration) as end:
        while True:
            next(events)
    result = end.value.value
    assert result.denoiser.reach == 1
    assert "parts of 6 planes each" in " ".join(result.report.messages)
    part = np.asarray(result.denoised[7])
    np.testing.assert_array_equal(part, result.denoiser.predict(MOVIE, device="cpu")[7])
