"""The Denoise dock on a layer that is larger than memory should hold."""

from __future__ import annotations

import time

import dask.array
import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy.ndimage import gaussian_filter

from napari_autostructn2v.large import KeptPlanes
from napari_autostructn2v.large import parts as large
from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.image import viewer_state

PLANES = 12


@pytest.fixture
def dock(make_napari_viewer, qtbot, monkeypatch):
    """A dock on a movie of dask, of which at most four planes are read at once."""
    rng = np.random.default_rng(0)
    movie = (2000 * gaussian_filter(rng.random((96, 96)), 6) + rng.normal(100, 10, (PLANES, 96, 96))).astype(np.uint16)
    monkeypatch.setattr(large, "IN_MEMORY_PIXELS", movie.size - 1)
    monkeypatch.setattr(large.sample_planes, "__defaults__", (None, 4 * 96 * 96))
    viewer = make_napari_viewer()
    layer = viewer.add_image(dask.array.from_array(movie, (6, 96, 96)), name="movie", scale=(1, 0.1, 0.1))
    layer.contrast_limits = 0, 3000
    stage = StageSettings(roi=RoiSettings(use_roi=False), num_epochs=2, patches_per_image=32, features=4, num_layers=1)
    viewer_state(viewer).set_settings(Settings(stages="1", stage1=stage, stage2=stage, device="cpu"))
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    yield dock
    dock.control.runner.stop()
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=20_000)


def _run(dock, qtbot) -> None:
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=60_000)


def test_the_result_is_lazy_too_and_lies_on_the_movie(dock, qtbot) -> None:
    viewer = dock._viewer
    viewer.dims.set_current_step(0, 7)
    _run(dock, qtbot)
    source, result = viewer.layers["movie"], viewer.layers["movie denoised"]
    assert isinstance(result.data, dask.array.Array)
    assert (result.data.shape, result.data.dtype) == (source.data.shape, np.uint16)
    np.testing.assert_array_equal(result.extent.world, source.extent.world)
    assert "planes spread over it" in " ".join(result.metadata["autostructn2v"]["messages"])
    viewer.dims.set_current_step(0, 3)
    before, after = np.asarray(source.data[3], float), np.asarray(result.data[3], float)
    assert after.std() < before.std()
    assert abs(after.mean() - before.mean()) < 5


def test_cancel_while_planes_are_denoised_shows_the_rest_on_demand(dock, qtbot, monkeypatch) -> None:
    events = []
    dock.control.progressed.connect(lambda found: events.extend(found))
    swift = KeptPlanes.block

    def slow(kept: KeptPlanes, block: tuple[int, ...]) -> np.ndarray:
        time.sleep(0.2)
        return swift(kept, block)

    monkeypatch.setattr(KeptPlanes, "block", slow)
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("Denoising part" in event.message for event in events), timeout=60_000)
    qtbot.mouseClick(dock.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=5_000)
    assert max(event.step for event in events if "Denoising part" in event.message) < PLANES
    result = dock._viewer.layers["movie denoised"]
    assert np.asarray(result.data[PLANES - 1]).std() > 0


def test_a_model_is_applied_plane_by_plane(dock, qtbot) -> None:
    _run(dock, qtbot)
    viewer = dock._viewer
    first = np.asarray(viewer.layers["movie denoised"].data[5])
    qtbot.mouseClick(dock.model_panel.apply_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.control.runner.is_running, timeout=60_000)
    again = viewer.layers["movie denoised"]
    assert isinstance(again.data, dask.array.Array)
    np.testing.assert_array_equal(np.asarray(again.data[5]), first)


def test_the_difference_stays_lazy(dock, qtbot) -> None:
    _run(dock, qtbot)
    qtbot.mouseClick(dock.result_view.difference_button, Qt.MouseButton.LeftButton)
    removed = dock._viewer.layers["movie removed"]
    assert isinstance(removed.data, dask.array.Array)
    before, after = (np.asarray(dock._viewer.layers[name].data[2], float) for name in ("movie", "movie denoised"))
    np.testing.assert_array_equal(np.asarray(removed.data[2]), before - after)
    assert 2 < (before - after).std() < 15
