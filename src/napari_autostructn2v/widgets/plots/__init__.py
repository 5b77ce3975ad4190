"""Plots: the training curves, the noise with its mask, the scores of patches."""

from .loss_plot import LossPlot
from .mask_editor import MaskEditor
from .score_histogram import ThresholdHistogram

__all__ = ["LossPlot", "MaskEditor", "ThresholdHistogram"]
