"""The Wiener-Hopf equations: the best linear estimate of something from others, given how all of them vary together."""

from __future__ import annotations

import numpy as np
from scipy import linalg

__all__ = ["visible_offsets", "weights_of_neighbours", "wiener_hopf"]


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


def weights_of_neighbours(autocovariance: np.ndarray, offsets: np.ndarray, ridge: float) -> np.ndarray:
    """Return the weights that predict a pixel from others best.

    Parameters
    ----------
    autocovariance : (2L+1, 2L+1) float64
        At offsets -L to L, at least as far as any two of the pixels lie apart.
    offsets : (P, 2) int
        Of the other pixels from the one that is predicted.
    ridge : float
        As in :func:`wiener_hopf`.

    Returns
    -------
    (P,) float64

    Notes
    -----
    An autocovariance is the same at opposite offsets. So, where every pixel has its opposite one, are the weights, and
    half as many equations, which are solved in an eighth of the time, say all: the sum over the half h of
    ``(R(o - p) + R(o + p)) w(p)`` is ``R(o)`` for all o of h.
    """
    centre = len(autocovariance) // 2

    def at(places: np.ndarray) -> np.ndarray:
        return autocovariance[places[..., 0] + centre, places[..., 1] + centre]

    sorted_by_place = np.lexsort(offsets.T[::-1])
    ordered = offsets[sorted_by_place]
    if not np.array_equal(ordered, -ordered[::-1]) or not len(offsets) or len(offsets) % 2:
        return wiener_hopf(at(offsets[:, None] - offsets), at(offsets), ridge)
    half = ordered[: len(offsets) // 2]
    variance = max(autocovariance[centre, centre], np.finfo(float).tiny)
    gram = (at(half[:, None] - half) + at(half[:, None] + half)) / variance
    gram[np.diag_indices_from(gram)] += ridge
    solved = linalg.solve(gram, at(half) / variance, assume_a="pos")
    weights = np.empty(len(offsets))
    weights[sorted_by_place] = np.concatenate([solved, solved[::-1]])
    return weights
