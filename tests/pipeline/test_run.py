"""From an image to a denoised one, in its own units, and back to the user in words when that cannot be."""

from __future__ import annotations

import threading
from dataclasses import replace

import dask.array
import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v import (
    Denoiser,
    InputError,
    MaskSettings,
    NotEnoughPatchesError,
    RoiSettings,
    Settings,
    StageSettings,
    denoise,
    estimate_noise,
)
from napari_autostructn2v.images import to_planes
from napari_autostructn2v.large import parts
from napari_autostructn2v.noise import BlindMask
from napari_autostructn2v.pipeline import run

QUICK = StageSettings(features=8, crop_size=32, batch_size=8, patches_per_image=40, num_epochs=20)
SETTINGS = Settings(
    stage1=QUICK,
    stage2=replace(QUICK, roi=RoiSettings(use_roi=False, select_background=False, patch_size=32)),
    device="cpu",
)


def cells(shape=(128, 128), seed=0):
    centres = np.zeros(shape)
    rng = np.random.default_rng(seed)
    centres[rng.integers(0, shape[0], 8), rng.integers(0, shape[1], 8)] = rng.uniform(2000, 6000, 8)
    return ndimage.gaussian_filter(centres, 6)


def camera(kernel=((1,),), dtype=np.uint16, seed=0, shape=(128, 128)):
    """A noisy image in camera units and its truth."""
    kernel = np.array(kernel, float)
    white = np.random.default_rng(seed).standard_normal(shape)
    noise = ndimage.convolve(white, kernel / np.sqrt((kernel**2).sum()), mode="wrap")
    truth = 500 + 10 * cells(shape, seed)
    noisy = truth + 40 * noise
    return (np.rint(noisy) if np.dtype(dtype).kind in "iu" else noisy).astype(dtype), truth


def mse(image, truth):
    return float(np.mean((image.astype(float) - truth) ** 2))


def collect(image, settings=SETTINGS, **options):
    events, generator = [], run(image, settings, **options)
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value


def test_white_noise_runs_stage_1_alone_and_improves_the_image():
    noisy, truth = camera()
    result = denoise(noisy, SETTINGS)
    assert result.report.stages == ("1",)
    assert not result.mask.is_structured
    assert result.denoised.dtype == np.uint16
    assert result.denoised.shape == noisy.shape
    assert mse(result.denoised, truth) < 0.4 * mse(noisy, truth)


def test_lines_run_both_stages_and_stage_2_is_better():
    noisy, truth = camera(np.ones((1, 5)))
    result = denoise(noisy, SETTINGS)
    assert result.report.stages == ("1", "2")
    assert result.mask.pattern.shape[0] == 1
    assert mse(result.stage2, truth) < mse(result.stage1, truth)
    np.testing.assert_array_equal(result.denoised, result.stage2)


@pytest.mark.parametrize(("stages", "trained"), [("1", ("1",)), ("2", ("2",)), ("both", ("1", "2"))])
def test_stages_are_run_as_asked(stages, trained):
    few = replace(SETTINGS, stages=stages, stage1=replace(QUICK, num_epochs=1), stage2=replace(QUICK, num_epochs=1))
    assert denoise(camera()[0], few).report.stages == trained


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, np.float64, ">u2"])
def test_result_keeps_dtype_units_and_range(dtype):
    noisy, truth = camera(dtype=np.float64)
    noisy, truth = (noisy / 8, truth / 8) if np.dtype(dtype).itemsize == 1 else (noisy, truth)
    few = replace(SETTINGS, stage1=replace(QUICK, num_epochs=5))
    result = denoise(noisy.clip(0, 255 if np.dtype(dtype).itemsize == 1 else None).astype(dtype), few)
    assert result.denoised.dtype == np.dtype(dtype)
    assert result.denoised.mean() == pytest.approx(truth.mean(), rel=0.05)


