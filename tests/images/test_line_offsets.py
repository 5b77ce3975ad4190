"""Rows and columns that are each a little too bright or too dark: seen and taken out, and nothing else touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v import Denoiser, Settings, denoise
from napari_autostructn2v.images import find_line_offsets, without_line_offsets
from napari_autostructn2v.images.line_offsets import line_offsets
from napari_autostructn2v.settings import MaskSettings, StageSettings

SIDE = 256
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32)


def cells(seed: int = 0, brightness: float = 8.0) -> np.ndarray:
    """Blurred round objects on an empty background, in units of the pixel noise."""
    rng = np.random.default_rng(seed)
    image = np.zeros((SIDE, SIDE))
    for row, column in rng.integers(0, SIDE, (12, 2)):
        image[np.hypot(Y - row, X - column) < 14] = brightness
    return ndimage.gaussian_filter(image, 2).astype(np.float32)


def noisy(scene: np.ndarray, rows: float = 0.0, columns: float = 0.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return a scene with unit pixel noise and offsets of these standard deviations, and the offsets of the rows."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, rows, SIDE) if rows else np.zeros(SIDE)
    across = rng.normal(0, columns, SIDE) if columns else np.zeros(SIDE)
    return (scene + rng.normal(0, 1, scene.shape) + own[:, None] + across).astype(np.float32), own


@pytest.mark.parametrize("rows", [0.2, 1.0, 3.0])
def test_offsets_are_measured_to_what_the_pixels_of_a_line_tell(rows: float) -> None:
    image, own = noisy(cells(), rows)
    error = line_offsets(image) - (own - own.mean())
    # The mean of a whole row of noise alone scatters by 1 / sqrt(256); about half of the row is specimen.
    assert error.std() < 2.5 / np.sqrt(SIDE) + 0.08 * rows


@pytest.mark.parametrize(
    ("rows", "columns", "found"),
    [(0.5, 0, ("rows",)), (0, 0.5, ("columns",)), (0.5, 0.5, ("rows", "columns")), (0, 0, ())],
)
def test_only_lines_with_offsets_are_flattened(rows: float, columns: float, found: tuple[str, ...]) -> None:
    image, _ = noisy(cells(), rows, columns)
    assert find_line_offsets(image[None]) == found
    flattened = without_line_offsets(image[None], found)[0]
    plain, _ = noisy(cells())
    clean = cells()
    background = clean < 0.01
    for axis in (0, 1):
        lines = np.ma.array(flattened, mask=~background).mean(axis=1 - axis)
        assert np.diff(lines).std() < 1.6 * np.diff(np.ma.array(plain, mask=~background).mean(axis=1 - axis)).std()


@pytest.mark.parametrize(
    "scene",
    [
        cells(),
        Y / 10,  # uneven illumination
        3.0 * (Y > 100),  # an edge along a row
        3 * np.exp(-((Y - 120) ** 2) / 8),  # a fibre along a row
        3 * np.sin(Y / 15),
        20 * np.exp(-((Y - 128) ** 2 + (X - 128) ** 2) / 2e4),
    ],
    ids=["cells", "ramp", "edge", "fibre", "waves", "vignette"],
)
def test_a_specimen_without_offsets_is_left_alone(scene: np.ndarray) -> None:
    for image in (noisy(scene)[0], noisy(scene)[0].T):
        assert find_line_offsets(image[None]) == ()


@pytest.mark.parametrize("scene", [Y / 10, 20 * np.exp(-((Y - 128) ** 2 + (X - 128) ** 2) / 2e4)], ids=["ramp", "spot"])
def test_uneven_illumination_stays_where_offsets_go(scene: np.ndarray) -> None:
    image, own = noisy(scene, 0.5)
    error = line_offsets(image) - (own - own.mean())
    assert error.std() < 0.25  # of an illumination that spans 20 or more
    assert abs(np.polyfit(np.arange(SIDE), error, 1)[0]) * SIDE < 0.3


def test_noise_correlated_along_rows_is_not_taken_for_offsets() -> None:
    rng = np.random.default_rng(3)
    noise = ndimage.uniform_filter1d(rng.normal(0, 1, (SIDE, SIDE)), 7, axis=1)
    assert find_line_offsets((cells() + noise).astype(np.float32)[None]) == ()


@pytest.mark.parametrize("image", [np.zeros((1, 100, 100)), np.zeros((1, 16, 16)), np.eye(80)[None]])
def test_images_that_say_nothing_about_lines(image: np.ndarray) -> None:
    assert find_line_offsets(image) == ()
    np.testing.assert_array_equal(without_line_offsets(image, ("rows",)).mean(), image.mean())


SHORT = Settings(stage1=StageSettings(num_epochs=12, patches_per_image=80, batch_size=8))


def test_a_run_takes_offsets_out_and_its_model_does_too(tmp_path: Path) -> None:
    clean = 200 + 20 * cells(brightness=20)
    image = (200 + 20 * noisy(cells(brightness=20), 2.0)[0]).astype(np.uint16)
    result = denoise(image, SHORT)
    assert result.denoised is not None and result.denoiser is not None
    assert "row has an offset" in result.report.verdict and "column" not in result.report.verdict
    assert result.mask.pattern.shape == (1, 1)  # what remains is independent
    assert (result.denoised - clean).std() < 0.2 * (image - clean).std()
    assert result.report.quality is not None and 0.8 < result.report.quality.removed_over_expected < 1.25
    result.denoiser.save(tmp_path / "model.safetensors")
    again = Denoiser.load(tmp_path / "model.safetensors").predict(image)
    np.testing.assert_array_equal(again, result.denoised)
    other = (200 + 20 * noisy(cells(5, 20), 2.0, seed=8)[0]).astype(np.uint16)
    denoised = Denoiser.load(tmp_path / "model.safetensors").predict(other)
    assert (denoised - (200 + 20 * cells(5, 20))).std() < 0.25 * (other - (200 + 20 * cells(5, 20))).std()


def test_what_is_flattened_is_also_said_beside_a_mask_drawn_by_hand() -> None:
    image = (200 + 20 * noisy(cells(), 2.0)[0]).astype(np.uint16)
    mask = MaskSettings(source="editor", pattern=("111",))
    report = denoise(image, replace(SHORT, stages="1", mask=mask)).report
    assert "drawn by hand" in report.verdict
    assert any("row has an offset" in message for message in report.messages)


def test_offsets_stay_if_asked() -> None:
    image = (200 + 20 * noisy(cells(), 2.0)[0]).astype(np.uint16)
    settings = replace(SHORT, remove_line_offsets=False, stages="1")
    result = denoise(image, settings)
    assert result.denoiser is not None and result.denoiser.flattened == ()
    assert "offset" not in result.report.verdict
    assert Settings.from_toml(settings.to_toml()) == settings


@pytest.mark.parametrize("name", ["rows", "columns", ""])
def test_a_part_of_a_large_plane_tells(name) -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(0, 1, (2300, 2500)).astype(np.float32)
    offsets = rng.normal(0, 0.5, 2500).astype(np.float32)
    if name:
        plane += offsets[:2300, None] if name == "rows" else offsets
    assert find_line_offsets(plane[None]) == ((name,) if name else ())
