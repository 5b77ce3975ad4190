"""Runs that set out from the network that has seen images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v import Denoiser, InputError, Settings, StageSettings, denoise, methods_text
from napari_autostructn2v.network import predict_planes, started_network
from napari_autostructn2v.pipeline import quick_look, run
from napari_autostructn2v.pipeline.from_start import adapt
from napari_autostructn2v.pipeline.race import Entry
from napari_autostructn2v.progress import Progress
from napari_autostructn2v.samples import scan_lines
from napari_autostructn2v.settings import effort

QUICK = StageSettings(crop_size=32, batch_size=4, patches_per_image=20, num_epochs=8)
SETTINGS = Settings(stage1=QUICK, stage2=QUICK, device="cpu")


def image(shape=(96, 96), seed=0):
    random = np.random.default_rng(seed)
    clean = 200 + 4000 * ndimage.gaussian_filter((random.random(shape) > 0.995).astype(float), 3)
    return (clean + 20 * random.standard_normal(shape)).astype(np.float32), clean


def collect(*given, **options):
    events, generator = [], run(*given, **options)
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value


def test_a_run_sets_out_from_the_start_and_says_so(tmp_path):
    noisy, clean = image()
    result = denoise(noisy, SETTINGS)
    assert result.denoiser.from_start == ("1",)
    assert result.report.steps["1"] == QUICK.steps // 2
    assert np.mean((result.denoised - clean) ** 2) < 0.1 * np.mean((noisy - clean) ** 2)
    result.denoiser.save(tmp_path / "model.safetensors")
    loaded = Denoiser.load(tmp_path / "model.safetensors")
    assert loaded.from_start == ("1",)
    assert "pictures made by code" in methods_text(loaded)
    assert loaded.trainings == result.denoiser.trainings
    assert loaded.training("1").steps == QUICK.steps // 2
    assert f"learning rate of {QUICK.learning_rate / 2:g}" in methods_text(loaded)


def test_fast_turns_small_images_in_place_of_training_for_long(monkeypatch):
    fast = Settings.from_preset("fast", device="cpu")
    tiny = {"crop_size": 32, "batch_size": 4, "patches_per_image": 40}
    fast = replace(fast, **{name: replace(getattr(fast, name), **tiny) for name in ("stage1", "stage2")})
    noisy = image()[0]
    small = denoise(noisy, fast)
    assert small.denoiser.settings.stage1.flips_at_prediction
    monkeypatch.setattr(effort, "_MOST_TURNED", noisy.size - 1)
    large = denoise(noisy, fast)
    assert not large.denoiser.settings.stage1.flips_at_prediction
    assert large.settings.with_preset("balanced").stage1.flips_at_prediction  # who goes on from these settings
    assert (small.report.steps["1"], large.report.steps["1"]) == (20, 70)
    again = large.denoiser.predict(noisy)
    np.testing.assert_allclose(again, large.denoised, rtol=1e-5)
    balanced = denoise(noisy, SETTINGS)
    assert balanced.denoiser.settings.stage1.flips_at_prediction


def test_from_scratch_nothing_was_seen_before():
    result = denoise(image()[0], replace(SETTINGS, start="scratch"))
    assert result.denoiser.from_start == ()
    assert result.report.steps["1"] == QUICK.steps
    assert "pictures made by code" not in methods_text(result.denoiser)


@pytest.mark.parametrize("size", [{"features": 8}, {"num_layers": 1}])
def test_a_network_of_another_size_is_trained_from_scratch(size):
    result = denoise(image()[0], replace(SETTINGS, stage1=replace(QUICK, **size)))
    assert result.denoiser.from_start == ()
    assert result.report.steps["1"] == QUICK.steps


def test_what_the_start_makes_of_an_image_is_shown_before_it_is_trained():
    noisy = image()[0]
    events, result = collect(noisy, SETTINGS, preview_plane=0)
    first = next(event.preview for event in events if event.phase == "stage 1" and event.preview is not None)
    planes = (noisy[None] - result.denoiser.offset) / result.denoiser.scale
    seen = predict_planes(started_network(QUICK, np.ones((1, 1), bool)), planes.astype(np.float32))[0]
    np.testing.assert_allclose(first, seen * result.denoiser.scale + result.denoiser.offset, rtol=1e-3)


def test_a_run_goes_on_as_it_began():
    noisy, _ = image()
    first = denoise(noisy, SETTINGS)
    again = collect(noisy, SETTINGS, start=first.denoiser)[1]
    assert again.denoiser.from_start == ("1",)
    scratch = denoise(noisy, replace(SETTINGS, start="scratch"))
    again = collect(noisy, SETTINGS, start=scratch.denoiser)[1]
    assert again.denoiser.from_start == ()


def test_stacks_set_out_from_the_start_and_are_trained_for_long():
    stack = np.stack([image((64, 64), seed=plane)[0] for plane in range(3)])
    result = denoise(stack, SETTINGS)
    assert result.denoiser.from_start == ("1",)
    assert result.report.steps["1"] == 2 * QUICK.steps
    assert "pictures made by code" in methods_text(result.denoiser)
    again = collect(stack, SETTINGS, start=result.denoiser)[1]
    assert again.report.steps["1"] == 2 * QUICK.steps
    assert denoise(stack, replace(SETTINGS, start="scratch")).denoiser.from_start == ()


def test_the_start_is_one_of_two():
    with pytest.raises(InputError, match="start is 'none'; it must be one of 'general', 'scratch'"):
        Settings(start="none")


def trained(*errors):
    """A training that tells these errors on held-out pixels, one every ten steps."""
    for number, error in enumerate(errors):
        yield Progress("stage 1", 10 * number, 80, held_out=error)
    return errors[-1]


@pytest.mark.parametrize(
    ("errors", "taken"),
    [
        ((0.60, 0.60, 0.599, 0.598, 0.597), "short"),
        ((0.60, 0.58, 0.55, 0.54, 0.53), "long"),  # it has not seen such
        ((0.60, 0.62, 0.63, 0.55, 0.50), "short"),  # what comes later does not count
        ((0.60,), "short"),  # stopped
    ],
)
def test_the_start_is_trained_for_long_on_what_it_has_not_seen(errors, taken):
    short, long = Entry(None, None, trained(*errors), QUICK), Entry(None, None, trained(0.5, 0.4), QUICK)
    events, generator = [], adapt(short, 80, lambda entry: long)
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            entry, _, entries = end.value
            break
    assert entry is (short if taken == "short" else long)
    assert entries == (entry,)
    assert [event.held_out for event, _ in events] == ([*errors] if taken == "short" else [*errors[:3], 0.5, 0.4])


def test_a_chequered_image_is_trained_for_long():
    rows, columns = np.mgrid[:96, :96] // 3
    noisy = np.random.default_rng(0).poisson(60 * ((rows + columns) % 2 + 0.1)).astype(np.float32)
    settings = replace(SETTINGS, stage1=replace(QUICK, batch_size=8, patches_per_image=80, num_epochs=12), stages="1")
    result = denoise(noisy, settings)
    assert result.denoiser.from_start == ("1",)
    assert result.report.steps["1"] == settings.stage1.steps
    assert f"learning rate of {settings.stage1.learning_rate:g}" in methods_text(result.denoiser)


def test_a_quick_look_denoises_without_training():
    noisy, clean = image()
    model = quick_look(np.stack([noisy, image(seed=1)[0]]), SETTINGS)
    assert model.from_start == ("1",)
    assert model.steps == {"1": 0}
    assert np.mean((model.predict(noisy) - clean) ** 2) < 0.2 * np.mean((noisy - clean) ** 2)


@pytest.mark.parametrize("change", [{"start": "scratch"}, {"stage1": replace(QUICK, features=8)}])
def test_there_is_no_quick_look_without_a_network_that_has_seen_images(change):
    assert quick_look(image()[0], replace(SETTINGS, **change)) is None


def test_there_is_no_quick_look_at_noise_that_it_has_not_seen():
    random = np.random.default_rng(0)
    noise = ndimage.uniform_filter(random.standard_normal((96, 96)), 3).astype(np.float32)
    assert quick_look(noise, SETTINGS) is None


def test_lines_along_rows_set_out_from_the_start_too():
    """In so few steps a small image with scan lines is better than from nothing."""
    noisy, clean = scan_lines((128, 128), with_truth=True)
    settings, errors = replace(Settings.from_preset("fast"), stage2=QUICK, device="cpu"), {}
    for start in ("general", "scratch"):
        result = denoise(noisy, replace(settings, start=start))
        assert result.denoiser.from_start == (("2",) if start == "general" else ())
        errors[start] = np.mean((result.denoised - clean) ** 2)
    assert errors["general"] < 0.7 * errors["scratch"]


def test_a_small_image_with_lines_is_described_as_it_was_trained():
    """Its steps are as few as after half of the asked ones, but the rate is the full one."""
    noisy, stage = scan_lines((128, 128)), replace(QUICK, num_epochs=60, flips_at_prediction=False)
    model = denoise(noisy, replace(SETTINGS, stage2=stage)).denoiser
    assert model.from_start == ("2",)
    assert model.steps["2"] == model.training("2").steps == 140
    assert model.steps["2"] < stage.steps // 2
    assert f"learning rate of {stage.learning_rate:g} " in methods_text(model)
    assert f"learning rate of {stage.learning_rate / 2:g} " not in methods_text(model)
    told = []
    model.uncertainty(noisy, on_step=lambda done, total: told.append((done, total)))
    assert told[-1] == (35, 35), "the last quarter of what was trained"


def test_what_is_said_of_a_stack_is_how_it_was_trained():
    stack = np.stack([image((64, 64), seed=plane)[0] for plane in range(3)])
    model = denoise(stack, replace(SETTINGS, stage1=replace(QUICK, batch_size=16, patches_per_image=80))).denoiser
    assert "held-out pixels had not improved" not in methods_text(model)
    assert f"of {model.training('1').batch_size} crops" in methods_text(model)