def test_a_stack_is_trained_on_together_and_keeps_its_axes():
    stack = np.stack([[camera(seed=seed)[0] for seed in range(2)] for _ in range(2)])
    result = denoise(stack, replace(SETTINGS, stage1=replace(QUICK, num_epochs=2)))
    assert result.denoised.shape == (2, 2, 128, 128)


def test_hot_and_dead_pixels_change_neither_verdict_nor_neighbourhood():
    noisy, truth = camera(np.ones((1, 5)), dtype=np.float32)
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(2, 126, 12), rng.integers(2, 126, 12)
    hot = noisy.copy()
    hot[rows, columns] = np.where(np.arange(12) % 2, 60000, -60000)
    few = replace(SETTINGS, stages="2", stage2=replace(QUICK, num_epochs=10))
    clean, spoiled = denoise(noisy, few), denoise(hot, few)
    assert clean.mask.to_rows() == spoiled.mask.to_rows()
    assert mse(spoiled.denoised, truth) < 1.5 * mse(clean.denoised, truth)


def test_bright_spots_are_no_hot_pixels():
    spots = np.zeros((64, 64), np.float32)
    spots[8::16, 8::16] = 5000
    spots = ndimage.gaussian_filter(spots, 0.8) + np.random.default_rng(0).normal(100, 3, (64, 64)).astype(np.float32)
    planes = to_planes(spots)
    np.testing.assert_array_equal(planes.without_hot_pixels().values, planes.values)


def test_the_input_is_not_written_to():
    noisy, _ = camera()
    noisy.flags.writeable = False
    before = noisy.copy()
    denoise(noisy[:, ::-1].T, replace(SETTINGS, stage1=replace(QUICK, num_epochs=1)))
    np.testing.assert_array_equal(noisy, before)


def test_same_seed_same_pixels():
    noisy, _ = camera()
    few = replace(SETTINGS, stage1=replace(QUICK, num_epochs=2))
    np.testing.assert_array_equal(denoise(noisy, few).denoised, denoise(noisy, few).denoised)


def test_events_tell_what_goes_on_and_previews_are_in_input_units():
    noisy, truth = camera(np.ones((1, 5)))
    events, _ = collect(noisy, replace(SETTINGS, stage1=replace(QUICK, num_epochs=60)), preview_plane=0)
    phases = list(dict.fromkeys(event.phase for event in events))
    assert phases == ["measuring", "stage 1", "prediction", "noise", "stage 2", "done"]
    previews = [event.preview for event in events if event.preview is not None]
    assert previews
    assert previews[-1].mean() == pytest.approx(truth.mean(), rel=0.1)
    first = next(event for event in events if event.phase == "stage 1")
    assert first.seconds_left > 0
    assert first.message.startswith("Stage 1: step")


@pytest.mark.parametrize("phase", ["measuring", "stage 1", "prediction", "noise", "stage 2"])
def test_stop_in_any_phase_returns_what_there_is(phase):
    noisy, _ = camera(np.ones((1, 5)))
    stop = threading.Event()
    generator = run(noisy, SETTINGS, stop=stop)
    while True:
        try:
            event = next(generator)
        except StopIteration as end:
            result = end.value
            break
        if event.phase == phase:
            stop.set()
    assert result.report.stopped
    assert (result.denoised is None) == (phase == "measuring")
    if phase == "stage 2":
        assert result.stage1 is not None
        assert result.stage2 is not None


def test_stage_1_is_kept_when_stage_2_fails(monkeypatch):
    from napari_autostructn2v import network

    train = network.train

    def failing(*arguments, phase, **options):
        if phase == "stage 2":
            raise RuntimeError("not enough memory: you tried to allocate 123 bytes")
        return (yield from train(*arguments, phase=phase, **options))

    monkeypatch.setattr(network, "train", failing)
    result = denoise(camera(np.ones((1, 5)))[0], SETTINGS)
    np.testing.assert_array_equal(result.denoised, result.stage1)
    assert "Stage 2 ended with an error" in result.report.messages[0]


