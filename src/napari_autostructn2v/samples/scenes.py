"""Made cells, and the microscope that looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage as ndi

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.float32]
    Camera = NDArray[np.uint16]

__all__ = ["expose", "microtubules", "mitochondria"]

#: Camera units of a pixel that sees no light.
OFFSET = 1200.0

# The cells ------------------------------------------------------------------------------------------------------------
# Each cell is drawn on a square canvas of its own, so that large images take time by their size and no more.


def microtubules(shape: tuple[int, int], rng: np.random.Generator) -> Image:
    """Flat cells full of bent fibres that pass around a dark nucleus; the brightest fibres about 1."""
    image = np.zeros(shape, np.float32)
    for centre in _cell_centres(shape, rng):
        size, reach = rng.uniform(62, 84), 150
        body = _blob(reach, size, rng, wobble=0.22, softness=5.0)
        nucleus = _blob(reach, 0.27 * size, rng, wobble=0.1, softness=5.0)
        starts = rng.normal(0, 0.28 * size, (150, 2))
        paths = _paths(starts, rng.uniform(0, 2 * np.pi, 150), rng, steps=int(1.9 * size), wiggle=0.035, bend=0.008)
        fibres = ndi.gaussian_filter(_drawn(paths, rng.gamma(3.0, 0.33, 150), reach) * body, 1.1)
        fibres *= rng.uniform(0.7, 1.0) / np.percentile(fibres[body > 0.3], 98.5)
        _add(image, (fibres + 0.09 * body * _texture(reach, 3.0, rng)) * (1 - 0.7 * nucleus), centre)
    return _seen_through_lens(image, 0.7, haze=0.03)


def mitochondria(shape: tuple[int, int], rng: np.random.Generator) -> Image:
    """Textured nuclei in a net of mitochondria, over the blur of what is out of focus; the brightest about 1."""
    image = np.zeros(shape, np.float32)
    for centre in _cell_centres(shape, rng):
        size, reach = rng.uniform(24, 32), 120
        nucleus = _blob(reach, size, rng, wobble=0.12, softness=2.5)
        distance, turn = size * rng.uniform(0.9, 2.1, 70), rng.uniform(0, 2 * np.pi, 70)
        starts = distance[:, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
        paths = _paths(starts, turn + rng.normal(0, 0.9, 70), rng, steps=70, wiggle=0.12, bend=0.02)
        net = _drawn(paths, rng.uniform(0.3, 1.0, 70), reach) * (1 - nucleus)
        net = ndi.gaussian_filter(net * _texture(reach, 3.0, rng), 1.3)
        net *= rng.uniform(0.7, 1.0) / np.percentile(net[net > 0.05], 98.5)
        _add(image, net + rng.uniform(0.4, 0.65) * nucleus * _texture(reach, 2.4, rng), centre)
    return _seen_through_lens(image, 1.0, haze=0.15)


def _cell_centres(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return (N, 2) centres on a jittered grid with a few places left empty, at least one."""
    counts = [max(1, round(length / 170)) for length in shape]
    grid = np.stack(np.meshgrid(*(np.arange(count) for count in counts), indexing="ij"), axis=-1).reshape(-1, 2)
    centres = (grid + 0.5 + rng.uniform(-0.25, 0.25, grid.shape)) * np.divide(shape, counts)
    kept = rng.permutation(len(centres))[: max(1, round(0.7 * len(centres)))]
    return centres[kept].astype(np.intp)


def _add(image: Image, canvas: Image, centre: NDArray[np.intp]) -> None:
    """Add what of a canvas falls into the image."""
    reach = canvas.shape[0] // 2
    first, last = np.maximum(centre - reach, 0), np.minimum(centre + reach + 1, image.shape)
    top, left = first - (centre - reach)
    height, width = last - first
    image[first[0] : last[0], first[1] : last[1]] += canvas[top : top + height, left : left + width]


