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


def autocovariance(
    tiles: np.ndarray, max_lag: int, *, unbiased: bool = True, without: np.ndarray | None = None
) -> np.ndarray:
    """Autocovariance of zero-mean tiles at offsets up to `max_lag`: (T, 2L+1, 2L+1).

    The unbiased estimate divides by the pairs of each offset; the other one by the pixels, which keeps matrices made of
    it positive definite. Pixels that are `without` a value, (T, Y, X) bool, are zero in the tiles and make no pairs.
    """
    height, width = tiles.shape[-2:]
    lags = np.arange(-max_lag, max_lag + 1)
    pairs = (height - np.abs(lags))[:, None] * (width - np.abs(lags)) if unbiased else height * width
    found = _products(tiles, lags) / pairs
    if without is None or not without.any():
        return found
    holes = without.any((1, 2))
    found[holes] *= pairs / np.maximum(1, np.rint(_products((~without[holes]).astype(np.float64), lags)))
    return found


def _products(tiles: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Products of (T, Y, X) tiles with themselves at all offsets, summed: (T, L, L)."""
    shape = [sp_fft.next_fast_len(side + int(lags[-1]), real=True) for side in tiles.shape[-2:]]
    spectrum = sp_fft.rfft2(tiles, shape)
    products: np.ndarray = sp_fft.irfft2(spectrum.real**2 + spectrum.imag**2, shape)
    return products[:, lags][:, :, lags]