def test_patches_that_are_too_few_are_explained():
    settings = replace(SETTINGS, stage1=replace(QUICK, roi=RoiSettings(roi_threshold=0.0)))
    with pytest.raises(NotEnoughPatchesError, match=r"Not enough patches: \d+ of \d+ .*Raise the background"):
        denoise(camera()[0], settings)
    structure = replace(QUICK, roi=RoiSettings(select_background=False, roi_threshold=1.0), roi_share=0.5)
    with pytest.raises(NotEnoughPatchesError, match=r"Lower the structure threshold"):
        denoise(camera(np.ones((1, 5)))[0], replace(SETTINGS, stages="2", stage2=structure))


def test_masks_come_from_file_editor_caller_or_stage_1(tmp_path):
    noisy, _ = camera()
    few = replace(SETTINGS, stages="2", stage2=replace(QUICK, num_epochs=1))
    drawn = BlindMask(np.ones((3, 1)))
    drawn.save(tmp_path / "mask.npy")
    by_file = replace(few, mask=MaskSettings(source="file", path=str(tmp_path / "mask.npy")))
    by_hand = replace(few, mask=MaskSettings(source="editor", pattern=("1", "1", "1")))
    for result in (denoise(noisy, by_file), denoise(noisy, by_hand), collect(noisy, few, mask=drawn)[1]):
        assert result.mask.pattern.shape == (3, 1)
    measured = replace(SETTINGS, stages="both", mask=MaskSettings(source="stage1"), stage2=replace(QUICK, num_epochs=1))
    result = denoise(camera(np.ones((1, 5)))[0], measured)
    assert result.report.stages == ("1", "2")
    assert result.mask.pattern.shape[0] == 1


def test_a_mask_as_large_as_the_patches_is_refused():
    with pytest.raises(InputError, match="smaller mask"):
        collect(camera()[0], replace(SETTINGS, stages="2"), mask=BlindMask(np.ones((1, 33))))


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.full((64, 64), 7.0), "constant"),
        (np.where(np.eye(64) > 0, np.nan, 1.0), "NaN"),
        (np.zeros((0, 64)), "empty"),
        (np.ones((8, 8)) * np.arange(8), "at least 16"),
        (np.eye(64) > 0, "True and False"),
        (np.random.default_rng(0).random((64, 64, 3)), "RGB"),
        (np.arange(64.0), "two axes"),
    ],
)
def test_images_that_cannot_be_used_are_refused_in_words(image, sentence):
    with pytest.raises(InputError, match=sentence):
        denoise(image, SETTINGS)


@pytest.mark.parametrize("shape", [(16, 16), (20, 90)])
def test_images_smaller_than_a_patch_just_work(shape):
    noisy = np.random.default_rng(0).normal(100, 10, shape).astype(np.float32)
    few = replace(SETTINGS, stage1=replace(QUICK, num_epochs=1, crop_size=64))
    assert denoise(noisy, few).denoised.shape == shape


def test_a_saved_model_predicts_the_same_and_keeps_its_settings(tmp_path):
    noisy, _ = camera(np.ones((1, 5)))
    result = denoise(noisy, replace(SETTINGS, stage1=replace(QUICK, num_epochs=2)))
    result.denoiser.save(tmp_path / "model.safetensors")
    model = Denoiser.load(tmp_path / "model.safetensors")
    assert model.settings == result.settings
    np.testing.assert_array_equal(model.mask.pattern, result.mask.pattern)
    np.testing.assert_allclose(model.noise.correlation, result.noise.correlation)
    difference = model.predict(noisy, device="cpu").astype(int) - result.denoised
    assert np.abs(difference).max() <= 1
    stage1 = model.predict(noisy, stage="1", device="cpu").astype(int) - result.stage1
    assert np.abs(stage1).max() <= 1


