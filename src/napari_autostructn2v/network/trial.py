"""A trial of a few steps: how fast a computer trains that has not trained yet."""

from __future__ import annotations

import time

import numpy as np

from ..settings import StageSettings
from .devices import resolve_device
from .training import new_network, train

__all__ = ["seconds_of_a_step"]

#: Of the image. All that counts is that crops fit into it.
_SIDE = 256

#: The first epochs take what PyTorch prepares, and more threads than a training that has seen what else runs.
_UNTIMED, _TIMED = 2, 8

#: Enough on a slow computer.
_SECONDS = 3.0


def seconds_of_a_step(device: str = "auto") -> float:
    """Return how long a step of a usual training takes, with its share of what is done once an epoch.

    Parameters
    ----------
    device : str

    Returns
    -------
    float
        Seconds.
    """
    planes = np.random.default_rng(0).standard_normal((1, _SIDE, _SIDE)).astype(np.float32)
    stage = StageSettings(num_epochs=_UNTIMED + _TIMED, early_stopping=False)
    where = resolve_device(device)
    # On a processor, what other programs take of it at present does not count: this is remembered.
    clocks = (time.perf_counter, time.process_time) if where.type == "cpu" else (time.perf_counter,)
    timed = []
    for event in train(new_network(stage, 0, where), planes, stage, np.ones((1, 1), bool)):
        if event.held_out is None or event.step < _UNTIMED * stage.steps_per_epoch:
            continue
        timed.append([clock() for clock in clocks])
        if len(timed) > 1 and timed[-1][0] - timed[0][0] > _SECONDS:
            break
    seconds = min(end - begin for begin, end in zip(timed[0], timed[-1], strict=True))
    return max(seconds, 1e-6) / (len(timed) - 1) / stage.steps_per_epoch
