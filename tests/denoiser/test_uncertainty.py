"""How sure a result is: the error map against the truth, in the units of the image, for single planes and stacks."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_autostructn2v import Denoiser, Settings, denoise
from napari_autostructn2v.errors import InputError
from napari_autostructn2v.noise import NoiseModel, error_map
from napari_autostructn2v.stop import Stopped


def scene(size: int, seed: int) -> np.ndarray:
    """Fine texture on the left, an even background on the right."""
    random = np.random.default_rng(seed)
    texture = ndi.gaussian_filter(random.standard_normal((size, size)), 1.5)
    texture *= 60 / texture.std()
    left = 1 / (1 + np.exp((np.arange(size) - size / 2) / 2))
    return 200 + left * texture


@pytest.fixture(scope="module")
def trained() -> tuple[Denoiser, np.ndarray, np.ndarray]:
    truth = scene(160, 1)
    noisy = (truth + np.random.default_rng(2).normal(0, 20, truth.shape)).astype(np.float32)
    fast = Settings.from_preset("fast", stages="1")
    result = denoise(noisy, replace(fast, stage1=replace(fast.stage1, crop_size=32)))
    return result.denoiser, noisy, result.denoised - truth


def test_the_map_tells_how_far_off_a_result_is_and_where(trained):
    model, noisy, error = trained
    said = model.uncertainty(noisy)
    assert said.shape == noisy.shape
    assert said.dtype == np.float32
    for part in (np.s_[:, :60], np.s_[:, 100:]):
        ratio = np.sqrt(np.mean(said[part] ** 2) / np.mean(error[part] ** 2))
        assert 0.6 < ratio < 1.7
    assert said[:, :60].mean() > 1.4 * said[:, 100:].mean()


def test_the_map_is_in_the_units_of_the_image(trained):
    model, noisy, _ = trained
    said = model.uncertainty(noisy)
    np.testing.assert_allclose(model.uncertainty(noisy * 10 + 500), said * 10, rtol=0.1)


def test_a_network_that_was_trained_for_moments_is_trained_on_for_long_enough_to_tell(trained):
    model, noisy, _ = trained
    assert model.steps == {"1": 20}
    totals = set()
    model.uncertainty(noisy, on_step=lambda _, total: totals.add(total))
    assert totals == {18}


def test_a_model_stays_as_it_is_and_the_same_seed_gives_the_same_map(trained):
    model, noisy, _ = trained
    before = model.predict(noisy)
    first, second = model.uncertainty(noisy, seed=3), model.uncertainty(noisy, seed=3)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(model.predict(noisy), before)


def test_steps_are_told_and_a_stop_is_heard(trained):
    model, noisy, _ = trained
    told: list[tuple[int, int]] = []
    stop = threading.Event()

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        stop.set()

    with pytest.raises(Stopped):
        model.uncertainty(noisy, stop=stop, on_step=tell)
    assert told
    assert 0 < told[0][0] <= told[0][1]


def test_a_stack_that_was_denoised_with_other_planes_has_a_map():
    truth = np.stack([scene(48, 1)] * 4)
    noisy = (truth + np.random.default_rng(2).normal(0, 20, truth.shape)).astype(np.float32)
    short = Settings.from_preset("fast", stages="1", context="near")
    result = denoise(noisy, replace(short, stage1=replace(short.stage1, num_epochs=3)))
    said = result.denoiser.uncertainty(noisy)
    assert said.shape == noisy.shape
    error = result.denoised - truth
    # Trained for three epochs, the map is too cautious rather than too sure.
    assert 0.4 < np.sqrt(np.mean(said**2) / np.mean(error**2)) < 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"stage": 2}, "stage"), ({"seed": "one"}, "seed"), ({"device": 0}, "device"), ({"stage": "2"}, "no stage 2")],
)
def test_wrong_arguments_end_in_words(trained, arguments, words):
    model, noisy, _ = trained
    with pytest.raises(InputError, match=words):
        model.uncertainty(noisy, **arguments)


def test_an_image_of_hundreds_of_megapixels_is_refused_before_it_is_read(trained):
    dask_array = pytest.importorskip("dask.array")
    image = dask_array.zeros((100, 4096, 4096), chunks=(1, 4096, 4096))
    with pytest.raises(InputError, match="megapixels at once"):
        trained[0].uncertainty(image)


def even_noise(variance: float) -> NoiseModel:
    correlation = np.zeros((3, 3))
    correlation[1, 1] = 1
    levels = np.array([-1e9, 1e9])
    return NoiseModel(correlation, np.full((3, 3), 0.01), variance, variance, levels, np.full(2, variance), 100)


def test_wide_structure_that_is_missing_in_the_result_is_seen():
    random = np.random.default_rng(0)
    truth = np.zeros((1, 256, 256), np.float32)
    truth[..., 128:] = 0.5
    noisy = truth + random.standard_normal(truth.shape).astype(np.float32)
    lost = np.full_like(truth, 0.25)
    answer = np.full_like(truth, 0.01)
    said = error_map(noisy, lost, even_noise(1.0), answer, answer, answer)
    assert 0.18 < np.sqrt(np.mean(said**2)) < 0.3
    kept = error_map(noisy, truth, even_noise(1.0), answer, answer, answer)
    assert np.sqrt(np.mean(kept**2)) < 0.05


def test_wide_differences_that_are_chance_are_no_error():
    answer = np.full((1, 256, 256), 0.001, np.float32)
    said = []
    for seed in range(8):
        noisy = np.random.default_rng(seed).standard_normal(answer.shape).astype(np.float32)
        said.append(np.sqrt(np.mean(error_map(noisy, 0 * noisy, even_noise(1.0), answer, answer, answer) ** 2)))
    assert np.median(said) < 0.002


def patches_of(share: float) -> np.ndarray:
    """(1, 128, 128) float32: 1 in a share of the rows, ten times less in the others."""
    strength = np.full((1, 128, 128), 0.1, np.float32)
    strength[:, : round(share * 128)] = 1
    return strength


def test_what_an_answer_means_is_learned_from_a_result_with_new_noise_in_it():
    random = np.random.default_rng(0)
    here = patches_of(0.5)
    there = here[:, ::-1]  # the new noise has left something in other places than the noise of the image
    answer, again, learned = (
        (size * strength * random.standard_normal(here.shape)).astype(np.float32)
        for size, strength in ((1, here), (1, there), (3, there))
    )
    said = error_map(0 * here, 0 * here, even_noise(1.0), answer, learned, again)
    for rows, true in ((np.s_[:, :50], 3), (np.s_[:, 78:], 0.3)):
        assert np.sqrt(np.mean(said[rows] ** 2)) == pytest.approx(true, rel=0.2)


@pytest.mark.parametrize(("share", "times"), [(0.2, 1.5), (0.8, 1.0)])
def test_where_pixels_share_noise_errors_span_more_if_most_of_the_image_is_background(share, times):
    answer = patches_of(share)
    alone, shared = (
        error_map(0 * answer, 0 * answer, even_noise(1.0), answer, answer, answer, shares_noise=shares)
        for shares in (False, True)
    )
    spans = [np.divide(*np.quantile(said, (0.95, 0.05))) for said in (alone, shared)]
    assert spans[1] / spans[0] == pytest.approx(times, rel=0.05)
    assert np.mean(shared**2) == pytest.approx(np.mean(alone**2), rel=0.01)