def test_a_model_lacking_a_part_is_refused_in_words(tmp_path):
    from napari_autostructn2v.denoiser.file import save_model

    path = tmp_path / "model.safetensors"
    save_model(path, {"mask": np.ones((1, 1))}, {"settings": "preset = 'fast'"})
    with pytest.raises(InputError, match="its part 'numbers' is missing"):
        Denoiser.load(path)


def test_quality_tells_a_good_result_from_a_blurred_and_an_untouched_one():
    from napari_autostructn2v.noise import assess, estimate_noise

    noisy, truth = camera()
    noise = estimate_noise(noisy)
    good, blurred, untouched = (
        assess(noisy, image, noise) for image in (truth, ndimage.gaussian_filter(truth, 8), noisy - 1.0)
    )
    assert good.removed_over_expected == pytest.approx(1, abs=0.15)
    assert blurred.removed_over_expected > good.removed_over_expected + 0.2
    assert untouched.removed_over_expected < 0.1
    assert good.correlation_difference < 0.1 < blurred.correlation_difference
    assert good.structured_share < 0.05 < 0.2 < blurred.structured_share
    assert good.doubt < 0.5 * min(blurred.doubt, untouched.doubt)


def test_a_stopped_run_goes_on_where_it_was():
    noisy, _ = camera()
    stop = threading.Event()
    generator = run(noisy, replace(SETTINGS, stages="1"), stop=stop)
    for event in generator:
        if event.step >= 5:
            stop.set()
            break
    while True:
        try:
            next(generator)
        except StopIteration as end:
            stopped = end.value
            break
    done = stopped.report.steps["1"]
    assert 0 < done < QUICK.steps
    events, finished = collect(noisy, replace(SETTINGS, stages="1"), start=stopped.denoiser)
    assert min(event.step for event in events if event.phase == "stage 1") > done
    assert finished.report.steps["1"] == QUICK.steps


def test_a_finished_run_can_be_given_more():
    noisy, _ = camera()
    few = replace(SETTINGS, stages="1", stage1=replace(QUICK, num_epochs=4))
    _, first = collect(noisy, few)
    events, more = collect(noisy, few, start=first.denoiser)
    assert min(event.step for event in events if event.phase == "stage 1") > few.stage1.steps // 2
    assert not np.array_equal(more.denoised, first.denoised)


def test_something_is_shown_before_training_begins():
    rng = np.random.default_rng(0)
    clean = 100 * ndimage.gaussian_filter(rng.normal(size=(3, 64, 64)), (0, 4, 4))
    image = clean + rng.normal(0, 5, clean.shape) + 1000
    events = run(image, Settings(device="cpu"), preview_plane=2)
    event = next(event for event in events if event.preview is not None)
    assert event.phase == "measuring"
    assert event.preview is not None and event.preview.shape == (64, 64)
    assert np.abs(event.preview - clean[2] - 1000).mean() < np.abs(image[2] - clean[2] - 1000).mean()
    events.close()


def test_a_stop_while_the_image_is_denoised_still_gives_the_image():
    noisy, truth = camera()
    stop = threading.Event()
    events = run(noisy, replace(SETTINGS, stages="1", stage1=replace(QUICK, num_epochs=60)), stop=stop)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            result = end.value
            break
        if event.phase == "prediction":
            stop.set()
    assert result.report.stopped
    assert np.abs(result.denoised - truth).mean() < np.abs(noisy - truth).mean()


def test_the_noise_that_stage_1_leaves_is_told_in_the_units_of_the_image():
    image, _ = camera(np.ones((1, 5)), np.float32)
    settings = replace(SETTINGS, stages="both", mask=MaskSettings(source="stage1"))
    result = denoise(image, settings)
    again = estimate_noise(result.stage1)
    assert result.noise.variance == pytest.approx(again.variance, rel=0.5)


