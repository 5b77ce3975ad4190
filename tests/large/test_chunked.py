"""Dask arrays: lazy, without seams, equal to the image in memory, and at home on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dask
import dask.array
import numpy as np
import pytest
from helpers.stages import SMALL

from napari_autostructn2v import InputError
from napari_autostructn2v.denoiser import Denoiser
from napari_autostructn2v.large import chunked as lazy
from napari_autostructn2v.large import model as travelling
from napari_autostructn2v.pipeline import denoise
from napari_autostructn2v.settings import Settings

RNG = np.random.default_rng(0)
MOVIE = RNG.normal(100, 10, (4, 64, 80)).astype(np.float32)
MOVIE[1, 20, 30] = 5000  # a hot pixel


@pytest.fixture(scope="module")
def model() -> Denoiser:
    made = denoise(MOVIE, Settings(stages="1", stage1=SMALL, device="cpu", context="none")).denoiser
    assert made is not None
    return made


def test_nothing_is_computed_before_it_is_asked_for(model: Denoiser) -> None:
    def never(block: np.ndarray) -> np.ndarray:
        raise AssertionError("computed too early")

    image = dask.array.from_array(MOVIE, (1, 64, 80)).map_blocks(never, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
    result = model.predict(image, anyway=True)
    assert (result.shape, result.dtype) == (MOVIE.shape, np.float32)
    with pytest.raises(AssertionError, match="too early"):
        result.compute(scheduler="synchronous")


@pytest.mark.parametrize("chunks", [(1, 64, 80), (4, 64, 80), (3, 17, 29), (2, 64, 16)])
@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_whole_planes_give_the_very_same_pixels(model: Denoiser, chunks: tuple[int, ...], dtype: str) -> None:
    image = MOVIE.astype(dtype)
    result = model.predict(dask.array.from_array(image, chunks), device="cpu")
    np.testing.assert_array_equal(result.compute(scheduler="threads"), model.predict(image, device="cpu"))


def test_the_result_is_that_of_the_run(model: Denoiser) -> None:
    result = denoise(MOVIE, Settings(stages="1", stage1=SMALL, device="cpu", context="none"))
    np.testing.assert_array_equal(model.predict(MOVIE, device="cpu"), result.denoised)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_planes_that_are_cut_show_no_seams(monkeypatch: pytest.MonkeyPatch, num_layers: int) -> None:
    monkeypatch.setattr(lazy, "BLOCK_PIXELS", 64 * 64)
    monkeypatch.setattr(lazy, "BLOCK_SIDE", 192)
    image = RNG.normal(100, 10, (500, 450)).astype(np.float32)
    image[190:194, 191] = 500
    image[300, 380:390] = 3000
    stage = replace(SMALL, num_layers=num_layers)
    model = denoise(image[:128, :128], Settings(stages="1", stage1=stage, device="cpu")).denoiser
    assert model is not None
    result = model.predict(dask.array.from_array(image, (100, 450)), device="cpu")
    assert 100 < max(result.chunks[0]) <= 400
    np.testing.assert_allclose(result.compute(scheduler="threads"), model.predict(image, device="cpu"), atol=2e-3)


def test_nothing_reaches_beyond_the_margin(model: Denoiser) -> None:
    """Random weights: training makes reach smaller, not larger."""
    plane = RNG.normal(100, 10, (256, 256)).astype(np.float32)
    other = plane.copy()
    other[:64] += RNG.normal(0, 10, (64, 256))
    one, two = (model.predict_part(image, device="cpu") for image in (plane, other))
    changed = np.flatnonzero(np.abs(one - two).max(1) > 1e-3)
    assert changed.max() < 64 + model.margin
    assert changed.max() > 64


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (dask.array.zeros((64, 80), dtype=bool), "real numbers"),
        (dask.array.zeros(64), "two axes"),
        (dask.array.zeros((64, 80, 3)), "80 x 3 pixels"),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(model: Denoiser, image: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        model.predict(image)


def test_nan_is_refused_when_it_is_met(model: Denoiser) -> None:
    image = dask.array.from_array(np.where(MOVIE > 130, np.nan, MOVIE), (1, 64, 80))
    with pytest.raises(InputError, match="NaN"):
        model.predict(image).compute(scheduler="synchronous")


def test_a_model_is_opened_once_however_many_blocks_there_are(model: Denoiser) -> None:
    travelling._opened.cache_clear()
    image = dask.array.from_array(np.repeat(MOVIE, 5, axis=0), (1, 64, 80))
    model.predict(image, device="cpu").compute(scheduler="threads")
    assert travelling._opened.cache_info().misses == 1


def test_the_model_is_in_the_graph_once(model: Denoiser) -> None:
    import pickle

    image = dask.array.from_array(np.repeat(MOVIE, 5, axis=0), (1, 64, 80))
    one, many = (len(pickle.dumps(dict(model.predict(part).__dask_graph__()))) for part in (image[:1], image))
    content = len(model.packed().content)
    assert one > content
    assert many < 2 * content + 20 * MOVIE.nbytes


# A cluster ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    settings = {"distributed.comm.timeouts.connect": "20s", "distributed.scheduler.allowed-failures": 10}
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.timeout(900)  # two processes import torch, on whatever cores are left
def test_a_cluster_that_loses_a_worker_gives_the_local_result(model: Denoiser, client: Any) -> None:
    import os
    import signal
    import time

    movie = np.concatenate([MOVIE + number for number in range(10)])

    def slowly(block: np.ndarray) -> np.ndarray:
        time.sleep(0.05)
        return block

    image = dask.array.from_array(movie, (1, 64, 80)).map_blocks(slowly, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
    future = client.compute(model.predict(image, device="cpu"))
    pids = list(client.run(os.getpid).values())
    assert len(pids) == 2
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:  # until the run is well under way
        if any(count for count in client.run(lambda dask_worker: len(dask_worker.data)).values()):
            break
        time.sleep(0.05)
    os.kill(pids[0], signal.SIGKILL)
    np.testing.assert_array_equal(future.result(), model.predict(movie, device="cpu"))


def test_offsets_of_lines_are_those_of_the_whole_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lazy, "BLOCK_PIXELS", 64 * 64)
    monkeypatch.setattr(lazy, "BLOCK_SIDE", 192)
    image = (1000 + RNG.normal(0, 10, (400, 420)) + RNG.normal(0, 30, (400, 1))).astype(np.float32)
    model = denoise(image, Settings(stages="1", stage1=SMALL, device="cpu")).denoiser
    assert model is not None
    assert model.flattened == ("rows",)
    whole = model.predict(image, device="cpu")
    result = model.predict(dask.array.from_array(image, (100, 420)), device="cpu")
    np.testing.assert_allclose(result.compute(scheduler="threads"), whole, atol=0.05)
