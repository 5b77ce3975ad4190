"""The network and all that needs PyTorch: training, prediction, smoothing."""

from .context import NEAR, NEAR_AND_FAR, NO_CONTEXT, Context
from .devices import available_devices, resolve_device
from .prediction import AS_IT_IS, predict_planes, prediction_symmetries
from .smoothing import Smoothing
from .smoothing_choice import GIVE_BACK_REACH, choose_smoothing, give_back
from .training import Training, new_network, train
from .unet import UNet

__all__ = [
    "AS_IT_IS",
    "GIVE_BACK_REACH",
    "NEAR",
    "NEAR_AND_FAR",
    "NO_CONTEXT",
    "Context",
    "Smoothing",
    "Training",
    "UNet",
    "available_devices",
    "choose_smoothing",
    "give_back",
    "new_network",
    "predict_planes",
    "prediction_symmetries",
    "resolve_device",
    "train",
]