def test_a_mistake_in_stage_2_is_not_passed_off_as_a_result(monkeypatch):
    from napari_autostructn2v import network

    train = network.train

    def failing(*arguments, phase, **options):
        if phase == "stage 2":
            raise RuntimeError("shapes do not match")
        return (yield from train(*arguments, phase=phase, **options))

    monkeypatch.setattr(network, "train", failing)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        denoise(camera(np.ones((1, 5)))[0], SETTINGS)


def test_a_stop_during_measuring_ends_it_without_training():
    stop = threading.Event()
    stop.set()
    events, result = collect(camera()[0], stop=stop)
    assert result.report.stopped
    assert result.denoised is None and result.denoiser is None and result.noise is None
    assert {event.phase for event in events} == {"measuring", "done"}


def test_a_run_that_goes_on_adds_to_the_time_that_was_taken():
    image, _ = camera()
    first = denoise(image, replace(SETTINGS, stages="1"))
    _, more = collect(image, replace(SETTINGS, stages="1"), start=first.denoiser)
    assert more.report.seconds["stage 1"] > first.report.seconds["stage 1"]


def test_a_network_deeper_than_the_image_is_wide_is_refused_in_words():
    image = np.random.default_rng(0).normal(100, 9, (20, 20))
    deep = replace(SETTINGS, stage1=replace(QUICK, num_layers=5), stage2=replace(QUICK, num_layers=5))
    with pytest.raises(InputError, match="num_layers"):
        denoise(image, deep)


@pytest.mark.parametrize("seed", [0, 2**31, 2**63 - 1])
def test_every_seed_works(seed):
    few = replace(QUICK, num_epochs=1, features=2)
    image, _ = camera(np.ones((1, 5)), shape=(64, 64))
    result = denoise(image, replace(SETTINGS, stages="both", stage1=few, stage2=few, random_seed=seed))
    assert result.denoised is not None


def test_a_small_lazy_image_is_computed_once():
    image, computed = camera()[0], []

    def read(block):
        computed.append(block.shape)
        return block

    lazy = dask.array.from_array(image, chunks=-1).map_blocks(read, dtype=image.dtype, meta=image[:0, :0])
    denoise(lazy, replace(SETTINGS, stages="1", stage1=replace(QUICK, num_epochs=1)))
    assert len(computed) == 1


def test_an_image_on_disk_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "IN_MEMORY_PIXELS", 4 * 64 * 64)
    monkeypatch.setattr(parts.sample_planes, "__defaults__", (None, 3 * 64 * 64))
    image = np.memmap(tmp_path / "movie", np.uint16, "w+", shape=(12, 64, 64))
    image[:] = np.random.default_rng(0).poisson(100, image.shape)
    result = denoise(image, replace(SETTINGS, stages="1", stage1=replace(QUICK, num_epochs=1)))
    assert hasattr(result.denoised, "dask")
    assert result.denoised.shape == image.shape
    assert any("3 planes" in said for said in result.report.messages)


