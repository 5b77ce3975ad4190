"""Pictures made by code, as many as wanted, for the training of the start: scripts/train_start.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage, spatial

__all__ = ["KINDS", "SIDE", "free_pictures", "picture"]

#: Side of a picture in pixels.
SIDE = 256

#: Of scikit-image's own pictures those that it says are CC0 or in the public domain, and that come with its wheel.
FREE = ("astronaut", "brick", "camera", "cat", "coffee", "grass", "gravel", "hubble_deep_field", "microaneurysms",
        "moon", "retina", "rocket")  # fmt: skip


def free_pictures() -> list[np.ndarray]:
    """Return the free pictures of scikit-image, (Y, X) float32 between 0 and 1."""
    from skimage import color, data, util

    pictures = []
    for name in FREE:
        image = util.img_as_float32(getattr(data, name)())
        pictures.append((color.rgb2gray(image) if image.ndim == 3 else image).astype(np.float32))
    return pictures


def picture(random: np.random.Generator, free: list[np.ndarray]) -> np.ndarray:
    """Make one picture without noise.

    Parameters
    ----------
    random : numpy.random.Generator
    free : list of (Y, X) float32
        Pictures to cut pieces from, for an eighth of what is made.

    Returns
    -------
    (SIDE, SIDE) float32
        From 0; its 99.5th percentile is 1.
    """
    if random.random() < 0.12:
        image = _piece(random, free)
    else:
        kinds = list(KINDS)
        chosen = random.choice(len(kinds), size=random.choice([1, 2, 3], p=[0.5, 0.35, 0.15]), replace=False)
        image = np.zeros((SIDE, SIDE), np.float32)
        for kind in chosen:
            layer = kinds[kind](random)
            if random.random() < 0.25:
                layer = layer * cells(random)
            image += layer / (layer.max() + 1e-6) * np.float32(random.uniform(0.2, 1))
        if random.random() < 0.3:
            image *= 1 + random.uniform(0.1, 0.6) * _unit(field(random, random.uniform(1, 4)))
        image = ndimage.gaussian_filter(np.maximum(image, 0), random.uniform(0.4, 2.2))
        if random.random() < 0.5:
            haze = field(random, random.uniform(20, 80))
            image += random.uniform(0.02, 0.4) * image.max() * (haze - haze.min()) / (np.ptp(haze) + 1e-6)
    image = np.maximum(image - image.min(), 0)
    top = np.percentile(image, 99.5) or image.max() or 1.0
    image = image / np.float32(top)
    if random.random() < 0.3:
        image = image ** random.uniform(0.6, 1.8)
    return np.minimum(image, 4).astype(np.float32)


def filaments(random: np.random.Generator) -> np.ndarray:
    """Draw curves that bend slowly, of several strengths and widths."""
    image = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(random.integers(1, 4)):
        count, steps = int(random.integers(3, 60)), int(random.integers(200, 900))
        angle = random.uniform(0, 2 * np.pi, (count, 1)) if random.random() < 0.7 else random.normal(1, 0.2, (count, 1))
        angle = angle + np.cumsum(random.normal(0, random.uniform(0.005, 0.08), (count, steps)), 1)
        start = random.uniform(-20, SIDE + 20, (2, count, 1))
        path = start + 0.5 * np.cumsum(np.stack([np.sin(angle), np.cos(angle)]), 2)
        weight = np.broadcast_to(random.uniform(0.2, 1, (count, 1)), angle.shape)
        drawn = _drawn(path.reshape(2, -1), weight.ravel())
        image += ndimage.gaussian_filter(drawn, random.uniform(0.5, 2)) * random.uniform(0.3, 1)
    return image


def branches(random: np.random.Generator) -> np.ndarray:
    """Draw trees, thick at the root, with buttons on them."""
    image = np.zeros((SIDE, SIDE), np.float32)
    tips = [(random.uniform(0, SIDE, 2), random.uniform(0, 2 * np.pi), random.uniform(1.5, 4)) for _ in range(5)]
    for place, angle, width in (tips.pop() for _ in range(60) if tips):
        steps = int(random.integers(60, 300))
        angles = angle + np.cumsum(random.normal(0, 0.06, steps))
        path = place[:, None] + 0.5 * np.cumsum(np.stack([np.sin(angles), np.cos(angles)]), 1)
        image += ndimage.gaussian_filter(_drawn(path, np.ones(steps)), width / 2) * width**2
        if width > 0.8:
            tips += [(path[:, -1], angles[-1] + side, width * 0.7) for side in random.uniform(-0.9, 0.9, 2)]
    return image + image.max() * 0.5 * spots(random) if random.random() < 0.5 else image


def spots(random: np.random.Generator) -> np.ndarray:
    """Draw spots of one or several sizes, few or many."""
    image = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(random.integers(1, 4)):
        count = int(np.exp(random.uniform(np.log(4), np.log(1200))))
        where = random.uniform(0, SIDE, (2, count))
        drawn = _drawn(where, random.gamma(random.uniform(0.7, 6), size=count))
        width = np.exp(random.uniform(np.log(0.5), np.log(5)))
        image += ndimage.gaussian_filter(drawn, width) * width**2
    return image


def rings(random: np.random.Generator) -> np.ndarray:
    """Draw hollow vesicles."""
    image = np.zeros((SIDE, SIDE), np.float32)
    turn = np.linspace(0, 2 * np.pi, 160)
    for _ in range(random.integers(5, 80)):
        size, place = random.uniform(2, 14, 2), random.uniform(0, SIDE, (2, 1))
        path = place + size[:, None] * np.stack([np.sin(turn), np.cos(turn)])
        image += _drawn(path, np.full(160, random.uniform(0.2, 1)))
    return ndimage.gaussian_filter(image, random.uniform(0.5, 1.5))


def cells(random: np.random.Generator) -> np.ndarray:
    """Draw bodies with a texture of their own."""
    image = np.zeros((SIDE, SIDE), np.float32)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    softness, big = random.uniform(0.02, 0.5), random.uniform(8, 45)
    for _ in range(random.integers(2, 25)):
        row, column = random.uniform(0, SIDE, 2)
        a, b = big * random.uniform(0.6, 1.4, 2)
        angle = random.uniform(0, np.pi)
        along = (columns - column) * np.cos(angle) + (rows - row) * np.sin(angle)
        across = (rows - row) * np.cos(angle) - (columns - column) * np.sin(angle)
        inside = np.clip((1 - (along / a) ** 2 - (across / b) ** 2) / softness, 0, 1)
        image = np.maximum(image, inside * random.uniform(0.3, 1))
    wavy = _unit(field(random, random.uniform(1, 6)))
    return (image * np.clip(1 + random.uniform(0, 0.6) * wavy, 0.05, None)).astype(np.float32)


def membranes(random: np.random.Generator) -> np.ndarray:
    """Draw the walls between cells that fill the plane."""
    seeds = random.uniform(0, SIDE, (int(random.integers(8, 250)), 2))
    where = np.stack(np.mgrid[:SIDE, :SIDE], -1).reshape(-1, 2) + 3 * np.stack(
        [_unit(field(random, 8)).ravel() for _ in range(2)], 1
    )
    near = spatial.cKDTree(seeds).query(where, 2)[0]
    walls = np.exp(-(((near[:, 1] - near[:, 0]) / random.uniform(1, 4)) ** 2)).reshape(SIDE, SIDE)
    return (walls * (1 + 0.4 * _unit(field(random, 10)))).clip(0).astype(np.float32)


def network(random: np.random.Generator) -> np.ndarray:
    """Draw the lines where a random field is zero: a tangle, as mitochondria make it."""
    level = _unit(field(random, random.uniform(2, 9)))
    lines = np.exp(-((level / random.uniform(0.1, 0.5)) ** 2))
    there = np.clip(_unit(field(random, random.uniform(10, 40))) + random.uniform(-0.5, 2), 0, 1)
    return (lines * there).astype(np.float32)


def texture(random: np.random.Generator) -> np.ndarray:
    """Draw a random field with a falling spectrum, sometimes as patches."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    frequency[0, 0] = 1 / SIDE
    spectrum = np.fft.rfft2(random.standard_normal((SIDE, SIDE))) * frequency ** -random.uniform(0.8, 2.2)
    values = _unit(np.fft.irfft2(spectrum, (SIDE, SIDE)))
    if random.random() < 0.5:
        return np.exp(random.uniform(0.3, 1.2) * values).astype(np.float32)
    return (1 / (1 + np.exp(-random.uniform(2, 20) * values))).astype(np.float32)


