"""Planes that are denoised as they are asked for are those of the whole image."""

from __future__ import annotations

import threading
from dataclasses import replace

import dask.array
import numpy as np
import pytest

from napari_autostructn2v import InputError
from napari_autostructn2v.denoiser import Denoiser, PlaneByPlane, plane_by_plane
from napari_autostructn2v.errors import MissingPixelsError, ModelDoesNotFitError
from napari_autostructn2v.large import Remembered
from napari_autostructn2v.pipeline import denoise
from napari_autostructn2v.settings import RoiSettings, Settings, StageSettings
from napari_autostructn2v.stop import Stopped

TINY = StageSettings(
    roi=RoiSettings(use_roi=False), num_epochs=1, patches_per_image=8, batch_size=4, crop_size=32, features=4
)
MOVIE = (np.random.default_rng(0).normal(1000, 100, (30, 48, 64)) + 100 * np.arange(30)[:, None, None]).astype(
    np.uint16
)  # no plane can be taken for another one
WHOLE = slice(0, 48), slice(0, 64)


@pytest.fixture(scope="module", params=["none", "far"])
def model(request: pytest.FixtureRequest) -> Denoiser:
    settings = Settings(stages="1", stage1=TINY, device="cpu", context=request.param)
    made = denoise(MOVIE, settings).denoiser
    assert made is not None
    return made


def without_turns(model: Denoiser) -> Denoiser:
    """The model as it is used live."""
    return replace(
        model, settings=replace(model.settings, stage1=replace(model.settings.stage1, flips_at_prediction=False))
    )


def view(planes: PlaneByPlane, plane: tuple[int, ...], rows: slice = WHOLE[0], columns: slice = WHOLE[1]) -> np.ndarray:
    shown = np.zeros((48, 64), np.uint16)
    for piece in planes.pieces(rows, columns):
        shown[piece.rows, piece.columns] = planes.denoise(plane, piece)
    return shown[rows, columns]


@pytest.mark.parametrize("lazy", [False, True])
def test_planes_are_those_of_the_whole_stack(model: Denoiser, lazy: bool) -> None:
    expected = without_turns(model).predict(MOVIE, device="cpu")
    given = dask.array.from_array(MOVIE, (4, 48, 64)) if lazy else MOVIE
    planes = PlaneByPlane(model, given, Remembered(2**26), device="cpu")
    for at in (0, 5, 6, 29):
        np.testing.assert_array_equal(view(planes, (at,)), expected[at])
    assert planes.said == ""


def test_pieces_of_large_planes_have_no_seams(model: Denoiser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plane_by_plane, "_WHOLE_PIXELS", 100)
    monkeypatch.setattr(plane_by_plane, "_SIDE", 16)
    expected = without_turns(model).predict(MOVIE, device="cpu")
    planes = PlaneByPlane(model, MOVIE, Remembered(2**26), device="cpu")
    shown = view(planes, (7,), slice(10, 40), slice(20, 60))
    assert np.abs(shown.astype(int) - expected[7, 10:40, 20:60]).max() <= 1, "but for rounding"
    pieces = planes.pieces(slice(0, 48), slice(0, 64))
    assert len(pieces) == 12
    assert (pieces[0].top, pieces[0].left) in {(16, 16), (16, 32)}, "the middle comes first"
    assert len(planes.pieces(slice(17, 20), slice(1, 2))) == 1


def test_what_was_seen_is_remembered_within_a_bound(model: Denoiser) -> None:
    read: list[int] = []

    class Disk:
        shape, dtype, ndim, size = MOVIE.shape, MOVIE.dtype, MOVIE.ndim, MOVIE.size

        def __getitem__(self, index: tuple) -> np.ndarray:
            read.append(index[0])
            return MOVIE[index]

    remembered = Remembered(40 * 48 * 64 * 4)
    planes = PlaneByPlane(model, Disk(), remembered, device="cpu")
    (piece,) = planes.pieces(*WHOLE)
    first = planes.denoise((3,), piece)
    count = len(read)
    assert planes.denoise((3,), piece) is first
    assert planes.remembered((3,), piece) is first
    assert len(read) == count, "nothing is read again"
    for at in range(4, 30):
        planes.denoise((at,), piece)
        assert remembered.nbytes <= 40 * 48 * 64 * 4
    if model.reach:
        assert planes.remembered((3,), piece) is None
        assert len(read) - count < 60, "what stands beside a plane is read once"


def test_a_stop_ends_it(model: Denoiser) -> None:
    planes = PlaneByPlane(model, MOVIE, Remembered(2**26), device="cpu")
    stop = threading.Event()
    stop.set()
    (piece,) = planes.pieces(*WHOLE)
    with pytest.raises(Stopped):
        planes.denoise((0,), piece, stop=stop)
    assert planes.remembered((0,), piece) is None


def test_what_does_not_go_together_is_said_in_words(model: Denoiser, monkeypatch: pytest.MonkeyPatch) -> None:
    if model.reach:
        with pytest.raises(InputError, match="whole stack"):
            PlaneByPlane(model, MOVIE[0], Remembered(2**26))
    other = PlaneByPlane(model, np.float32(1e4) * np.indices(MOVIE.shape)[2].astype(np.float32), Remembered(2**26))
    (piece,) = other.pieces(*WHOLE)
    with pytest.raises(ModelDoesNotFitError):
        other.denoise((0,), piece)
    gaps = MOVIE.astype(np.float32)
    gaps[4, 3, 3] = np.nan
    holed = PlaneByPlane(model, gaps, Remembered(2**26), device="cpu")
    with pytest.raises(MissingPixelsError):
        holed.denoise((4,), piece)
    monkeypatch.setattr(plane_by_plane, "BLOCK_PIXELS", 100)
    with pytest.raises(InputError, match="crop it"):
        PlaneByPlane(replace(model, flattened=("rows",)), MOVIE, Remembered(2**26))
