"""Planes of one scene that moves as a whole."""

import numpy as np
from scipy.ndimage import gaussian_filter


def moved_scene(steps, side=112, noise=1.0, seed=0):
    """Return noisy planes, and what they show, whose scene lies by (rows, columns) farther down and right."""
    random = np.random.default_rng(seed)
    border = int(np.abs(steps).max()) + 1
    scene = gaussian_filter(random.normal(size=(side + 2 * border,) * 2), 2.5)
    scene /= scene.std()
    truth = np.stack([scene[border - down :, border - right :][:side, :side] for down, right in steps])
    return (truth + random.normal(0, noise, truth.shape)).astype(np.float32), truth
