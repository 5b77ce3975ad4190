"""Autocovariance of tiles."""

from __future__ import annotations

import numpy as np
from scipy import fft as sp_fft

__all__ = ["autocovariance", "detrended"]


def detrended(tiles: np.ndarray, degree: int = 1) -> np.ndarray:
    """Subtract from each tile the polynomial of a degree in rows and columns, least squares: 1 is mean and slope."""
    side = tiles.shape[-1]
    powers = np.polynomial.legendre.legvander(np.linspace(-1, 1, side), degree)
    pairs = [(down, across) for down in range(degree + 1) for across in range(degree + 1 - down)]
    terms = [np.outer(powers[:, down], powers[:, across]).ravel() for down, across in pairs]
    basis = np.linalg.qr(np.stack(terms, 1))[0]
    flat = tiles.reshape(len(tiles), -1)
    return (flat - (flat @ basis) @ basis.T).reshape(tiles.shape)


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
