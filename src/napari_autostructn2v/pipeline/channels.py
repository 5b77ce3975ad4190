"""The channels of one image: each denoised by itself, then given back what it has lost and the others show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, tells_of_memory
from ..images import as_array, cast_to, evenly_spread, in_memory, masked_like
from ..large import is_large
from ..noise import assess, chance_of_channels, lost_structure, share_noise
from ..progress import Progress
from ..settings import Settings
from ..stop import StopToken
from .brightness import windows_of
from .run import denoise

if TYPE_CHECKING:
    from ..denoiser import Denoiser
    from .result import Result

__all__ = ["DenoisedChannel", "denoise_channels", "each_helped", "judged_again", "results_helped"]

#: Standard errors by which the error on held-out pixels must fall; times that other pixels are held out.
_LEAST_GAIN, _TIMES = 3.0, 3

#: Shares of a plane by which other channels are moved to learn what chance does.
_MOVES = ((0.33, 0.25), (0.5, 0.66), (0.75, 0.5))

#: Planes, at most, whose noise is compared between channels.
_MOST_PLANES = 8

_HELPED = "Fine structure that it had lost was put back where the other channels show it too."
_SHARES_NOISE = "Its noise is also in another channel, so nothing was put back from there."


@dataclass(frozen=True, eq=False)
class DenoisedChannel:
    """One channel of an image.

    Parameters
    ----------
    noisy, denoised : (..., Y, X) ndarray
        In the units of the image; of all channels of one shape.
    model : Denoiser
        On the scale of the channel.
    """

    noisy: np.ndarray
    denoised: np.ndarray
    model: Denoiser

    def planes(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield every plane, noisy and denoised, as (Y, X) float32 on the scale of the model."""
        for index in range(len(_planes(self.noisy))):
            yield self.plane(index)

    def plane(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return one of them."""
        noisy: np.ndarray = self.model.normalised(_planes(self.noisy)[index][None]).values[0]
        denoised = (_planes(self.denoised)[index] - np.float32(self.model.offset)) / np.float32(self.model.scale)
        return noisy, denoised.astype(np.float32, copy=False)


def denoise_channels(
    channels: Sequence[Any],
    settings: Settings | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    stop: StopToken | None = None,
) -> list[Result]:
    """Denoise the channels of one image.

    Parameters
    ----------
    channels : sequence of (..., Y, X) array-like
        As for :func:`~.run.denoise`, of one shape.
    settings : Settings or None
        With ``other_channels="none"`` each is denoised by itself, as it is where channels are larger than memory.
    progress : callable or None
    stop : StopToken or None

    Returns
    -------
    list of Result
        Of each channel; where a stop came before, what there is.

    Raises
    ------
    InputError
        If the channels differ in shape, or one cannot be used.
    """
    shapes = {np.shape(channel) for channel in channels}
    if len(shapes) != 1:
        raise InputError(f"The channels of an image must have one shape; these have {sorted(shapes)}.")
    settings = settings or Settings()
    given = [channel if is_large(channel) else in_memory(channel) for channel in channels]
    results = [denoise(channel, settings, progress=progress, stop=stop) for channel in given]
    return results_helped(given, results, stop=stop)


def results_helped(images: Sequence[Any], results: Sequence[Result], *, stop: StopToken | None = None) -> list[Result]:
    """Give back to each of several results what it has lost and the others show.

    Parameters
    ----------
    images : sequence of (..., Y, X) ndarray
        The channels.
    results : sequence of Result
        Of each; one that was stopped, or has no model, leaves all as they are.
    stop : StopToken or None

    Returns
    -------
    list of Result
        With another denoised image, another quality and one message more where something was put back.
    """
    given: list[DenoisedChannel] = []
    for image, result in zip(images, results, strict=True):
        if result.report.stopped or result.denoised is None or result.denoiser is None or is_large(image):
            return list(results)
        given.append(DenoisedChannel(as_array(image), np.asarray(result.denoised), result.denoiser))
    answers: list[Result] = []
    for result, image, channel, (denoised, said) in zip(
        results, images, given, each_helped(given, stop=stop), strict=True
    ):
        if denoised is not channel.denoised:
            whole = masked_like(denoised, image)
            result = replace(judged_again(result, channel, denoised), denoised=whole)
            result = replace(result, **{f"stage{max(result.report.stages)}": whole})
        if said:
            result = replace(result, report=replace(result.report, messages=(*result.report.messages, said)))
        answers.append(result)
    return answers


def judged_again(result: Result, channel: DenoisedChannel, denoised: np.ndarray) -> Result:
    """Return the result of a channel with the quality of another denoised image."""
    found, noisy = result.measurement, channel.noisy
    if found is None:
        return result
    if channel.model.flattened:  # what the offsets of lines add is not in the noise that was measured
        flat = np.stack([plane for plane, _ in channel.planes()]).reshape(noisy.shape)
        noisy = flat * np.float32(channel.model.scale) + np.float32(channel.model.offset)
    return replace(result, report=replace(result.report, quality=assess(noisy, denoised, found.noise_to_remove)))


def each_helped(channels: Sequence[DenoisedChannel], *, stop: StopToken | None = None) -> list[tuple[np.ndarray, str]]:
    """Return every channel with what it has lost and the others show, and a sentence where there is something to say.

    Parameters
    ----------
    channels : sequence of DenoisedChannel
    stop : StopToken or None
        Channels that it comes before stay as they are.

    Returns
    -------
    list of ((..., Y, X) ndarray, str)

    Notes
    -----
    With ``other_channels="none"`` in the settings of a model all stay as they are. A channel is helped only where
    that lessens the error of blind predictions of held-out pixels, by more than chance would, and where it shares no
    noise with another channel.
    """
    result = [(channel.denoised, "") for channel in channels]
    alike = all(channel.noisy.shape == channels[0].noisy.shape for channel in channels)
    if len(channels) < 2 or not alike or any(one.model.settings.other_channels == "none" for one in channels):
        return result
    try:
        sharing = _sharing_noise(channels)
        for number, channel in enumerate(channels):
            others = [other for at, other in enumerate(channels) if at != number and at not in sharing[number]]
            result[number] = channel.denoised, _SHARES_NOISE if sharing[number] else ""
            if others and not _is_set(stop):
                chance = _chance(channel, others)
                if _is_helped(channel, others, chance):
                    result[number] = _helped(channel, others, chance, stop)
    except Exception as error:  # what each channel has reached by itself must not be lost, whatever it is
        why = "there is too little memory" if tells_of_memory(error) else f"{type(error).__name__}: {error}"
        return [(channel.denoised, f"Channels could not be compared ({why}).") for channel in channels]
    return result


def _is_set(stop: StopToken | None) -> bool:
    return stop is not None and stop.is_set()


def _sharing_noise(channels: Sequence[DenoisedChannel]) -> list[set[int]]:
    """Return which channels share noise with each."""
    chosen = evenly_spread(len(_planes(channels[0].noisy)), _MOST_PLANES)
    planes = [np.stack([channel.plane(int(index))[0] for index in chosen]) for channel in channels]
    planes = [
        plane / channel.model.normalised_noise.variance**0.5 for plane, channel in zip(planes, channels, strict=True)
    ]
    return [
        {at for at, other in enumerate(planes) if at != number and share_noise(own, other)}
        for number, own in enumerate(planes)
    ]


def _chance(channel: DenoisedChannel, others: Sequence[DenoisedChannel]) -> float:
    index = len(_planes(channel.noisy)) // 2
    noisy, denoised = channel.plane(index)
    by = [[int(share * side) for share, side in zip(move, noisy.shape, strict=True)] for move in _MOVES]
    moved = [np.roll(other.plane(index)[1], move, (0, 1)) for other in others for move in by]
    return chance_of_channels(noisy, denoised, moved)


def _is_helped(channel: DenoisedChannel, others: Sequence[DenoisedChannel], chance: float) -> bool:
    """Return whether others lessen the error of blind predictions by more than chance would."""
    from ..network import predict_blind

    trained, planes = channel.model.trained_on(channel.noisy)
    less: list[np.ndarray] = []
    for number, (index, rows, columns, shown) in enumerate(windows_of(trained, planes)):
        seen = [other.plane(index)[1][rows, columns] for other in others]
        for time in range(_TIMES):
            where, predicted = predict_blind(
                trained.network, shown, trained.blind_mask, trained.stage.mask_percentage, seed=_TIMES * number + time
            )
            kept = np.ones(predicted.shape, bool)
            kept[tuple(where.T)] = False
            found = lost_structure(shown[0], predicted, seen, chance=chance, kept=kept)
            error = (shown[0] - predicted)[~kept]
            less.append(np.square(error) - np.square(error - found[~kept]))
    all_less = np.concatenate(less)
    return bool(all_less.mean() > _LEAST_GAIN * all_less.std() * (chance / len(all_less)) ** 0.5)


def _helped(
    channel: DenoisedChannel, others: Sequence[DenoisedChannel], chance: float, stop: StopToken | None
) -> tuple[np.ndarray, str]:
    """Return the channel with what is put back, and what there is to say; as it was if a stop comes before the end."""
    result = np.empty_like(_planes(channel.denoised))
    for index, (noisy, denoised) in enumerate(channel.planes()):
        if _is_set(stop):
            return channel.denoised, ""
        seen = [other.plane(index)[1] for other in others]
        found = lost_structure(noisy, denoised, seen, chance=chance) * np.float32(channel.model.scale)
        result[index] = cast_to(_planes(channel.denoised)[index] + found, result.dtype)
    return result.reshape(channel.denoised.shape), _HELPED


def _planes(image: np.ndarray) -> np.ndarray:
    return image.reshape(-1, *image.shape[-2:])