def _blob(reach: int, radius: float, rng: np.random.Generator, *, wobble: float, softness: float) -> Image:
    """Return a canvas with a roundish region: 1 inside, 0 outside, with an edge `softness` pixels wide."""
    waves = np.arange(2, 6)
    heights, phases = rng.normal(0, wobble, waves.size) / (waves - 1), rng.uniform(0, 2 * np.pi, waves.size)
    down, right = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    angles = np.linspace(-np.pi, np.pi, 500)
    outline = radius * (1 + (heights * np.cos(waves * angles[:, None] + phases)).sum(axis=1))
    inwards = np.interp(np.arctan2(down, right), angles, outline) - np.hypot(down, right)
    return np.clip(inwards / softness + 0.5, 0, 1).astype(np.float32)


def _paths(
    starts: NDArray[np.float64],
    directions: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    steps: int,
    wiggle: float,
    bend: float,
) -> NDArray[np.float64]:
    """Return (N, steps, 2) points, half a pixel apart, of N paths that bend steadily and wiggle by chance."""
    turns = rng.normal(0, wiggle, (len(directions), steps)) + rng.normal(0, bend, (len(directions), 1))
    angles = directions[:, None] + np.cumsum(turns, axis=1)
    walk = np.cumsum(0.5 * np.stack([np.sin(angles), np.cos(angles)], axis=-1), axis=1)
    return np.asarray(starts[:, None] + walk)


def _drawn(paths: NDArray[np.float64], brightness: NDArray[np.float64], reach: int) -> Image:
    """Return a canvas with the paths, each point spread over the four pixels around it."""
    side = 2 * reach + 1
    image = np.zeros(side * side)
    corner = np.floor(paths).astype(int)
    share = paths - corner
    light = np.broadcast_to(brightness[:, None], paths.shape[:2])
    for down, right in np.ndindex(2, 2):
        row, column = corner[..., 0] + down + reach, corner[..., 1] + right + reach
        weight = np.abs(1 - down - share[..., 0]) * np.abs(1 - right - share[..., 1]) * light
        inside = (row >= 0) & (row < side) & (column >= 0) & (column < side)
        image += np.bincount(row[inside] * side + column[inside], weight[inside], image.size)
    return image.reshape(side, side).astype(np.float32)


def _texture(reach: int, grain: float, rng: np.random.Generator) -> Image:
    """Return a canvas of positive smooth noise of mean about 1, `grain` pixels coarse."""
    side = 2 * reach + 1
    noise = ndi.gaussian_filter(rng.standard_normal((side, side), dtype=np.float32), grain)
    return np.clip(1 + 0.3 * noise / noise.std(), 0.1, None)


def _seen_through_lens(clean: Image, blur: float, *, haze: float) -> Image:
    """Return the image blurred by the objective, with light from out of focus and a faint background."""
    far = ndi.gaussian_filter(clean, 14.0)
    return np.asarray(ndi.gaussian_filter(clean, blur) + haze * far / max(float(far.max()), 1e-6) + 0.02, np.float32)


# The microscope -------------------------------------------------------------------------------------------------------


def expose(
    clean: Image,
    rng: np.random.Generator,
    *,
    photons: float,
    gain: float,
    correlated: float,
    kernel: NDArray[np.float64],
    read_noise: float,
) -> tuple[Camera, Image]:
    """Return what a camera reads, and its mean.

    Parameters
    ----------
    clean : (Y, X) float32 ndarray
        1 is a bright structure.
    photons : float
        Photons that a bright structure sends to a pixel.
    gain : float
        Camera units a photon.
    correlated, read_noise : float
        Standard deviation, in photons, of the noise shared by neighbours and of that of each pixel alone.
    kernel : 2D ndarray
        White noise convolved with it is the correlated noise; any scale.
    """
    light = rng.poisson(photons * clean).astype(np.float32)
    light += read_noise * rng.standard_normal(clean.shape, dtype=np.float32)
    shared = ndi.convolve(rng.standard_normal(clean.shape, dtype=np.float32), kernel, mode="wrap")
    light += correlated / np.sqrt((kernel**2).sum()) * shared
    counts = np.clip(np.rint(gain * light + OFFSET), 0, np.iinfo(np.uint16).max)
    return counts.astype(np.uint16), (gain * photons * clean + OFFSET).astype(np.float32)
