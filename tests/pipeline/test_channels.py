"""Channels of one image give back to each other what they have lost, and nothing of one appears in another."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from napari_autostructn2v import InputError, Settings, denoise, denoise_channels
from napari_autostructn2v.pipeline import channels

SIDE = 192
FAST = Settings.from_preset("fast", stages="1")


def tissue(photons: float) -> np.ndarray:
    """Stained tissue, of which red, green and blue show nearly the same."""
    truth = np.moveaxis(data.immunohistochemistry()[150 : 150 + SIDE, 200 : 200 + SIDE], -1, 0) / 255
    return truth * photons


def spots(height: float) -> np.ndarray:
    random = np.random.default_rng(3)
    where = np.zeros((SIDE, SIDE))
    where[tuple(random.integers(10, SIDE - 10, (2, 20)))] = 1
    blurred = ndimage.gaussian_filter(where, 2.5)
    return height * blurred / blurred.max()


def error(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found - truth) ** 2)))


def test_channels_that_show_the_same_help_each_other():
    truth = tissue(50)
    noisy = np.random.default_rng(1).poisson(truth).astype(np.float32)
    apart = denoise_channels(noisy, Settings.from_preset("fast", stages="1", other_channels="none"))
    helped = denoise_channels(noisy, FAST)
    for number in (0, 2):
        assert error(helped[number].denoised, truth[number]) < 0.985 * error(apart[number].denoised, truth[number])
        assert any("other channels" in said for said in helped[number].report.messages)
        assert np.array_equal(helped[number].denoised, helped[number].stage1)
        assert helped[number].report.quality != apart[number].report.quality
    assert not any("other channels" in said for said in apart[0].report.messages)


def test_what_is_in_one_channel_only_does_not_appear_in_another():
    random = np.random.default_rng(2)
    truth, seen = tissue(50)[:2], spots(20)
    photons = random.poisson(truth)
    of_spots = random.poisson(seen)
    with_spots = denoise_channels(np.stack([photons[0], photons[1] + of_spots]).astype(np.float32), FAST)
    without = denoise_channels(photons.astype(np.float32), FAST)
    assert any("other channels" in said for said in with_spots[0].report.messages)  # or it would say nothing
    pattern = seen - ndimage.gaussian_filter(seen, 12)
    bled = ((with_spots[0].denoised - without[0].denoised) * pattern).sum() / (pattern**2).sum()
    assert abs(bled) < 0.01


def test_channels_that_have_nothing_in_common_stay_as_they_are():
    random = np.random.default_rng(4)
    truth = np.stack([50 * ndimage.gaussian_filter(random.random((SIDE, SIDE)) > 0.98, 2) * 20 + 5 for _ in range(2)])
    noisy = random.poisson(truth).astype(np.uint16)
    apart = denoise_channels(noisy, Settings.from_preset("fast", stages="1", other_channels="none"))
    for one, other in zip(denoise_channels(noisy, FAST), apart, strict=True):
        assert np.array_equal(one.denoised, other.denoised)
        assert one.report == other.report or one.report.messages == other.report.messages


def test_noise_that_channels_share_does_not_come_back_from_another():
    random = np.random.default_rng(5)
    truth = tissue(50)[:2]
    shared = 6 * random.standard_normal((SIDE, SIDE))
    noisy = (truth + shared + 3 * random.standard_normal(truth.shape)).astype(np.float32)
    for result, own in zip(denoise_channels(noisy, FAST), noisy, strict=True):
        assert any("also in another channel" in said for said in result.report.messages)
        assert result.denoised.dtype == own.dtype


def test_a_lack_of_memory_or_a_stop_while_channels_are_compared_loses_nothing(monkeypatch):
    truth = tissue(50)[:2]
    noisy = np.random.default_rng(1).poisson(truth).astype(np.float32)
    apart = [denoise(image, FAST) for image in noisy]
    given = [
        channels.DenoisedChannel(image, one.denoised, one.denoiser) for image, one in zip(noisy, apart, strict=True)
    ]

    class AfterAWhile:
        polls = 0

        def is_set(self) -> bool:
            self.polls += 1
            return self.polls > 1

        def wait(self, timeout: float | None = None) -> bool:
            return False

    for (denoised, said), one in zip(channels.each_helped(given, stop=AfterAWhile()), apart, strict=True):
        assert denoised is one.denoised and not said

    def without_memory(*arguments: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr(channels, "lost_structure", without_memory)
    for (denoised, said), one in zip(channels.each_helped(given), apart, strict=True):
        assert denoised is one.denoised and "too little memory" in said


def test_channels_of_different_shapes_are_refused_in_words():
    with pytest.raises(InputError, match="one shape"):
        denoise_channels([np.zeros((64, 64)), np.zeros((64, 65))], FAST)
    with pytest.raises(InputError, match="one shape"):
        denoise_channels([], FAST)
