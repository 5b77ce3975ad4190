"""Stacks that drift: their planes are moved onto each other for the context, and stay where they are in the result."""

from __future__ import annotations

from dataclasses import replace

import dask.array
import numpy as np
import pytest
from helpers.moved_scene import moved_scene

from napari_autostructn2v import Denoiser, RoiSettings, Settings, StageSettings, denoise
from napari_autostructn2v.noise import measurement
from napari_autostructn2v.pipeline.race import Entry, about_stack, contexts_to_try

STAGE = StageSettings(
    roi=RoiSettings(use_roi=False), features=8, crop_size=48, batch_size=4, patches_per_image=20, num_epochs=15
)
SETTINGS = Settings(stages="1", stage1=STAGE, device="cpu", context="far")
STEPS = np.stack([np.arange(16) * 3, np.arange(16) * -2], 1)


@pytest.fixture(scope="module")
def stack():
    noisy, truth = moved_scene(STEPS, side=96, noise=1.5)
    return 100 + 10 * noisy, 100 + 10 * truth


@pytest.fixture(scope="module")
def following(stack):
    return denoise(stack[0], SETTINGS)


def error(image, truth):
    return float(np.square(image - truth)[:, 16:-16, 16:-16].mean())


def test_a_drifting_stack_is_better_with_its_drift_followed(stack, following, monkeypatch):
    noisy, truth = stack
    assert following.denoiser.context().follows_drift
    monkeypatch.setattr(measurement, "find_drift", lambda *_: None)
    assert error(following.denoised, truth) < 0.8 * error(denoise(noisy, SETTINGS).denoised, truth)


def test_the_report_tells_how_far_planes_were_moved(stack):
    measured = measurement.measure(stack[0], SETTINGS)
    contexts = contexts_to_try(measured, replace(SETTINGS, context="auto"))
    entries = tuple(
        Entry(None, context, None, STAGE, judged) for context, judged in zip(contexts, (2.0, 1.0), strict=True)
    )
    assert "measured drift of up to 4" in about_stack(entries[1], entries, measured, SETTINGS)


def test_the_result_stays_where_it_is(stack, following):
    _, truth = stack
    here = error(following.denoised, truth)
    assert all(
        here < error(np.roll(following.denoised, by, (1, 2)), truth) for by in [(0, 1), (1, 0), (0, -1), (-1, 0)]
    )


def test_the_model_of_a_drifting_stack_finds_the_drift_again(stack, following, tmp_path):
    noisy = stack[0]
    following.denoiser.save(tmp_path / "model")
    model = Denoiser.load(tmp_path / "model")
    assert model.contexts == following.denoiser.contexts
    again = model.predict(noisy, device="cpu")
    np.testing.assert_allclose(again, following.denoised, rtol=1e-6)
    lazy = model.predict(dask.array.from_array(noisy, (1, 96, 96)), device="cpu")
    np.testing.assert_array_equal(lazy.compute(), again)


def test_a_stack_that_is_still_is_denoised_as_ever():
    noisy, _ = moved_scene(0 * STEPS, side=96)
    measured = measurement.measure(noisy, SETTINGS)
    assert measured.drift is None
    assert not any(context.follows_drift for context in contexts_to_try(measured, SETTINGS))
