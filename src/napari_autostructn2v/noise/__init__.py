"""The noise of an image, measured without training, and the blind mask that follows from it."""

from .blind_mask import BlindMask
from .brightness import Brightness, compare_brightness, contrast_lost
from .drawn import correlated_noise
from .error_map import error_map
from .estimate import estimate_noise
from .intensity import variance_against_intensity
from .linear_preview import linear_preview
from .mask_choice import choose_mask, predicted_gain
from .measurement import Measurement, check_mask, measure
from .model import NoiseModel
from .other_channels import chance_of_channels, lost_structure
from .quality import Quality, assess
from .shared_noise import share_noise
from .wiener_hopf import wiener_hopf

__all__ = [
    "BlindMask",
    "Brightness",
    "Measurement",
    "NoiseModel",
    "Quality",
    "assess",
    "chance_of_channels",
    "check_mask",
    "choose_mask",
    "compare_brightness",
    "contrast_lost",
    "correlated_noise",
    "error_map",
    "estimate_noise",
    "linear_preview",
    "lost_structure",
    "measure",
    "predicted_gain",
    "share_noise",
    "variance_against_intensity",
    "wiener_hopf",
]