def moving_cells(planes=24, side=64, seed=0):
    """A movie of blobs that drift slowly, with independent noise, and its truth."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(8, side - 8, (12, 2))
    rows, columns = np.mgrid[:side, :side]
    truth = np.empty((planes, side, side))
    for plane in range(planes):
        moved = places + 0.15 * plane
        distances = (rows - moved[:, :1, None]) ** 2 + (columns - moved[:, 1:, None]) ** 2
        truth[plane] = 100 + 60 * np.exp(-distances / 8).sum(0)
    return (truth + rng.normal(0, 20, truth.shape)).astype(np.float32), truth


STACKS = replace(SETTINGS, stages="1", stage1=replace(QUICK, num_epochs=40))


def test_a_movie_gains_from_its_other_frames_and_says_so():
    movie, truth = moving_cells()
    alone = denoise(movie, replace(STACKS, context="none"))
    result = denoise(movie, STACKS)
    assert mse(result.denoised, truth) < 0.8 * mse(alone.denoised, truth)
    assert any("planes on either side" in said for said in result.report.messages)
    assert not any("either side" in said for said in alone.report.messages)
    np.testing.assert_array_equal(result.denoiser.predict(movie, device="cpu"), result.denoised)


def test_planes_that_have_nothing_in_common_are_denoised_alone():
    rng = np.random.default_rng(1)
    truth = np.stack([500 + 10 * cells((64, 64), seed) for seed in range(12)])
    stack = truth + rng.normal(0, 30, truth.shape)
    result = denoise(stack, STACKS)
    assert result.denoiser.reach == 0
    assert any("denoised alone" in said for said in result.report.messages)


@pytest.mark.parametrize("shared", ["pattern", "averaged"])
def test_noise_that_planes_share_does_not_come_back(shared):
    movie, truth = moving_cells(30)
    rng = np.random.default_rng(5)
    if shared == "pattern":
        movie = truth + rng.normal(0, 14, truth.shape) + rng.normal(0, 14, truth.shape[1:])
    else:
        noise = movie - truth
        movie = truth + ndimage.uniform_filter1d(noise, 2, axis=0) * np.sqrt(2)
    alone = denoise(movie, replace(STACKS, context="none"))
    result = denoise(movie, STACKS)
    assert mse(result.denoised, truth) < 1.05 * mse(alone.denoised, truth)
    assert result.denoiser.context().leave_out == (0 if shared == "pattern" else 1)


def test_the_context_can_be_chosen():
    movie, _ = moving_cells(8)
    few = replace(STACKS, stage1=replace(QUICK, num_epochs=1))
    reaches = {
        choice: denoise(movie, replace(few, context=choice)).denoiser.reach for choice in ("none", "near", "far")
    }
    assert reaches == {"none": 0, "near": 1, "far": 12}


def test_stage_2_is_shown_other_planes_and_goes_on_with_them():
    rng = np.random.default_rng(3)
    movie, truth = moving_cells(16)
    noise = ndimage.uniform_filter1d(rng.normal(0, 20, truth.shape), 3, axis=2) * np.sqrt(3)
    settings = replace(SETTINGS, stage1=replace(QUICK, num_epochs=2), stage2=replace(SETTINGS.stage2, num_epochs=4))
    movie = (truth + noise).astype(np.float32)
    _, result = collect(movie, replace(settings, context="near"), preview_plane=3)
    assert result.report.stages == ("1", "2")
    assert result.denoiser.context("1").channels == 0
    assert result.denoiser.context("2").channels == 2
    _, more = collect(movie, replace(settings, context="near"), start=result.denoiser)
    assert more.denoiser.context("2") == result.denoiser.context("2")


def test_steps_of_a_race_are_counted_to_the_end():
    movie, _ = moving_cells(8)
    events, _ = collect(movie, replace(STACKS, stage1=replace(QUICK, num_epochs=4)))
    counted = [(event.step, event.total) for event in events if event.phase == "stage 1"]
    steps = [step for step, _ in counted]
    assert steps == sorted(steps)
    assert len({total for _, total in counted}) == 1
    assert steps[-1] == counted[-1][1]


def test_a_stop_in_the_race_keeps_what_was_trained():
    movie, _ = moving_cells(8)
    stop = threading.Event()
    generator = run(movie, STACKS, stop=stop)
    while True:
        try:
            event = next(generator)
        except StopIteration as end:
            result = end.value
            break
        if event.phase == "stage 1":
            stop.set()
    assert result.report.stopped
    assert result.denoiser is not None


def test_a_run_tells_whether_brightness_is_kept():
    noisy, truth = camera()
    result = denoise(noisy, SETTINGS)
    assert result.report.brightness is not None
    assert result.report.brightness.sentence in result.report.messages
    slope = np.polyfit(truth.ravel(), result.denoised.ravel().astype(float), 1)[0]
    assert result.report.brightness.slope == pytest.approx(slope, abs=0.05)
