"""The Wiener-Hopf equations: the best linear estimate of something from others, given how all of them vary together."""

from __future__ import annotations

import numpy as np
from scipy import linalg

__all__ = ["covariances_between", "visible_offsets", "wiener_hopf"]


def wiener_hopf(gram: np.ndarray, target: np.ndarray, ridge: float) -> np.ndarray:
    """Solve ``gram @ weights = target``, each weight held back a little.

    Parameters
    ----------
    gram : (K, K) float64
        Covariances of the terms with one another; positive semidefinite.
    target : (K,) float64
        Covariances of the terms with what is estimated.
    ridge : float
        Share of its own variance that is added to each term, as white noise would be: it keeps the equations solvable
        where terms are nearly alike.

    Returns
    -------
    (K,) float64
    """
    size = np.sqrt(np.maximum(np.diag(gram), np.finfo(float).tiny))
    scaled = gram / np.outer(size, size)
    scaled[np.diag_indices_from(scaled)] += ridge
    weights: np.ndarray = linalg.solve(scaled, target / size, assume_a="pos") / size
    return weights


def visible_offsets(blind_mask: np.ndarray, reach: tuple[int, int]) -> np.ndarray:
    """Return the (P, 2) offsets of the neighbours, within a reach, that a blind mask leaves visible.

    Parameters
    ----------
    blind_mask : (H, W) bool
        Odd sides; what lies beyond the reach does not count.
    reach : (int, int)
        Along rows and columns.
    """
    hidden = np.zeros((2 * reach[0] + 1, 2 * reach[1] + 1), bool)
    blind = np.argwhere(blind_mask) - np.array(blind_mask.shape) // 2 + reach
    blind = blind[((blind >= 0) & (blind < hidden.shape)).all(axis=1)]
    hidden[tuple(blind.T)] = True
    return np.argwhere(~hidden) - reach


def covariances_between(autocovariance: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the covariances of the pixels at some offsets with one another and with the centre.

    Parameters
    ----------
    autocovariance : (2L+1, 2L+1) float64
        At offsets -L to L, at least as far as any two of the offsets lie apart.
    offsets : (P, 2) int

    Returns
    -------
    between : (P, P) float64
    to_centre : (P,) float64
    """
    lag = len(autocovariance) // 2
    apart = offsets[:, None] - offsets + lag
    places = offsets + lag
    return autocovariance[apart[..., 0], apart[..., 1]], autocovariance[places[:, 0], places[:, 1]]
