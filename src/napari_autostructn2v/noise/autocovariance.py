"""Autocovariance of tiles."""

from __future__ import annotations

import numpy as np
from scipy import fft as sp_fft

__all__ = ["autocovariance", "detrended"]


def detrended(tiles: np.ndarray) -> np.ndarray:
    """Subtract mean and slope from each tile."""
    side = tiles.shape[-1]
    ramp = np.arange(side) - (side - 1) / 2
    ramp = ramp / np.sqrt((ramp**2).sum() * side)
    tiles = tiles - tiles.mean((1, 2), keepdims=True)
    down = np.einsum("nij,i->n", tiles, ramp)[:, None, None] * ramp[:, None]
    across = np.einsum("nij,j->n", tiles, ramp)[:, None, None] * ramp
    return tiles - down - across


def autocovariance(tiles: np.ndarray, max_lag: int, *, unbiased: bool = True) -> np.ndarray:
    """Autocovariance of zero-mean tiles at offsets up to `max_lag`: (T, 2L+1, 2L+1).

    The unbiased estimate divides by the pairs of each offset; the other one by the pixels, which keeps matrices made of
    it positive definite.
    """
    height, width = tiles.shape[-2:]
    shape = sp_fft.next_fast_len(height + max_lag, real=True), sp_fft.next_fast_len(width + max_lag, real=True)
    spectrum = sp_fft.rfft2(tiles, shape)
    products = sp_fft.irfft2(spectrum.real**2 + spectrum.imag**2, shape)
    lags = np.arange(-max_lag, max_lag + 1)
    pairs = (height - np.abs(lags))[:, None] * (width - np.abs(lags)) if unbiased else height * width
    return products[:, lags][:, :, lags] / pairs
