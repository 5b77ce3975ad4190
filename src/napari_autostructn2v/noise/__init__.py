"""The noise of an image, measured without training, and the blind mask that follows from it."""

from .blind_mask import BlindMask
from .linear_preview import linear_preview
from .mask_choice import choose_mask, predicted_gain
from .measurement import check_mask, mask_for, measure, prepare
from .model import NoiseModel, estimate_noise
from .quality import Quality, assess

__all__ = [
    "BlindMask",
    "NoiseModel",
    "Quality",
    "assess",
    "check_mask",
    "choose_mask",
    "estimate_noise",
    "linear_preview",
    "mask_for",
    "measure",
    "predicted_gain",
    "prepare",
]
