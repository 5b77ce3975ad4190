"""Weights that predict a pixel from its neighbours."""

import numpy as np
import pytest
from scipy import ndimage

from napari_autostructn2v.noise.autocovariance import autocovariance
from napari_autostructn2v.noise.wiener_hopf import visible_offsets, weights_of_neighbours

MASKS = {
    "single": np.ones((1, 1), bool),
    "line": np.ones((1, 5), bool),
    "one-sided": np.array([[False, False, True, True, True]]),
    "diagonal": np.eye(3, dtype=bool),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_weights_solve_all_equations_and_not_only_the_half_that_is_solved(mask):
    image = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(1, 64, 64)), (0, 1, 2))
    covariance = autocovariance(image - image.mean(), 16, unbiased=False)[0]
    seen = visible_offsets(mask, (4, 4))

    weights = weights_of_neighbours(covariance, seen, 1e-3)

    apart = seen[:, None] - seen + 16
    gram = covariance[apart[..., 0], apart[..., 1]] + 1e-3 * covariance[16, 16] * np.eye(len(seen))
    np.testing.assert_allclose(gram @ weights, covariance[tuple((seen + 16).T)], atol=1e-9 * covariance.max())


def test_an_image_without_variance_is_predicted_by_nothing():
    seen = visible_offsets(np.ones((1, 1), bool), (2, 2))

    assert not weights_of_neighbours(np.zeros((9, 9)), seen, 1e-4).any()
