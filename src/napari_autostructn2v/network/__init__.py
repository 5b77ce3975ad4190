"""The network and all that needs PyTorch: training, prediction, smoothing."""

from .devices import resolve_device
from .prediction import AS_IT_IS, predict_planes, prediction_symmetries
from .refinement import GIVE_BACK_REACH, give_back, refine
from .smoothing import Smoothing
from .training import new_network, train
from .unet import UNet

__all__ = [
    "AS_IT_IS",
    "GIVE_BACK_REACH",
    "Smoothing",
    "UNet",
    "give_back",
    "new_network",
    "predict_planes",
    "prediction_symmetries",
    "refine",
    "resolve_device",
    "train",
]
