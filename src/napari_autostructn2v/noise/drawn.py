"""Noise drawn at random with the correlation that was measured."""

from __future__ import annotations

import numpy as np
from scipy import fft as sp_fft

from .model import NoiseModel

__all__ = ["correlated_noise"]


def correlated_noise(noise: NoiseModel, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Draw noise of unit variance with the correlation of a noise model.

    Parameters
    ----------
    noise : NoiseModel
    shape : (int, int)
    random : numpy.random.Generator

    Returns
    -------
    (Y, X) float32
    """
    lag = min(noise.max_lag, (min(shape) - 1) // 2)
    inner = slice(noise.max_lag - lag, noise.max_lag + lag + 1)
    lags = np.arange(-lag, lag + 1)
    kernel = np.zeros(shape)
    kernel[np.ix_(lags % shape[0], lags % shape[1])] = np.where(noise.significant, noise.correlation, 0)[inner, inner]
    kernel[0, 0] = 1
    spectrum = np.maximum(sp_fft.rfft2(kernel).real, 0)
    drawn = sp_fft.irfft2(sp_fft.rfft2(random.standard_normal(shape)) * np.sqrt(spectrum), shape)
    return (drawn / drawn.std()).astype(np.float32)
