"""How much training an image is worth: a small one has less to learn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from .values import Settings, StageSettings

__all__ = ["after_start", "has_start", "sized_to", "turned_where_cheap"]

#: Fewer pixels than this hold too little noise that differs for a long training, of which this many steps are left.
_ENOUGH_PIXELS, _FEWEST_STEPS = 128**2, 140

#: The same for a network that has seen images: it has less to learn before it learns the noise (docs/decisions.md).
_ENOUGH_AFTER_START = 256**2

#: A batch shows an image at most so many times over, and has at least so many crops.
_TIMES, _FEWEST = 4, 4

#: Width and depth of the network that has seen images, and the shares of the steps and of the learning rate that it is
#: trained on with.
_START_SIZE, _START_STEPS, _START_RATE = (16, 2), 0.5, 0.5

#: Share of the steps where an image has so many pixels, unless training is short: there is more to learn from.
_START_STEPS_LARGE, _LARGE = 0.7, 512**2

#: Of a training of at most so many steps whose result is averaged over turns and flips so many are enough: the mean
#: takes away what a longer training would, in less time where an image has no more pixels (docs/decisions.md).
_SHORT_STEPS, _START_STEPS_TURNED, _MOST_TURNED = 140, 20, 1024**2


def has_start(stage: StageSettings, mask_shape: Sequence[int] = (1, 1)) -> bool:
    """Return whether there is a network of this size that has seen images with noise of this kind.

    Parameters
    ----------
    stage : StageSettings
    mask_shape : sequence of int
        (H, W) of the blind mask: a pixel, or a line along a row or a column (see docs/decisions.md).
    """
    return (stage.features, stage.num_layers) == _START_SIZE and min(mask_shape) == 1


def after_start(stage: StageSettings, shape: Sequence[int]) -> StageSettings:
    """Return the settings of a stage whose network has seen images: it has less to learn, and something to lose.

    Parameters
    ----------
    stage : StageSettings
    shape : sequence of int
        (..., Y, X) of the planes that are trained on.
    """
    is_short = stage.steps <= _SHORT_STEPS
    steps = (_START_STEPS if is_short or math.prod(shape) < _LARGE else _START_STEPS_LARGE) * stage.steps
    if is_short and stage.flips_at_prediction:
        steps = min(steps, _START_STEPS_TURNED)
    epochs = max(1, round(steps / stage.steps_per_epoch))
    return replace(stage, num_epochs=epochs, learning_rate=_START_RATE * stage.learning_rate)


def turned_where_cheap(settings: Settings, shape: Sequence[int]) -> Settings:
    """Return the settings of a run, without turns and flips at prediction where these would take most of a short run.

    Parameters
    ----------
    settings : Settings
        Of which those of the preset "fast" change.
    shape : sequence of int
        (..., Y, X) of the image.

    Examples
    --------
    >>> turned_where_cheap(Settings.from_preset("fast"), (2048, 2048)).stage1.flips_at_prediction
    False
    """
    if settings.preset != "fast" or math.prod(shape) <= _MOST_TURNED:
        return settings
    stages = {name: replace(getattr(settings, name), flips_at_prediction=False) for name in ("stage1", "stage2")}
    return replace(settings, **stages)


def sized_to(
    stage: StageSettings, shape: Sequence[int], *, shares_noise: bool = False, from_start: bool = False
) -> StageSettings:
    """Return the settings of a stage with batches that suit the size of the image, and with no more steps than do.

    Sixteen crops of an image that is hardly larger than one of them are sixteen times the same (docs/decisions.md).
    Where neighbouring pixels share noise, so do those held out with those trained on: a network that learns the noise
    of a small image by heart looks better and better, so its steps are counted out instead.

    Parameters
    ----------
    stage : StageSettings
    shape : sequence of int
        (N, Y, X).
    shares_noise : bool
        Whether the noise is correlated between pixels.
    from_start : bool
        Whether the network has seen images.

    Examples
    --------
    >>> sized_to(StageSettings(), (1, 40, 40)).batch_size, sized_to(StageSettings(), (1, 512, 512)).batch_size
    (4, 16)
    """
    planes, height, width = shape
    if shares_noise:
        enough_pixels = _ENOUGH_AFTER_START if from_start else _ENOUGH_PIXELS
        fewer = max(_FEWEST_STEPS, round(stage.steps * min(1.0, planes * height * width / enough_pixels)))
        epochs = max(1, min(stage.num_epochs, fewer // stage.steps_per_epoch))
        stage = replace(stage, num_epochs=epochs)
    side = min(stage.crop_size, height, width)
    enough = max(_FEWEST, round(_TIMES * planes * height * width / side**2))
    if enough >= stage.batch_size:
        return stage
    return replace(stage, batch_size=enough, patches_per_image=enough * stage.steps_per_epoch)
