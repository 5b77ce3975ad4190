"""One model for many images: they are brought onto one scale before it is trained, and it is onto theirs afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.stages import TINY
from scipy import ndimage as ndi

from napari_autostructn2v.batch import BatchOrder, OpenImage, carry_out
from napari_autostructn2v.batch.one_scale import on_one_scale
from napari_autostructn2v.files import read_image, write_image
from napari_autostructn2v.settings import Settings

SETTINGS = Settings(stages="1", stage1=replace(TINY, num_epochs=12), stage2=TINY, device="cpu")


def cells(seed: int, side: int = 128) -> np.ndarray:
    """A few soft cells on a dark background, with the noise of a camera, in its units."""
    random = np.random.default_rng(seed)
    clean = ndi.gaussian_filter((random.random((side, side)) > 0.9985).astype(float), 3.0)
    return 100 + 60 * np.maximum(clean / clean.max() - 0.2, 0) + random.normal(0, 4, (side, side))


def test_other_exposures_are_brought_onto_one_scale_and_what_is_on_it_stays() -> None:
    first, second, third = (cells(seed) for seed in range(3))
    moved = on_one_scale([first, 30 * second + 200, third])
    np.testing.assert_array_equal(moved[0], first)
    np.testing.assert_array_equal(moved[2], third)
    assert abs(np.median(moved[1]) - np.median(second)) < 4, "less than the noise"
    assert np.std(moved[1]) == pytest.approx(np.std(second), rel=0.15)


def test_what_is_on_no_line_with_the_others_stays_as_it_is() -> None:
    flat = np.random.default_rng(5).normal(0, 400, (128, 128))  # nothing but noise, and far more of it
    samples = [cells(0), cells(1), flat]
    for before, after in zip(samples, on_one_scale(samples), strict=True):
        np.testing.assert_array_equal(after, before)


def test_open_images_and_files_share_a_model_that_fits_all(tmp_path: Path) -> None:
    write_image(tmp_path / "a.tif", cells(0).astype(np.float32))
    write_image(tmp_path / "b.tif", (200 * cells(1)).astype(np.uint16))
    image = OpenImage("layer", (cells(2).astype(np.float32),), ("",))
    order = BatchOrder(
        sources=(tmp_path / "a.tif", tmp_path / "b.tif"), folder=tmp_path / "out", settings=SETTINGS, one_model=True,
        images=(image,),
    )  # fmt: skip
    events: list[Any] = []
    (model,) = carry_out(order, events.append)
    assert 90 < model.offset < 130, "b, 200 times as bright, has not pulled the scale away"
    said = {event.number: event.values for event in events if getattr(event, "is_last", False)}
    assert "adapted" in " ".join(said[1]["messages"]) and not said[0]["messages"]
    for name, factor in (("a", 1), ("b", 200)):
        before, after = read_image(tmp_path / f"{name}.tif"), read_image(tmp_path / "out" / f"{name}_denoised.tif")
        assert np.std(before.astype(float) - after) > factor, "it was denoised on its own scale"
    assert not list((tmp_path / "out").glob(".*")), "the model is kept only while the batch is unfinished"
    events.clear()
    assert carry_out(order, events.append), "whoever has the layer open needs the model"
    assert {event.status for event in events if getattr(event, "is_last", False)} == {"was done already"}
    other = replace(order, images=(OpenImage("layer", (cells(9).astype(np.float32),), ("",)),))
    events.clear()
    carry_out(other, events.append)
    errors = [str(event.error) for event in events if getattr(event, "is_last", False)]
    assert all("exists already" in error for error in errors), "another layer, another model"


def test_images_without_files_leave_nothing_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    image = OpenImage("layer", (cells(2).astype(np.float32),), ("",))
    order = BatchOrder(sources=(), folder=Path(), settings=SETTINGS, one_model=True, images=(image,))
    assert len(carry_out(order, lambda event: None)) == 1
    assert not list(tmp_path.iterdir())
