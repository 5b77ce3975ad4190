"""How sure a result is: the network answers to new noise, and another one learns from it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..images import find_drift
from ..network import TrainedNetwork, UNet, train
from ..noise import NoiseModel, correlated_noise, error_map
from ..stop import Stopped, StopToken

__all__ = ["LEARNED_SHARE", "uncertainty_of"]

#: The last part of the training, in which the rate falls to zero, is done again on new noise: of at least so many
#: steps, since a few leave the network as it was, and its errors with it.
LEARNED_SHARE, _FEWEST_STEPS = 0.25, 70


def uncertainty_of(
    trained: TrainedNetwork,
    planes: np.ndarray,
    noise: NoiseModel,
    denoise: Callable[[UNet, np.ndarray], np.ndarray],
    *,
    seed: int = 0,
    stop: StopToken | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Estimate the error of what a network makes of some planes.

    Parameters
    ----------
    trained : TrainedNetwork
        Left as it is.
    planes : (N, Y, X) float32
        On the scale of the network.
    noise : NoiseModel
        On that scale.
    denoise : callable
        Denoises such planes with a network.
    seed : int
        Of the noise and of the training.
    stop : StopToken or None
    on_step : callable or None
        Called with the steps done and their total.

    Returns
    -------
    (N, Y, X) float32
        See :func:`~..noise.error_map`.

    Raises
    ------
    Stopped
        If the stop token was set before the end.
    """
    random = np.random.default_rng(seed)
    network = trained.network
    denoised = denoise(network, planes)

    def with_noise(planes: np.ndarray) -> np.ndarray:
        spread = np.sqrt(np.maximum(noise.variance_at(planes), 0)).astype(np.float32)
        return planes + spread * np.stack([correlated_noise(noise, plane.shape, random) for plane in planes])

    again = with_noise(denoised)
    learning = copy.deepcopy(network)
    shares_noise = bool(trained.blind_mask.sum() > 1)
    stage = trained.stage
    fewest = round(_FEWEST_STEPS / stage.steps_per_epoch)
    stage = replace(stage, num_epochs=max(stage.num_epochs, fewest))
    first = round((1 - LEARNED_SHARE) * stage.steps)
    for event in train(
        learning,
        again,
        stage,
        trained.blind_mask,
        context=trained.context,
        length=trained.length,
        drift=find_drift(planes, trained.length) if trained.context.follows_drift else None,
        seed=seed,
        first_step=first,
        stop=stop,
    ):
        if on_step is not None:
            on_step(event.step - first, event.total - first)
    if stop is not None and stop.is_set():
        raise Stopped
    learning.smoothing.set_weights(network.smoothing.weights)
    learned = denoise(learning, again)
    answer = denoise(network, with_noise(denoised)) - denoised
    answer_again = denoise(learning, with_noise(learned)) - learned
    return error_map(planes, denoised, noise, answer, learned - denoised, answer_again, shares_noise=shares_noise)
