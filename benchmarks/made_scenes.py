"""Made scenes whose truth is known, for the benchmarks that ask what becomes of grey values."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

#: White noise convolved with one of these is noise that neighbours share.
KERNELS = {
    "white": np.ones((1, 1)),
    "lines": np.ones((1, 5)),
    "columns": np.ones((5, 1)),
    "camera": np.outer([1.0, 2.0, 1.0], [1.0, 2.0, 1.0]),
}


def cells(size: int = 256, seed: int = 0) -> np.ndarray:
    """Return (Y, X) soft cells with texture, crossed by filaments, over a dark background; the brightest about 1."""
    random = np.random.default_rng([seed, 0])
    image = np.zeros((size, size))
    rows, columns = np.mgrid[:size, :size]
    for _ in range(max(3, round(20 * (size / 384) ** 2))):
        middle, radii = random.uniform(0, size, 2), random.uniform(14, 34, 2)
        inside = np.clip(1 - ((rows - middle[0]) / radii[0]) ** 2 - ((columns - middle[1]) / radii[1]) ** 2, 0, 1)
        texture = ndi.gaussian_filter(random.standard_normal((size, size)), random.uniform(1.5, 3.5))
        image += np.sqrt(inside) * random.uniform(0.3, 0.7) * np.clip(1 + 0.3 * texture / texture.std(), 0.1, None)
    image += 0.6 * _filaments(size, random, count=max(3, round(10 * (size / 384) ** 2)))
    return ndi.gaussian_filter(image, 0.8)


def points(size: int = 256, seed: int = 0) -> np.ndarray:
    """Return (Y, X) points and thin filaments, both hardly wider than a pixel; the brightest are about 1."""
    random = np.random.default_rng([seed, 1])
    image = 0.7 * _filaments(size, random, count=max(4, round(24 * (size / 384) ** 2)), width=0.7)
    places = random.integers(0, size, (max(20, size**2 // 500), 2))
    dots = np.zeros((size, size))
    dots[tuple(places.T)] = random.uniform(0.2, 1.0, len(places))
    return image + 2 * np.pi * 0.8**2 * ndi.gaussian_filter(dots, 0.8)


def exposed(
    clean: np.ndarray, seed: int | list[int], *, photons: float = 60.0, read: float = 1.5, kernel: str = "white"
) -> np.ndarray:
    """Return the photons that are read of a scene whose brightest structures send so many to a pixel.

    Parameters
    ----------
    clean : (Y, X) float64
    seed : int or list of int
    photons : float
        Of a pixel of brightness 1.
    read : float
        Standard deviation, in photons, of the noise that does not come from light.
    kernel : str
        Of that noise; see `KERNELS`.
    """
    random = np.random.default_rng([2, *np.atleast_1d(seed)])
    shared = ndi.convolve(random.standard_normal(clean.shape), KERNELS[kernel], mode="wrap")
    return random.poisson(photons * clean) + read * shared / np.sqrt(np.square(KERNELS[kernel]).sum())


def _filaments(size: int, random: np.random.Generator, *, count: int, width: float = 1.1) -> np.ndarray:
    """Return bent filaments of different brightness, the brightest about 1."""
    turns = np.cumsum(random.normal(0, 0.05, (count, 3 * size)), 1) + random.uniform(0, 2 * np.pi, (count, 1))
    path = np.cumsum(0.5 * np.stack([np.sin(turns), np.cos(turns)]), 2) + random.uniform(0, size, (2, count, 1))
    light = np.broadcast_to(random.uniform(0.3, 1, (count, 1)), turns.shape)
    inside = ((path >= 0) & (path < size - 1)).all(0)
    image = np.zeros((size, size))
    np.add.at(image, tuple(path[:, inside].astype(int)), light[inside])
    image = ndi.gaussian_filter(image, width)
    return image / np.percentile(image[image > 1e-3 * image.max()], 99)


def fast_blobs(shape: tuple[int, int, int] = (24, 128, 128), seed: int = 0) -> np.ndarray:
    """Return (N, Y, X) smooth blobs that move by about their own size from plane to plane, each its own way."""
    random = np.random.default_rng([seed, 2])
    planes, height, width = shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    movie = np.full(shape, 0.1, np.float32)
    for _ in range(30):
        place, step = random.uniform(0, 1, 2) * (height, width), random.normal(0, 6, 2)
        sigma, light = random.uniform(4, 8), random.uniform(0.3, 1)
        for plane in range(planes):
            down, right = place + plane * step
            down = (rows - down + height / 2) % height - height / 2
            right = (columns - right + width / 2) % width - width / 2
            movie[plane] += light * np.exp(-(down**2 + right**2) / 2 / sigma**2)
    return movie


def shaken(shape: tuple[int, int, int] = (24, 128, 128), seed: int = 0) -> np.ndarray:
    """Return (N, Y, X) views of a smooth scene that drifts by two pixels a plane and jumps by four."""
    random = np.random.default_rng([seed, 3])
    planes, height, width = shape
    place = np.cumsum(random.normal(2, 4, (planes, 2)), 0)
    place -= place.min(0)
    far = np.ceil(place.max(0)).astype(int) + 1
    field = ndi.gaussian_filter(random.standard_normal((height + far[0], width + far[1])), 5)
    field = 0.05 + (field - field.min()) / np.ptp(field)
    return np.stack([ndi.shift(field, -at, order=1)[:height, :width] for at in place]).astype(np.float32)