def gratings(random: np.random.Generator) -> np.ndarray:
    """Draw waves of one direction, bent a little, in places."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    angle, period = random.uniform(0, np.pi), np.exp(random.uniform(np.log(4), np.log(40)))
    phase = (rows * np.cos(angle) + columns * np.sin(angle)) / period + random.uniform(0, 1.5) * _unit(
        field(random, 40)
    )
    waves = (0.5 + 0.5 * np.sin(2 * np.pi * phase)) ** random.uniform(0.5, 4)
    return (waves * np.clip(_unit(field(random, 30)) + random.uniform(0, 2), 0, 1)).astype(np.float32)


def gradients(random: np.random.Generator) -> np.ndarray:
    """Draw what changes slowly, with edges at times."""
    image = field(random, random.uniform(15, 70))
    image = image - image.min()
    if random.random() < 0.5:
        image = np.round(image / (np.ptp(image) + 1e-6) * random.integers(1, 6))
    return image.astype(np.float32)


KINDS: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    filaments, branches, spots, rings, cells, membranes, network, texture, gratings, gradients,
)  # fmt: skip


def field(random: np.random.Generator, sigma: float) -> np.ndarray:
    """Return white noise smoothed by a Gaussian filter, (SIDE, SIDE) float32; coarse ones are made small."""
    shrink = max(1, 2 ** int(np.log2(max(1.0, sigma / 4))))
    side = SIDE // shrink + 4
    coarse = ndimage.gaussian_filter(random.standard_normal((side, side)).astype(np.float32), sigma / shrink)
    return ndimage.zoom(coarse, shrink, order=1)[:SIDE, :SIDE]


def _unit(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() + 1e-9)


def _drawn(where: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Add (2, P) points to a picture, (SIDE, SIDE) float32, each spread over the four pixels around it."""
    image = np.zeros(SIDE * SIDE, np.float64)
    low = np.floor(where).astype(int)
    rest = where - low
    for down in (0, 1):
        for right in (0, 1):
            row, column = low[0] + down, low[1] + right
            share = np.abs(1 - down - rest[0]) * np.abs(1 - right - rest[1]) * weights
            inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
            image += np.bincount(row[inside] * SIDE + column[inside], share[inside], SIDE * SIDE)
    return image.reshape(SIDE, SIDE).astype(np.float32)


def _piece(random: np.random.Generator, free: list[np.ndarray]) -> np.ndarray:
    image = free[random.integers(len(free))]
    side = int(random.integers(min(180, *image.shape), min(image.shape) + 1))
    row, column = (int(random.integers(0, whole - side + 1)) for whole in image.shape)
    zoomed = ndimage.zoom(image[row : row + side, column : column + side], SIDE / side, order=1)
    return np.pad(zoomed, 2, mode="edge")[2 : 2 + SIDE, 2 : 2 + SIDE]
