"""The network and all that needs PyTorch: training, prediction, smoothing."""

import os

# Threads that wait for the next piece of work would spin, and take the core from whatever else runs, acquisition for
# one: with one busy program beside it a run took 2.3 times as long as alone, with two 18 times.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("KMP_BLOCKTIME", "0")

from .blind_prediction import predict_blind
from .context import NEAR, NEAR_AND_FAR, NO_CONTEXT, Context, neighbours
from .devices import available_devices, resolve_device
from .give_back import GIVE_BACK_REACH, give_back, share_to_give_back
from .portable import run_torchscript, torchscript_of
from .prediction import AS_IT_IS, predict_plane, predict_planes, prediction_symmetries
from .smoothing import Smoothing
from .smoothing_choice import choose_smoothing
from .start import started_network
from .trained import TrainedNetwork
from .training import Training, new_network, train
from .trial import seconds_of_a_step
from .unet import UNet

__all__ = [
    "AS_IT_IS",
    "GIVE_BACK_REACH",
    "NEAR",
    "NEAR_AND_FAR",
    "NO_CONTEXT",
    "Context",
    "Smoothing",
    "TrainedNetwork",
    "Training",
    "UNet",
    "available_devices",
    "choose_smoothing",
    "give_back",
    "neighbours",
    "new_network",
    "predict_blind",
    "predict_plane",
    "predict_planes",
    "prediction_symmetries",
    "resolve_device",
    "run_torchscript",
    "seconds_of_a_step",
    "share_to_give_back",
    "started_network",
    "torchscript_of",
    "train",
]
