"""Train the start: the network that has seen images, from nothing, on pictures made by code.

    python scripts/train_start.py independent|lines|correlated [--steps 14000] [--seed 17] [--from FILE] [--to FILE]

Half an hour on one core. `independent` learns to predict a pixel from what is around it, for noise that pixels do not
share; `correlated` from what is around a blind mask, drawn anew for every step with the noise that it fits; `lines` in
turn the one, and the other along rows and columns only. The target is the picture without noise: that is the point of
pictures that are made. The weights are written as float16 to the package, with the recipe beside them (docs/start.md).
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from scipy import ndimage, signal, special
from start_pictures import SIDE, free_pictures, picture

from napari_autostructn2v.network import new_network
from napari_autostructn2v.network.blind_spots import BlindSpots
from napari_autostructn2v.network.optimiser import optimisers
from napari_autostructn2v.network.training import _average, _Schedule
from napari_autostructn2v.settings import StageSettings

FOLDER = Path(__file__).parents[1] / "src" / "napari_autostructn2v" / "network"

#: Pictures kept, and steps after which one of them gives way to a new one.
POOL, RENEWED_AFTER = 500, 8

#: Crops of a step, their side, and the margin in which correlated noise is drawn.
BATCH, CROP, MARGIN = 16, 64, 16

#: Correlation from which an offset belongs to the blind mask, as in `MaskSettings`.
LEAST_CORRELATION = 0.05

#: Share of the steps of `lines` with noise that pixels do not share.
INDEPENDENT_SHARE = 0.4


@dataclass(frozen=True, eq=False)
class Kind:
    """Noise of one kind: what white noise is convolved with, the blind mask for it, and how much is white beside."""

    kernel: np.ndarray
    mask: np.ndarray
    white: float = 0.0


def noise_kind(random: np.random.Generator, kind: str) -> Kind:
    """Draw how pixels share noise: along rows, columns, diagonals, in all directions."""
    if kind == "independent" or (kind == "lines" and random.random() < INDEPENDENT_SHARE):
        return Kind(np.ones((1, 1)), np.ones((1, 1), bool))
    shape = random.random() if kind == "correlated" else 0.7
    lines = kind == "lines"
    if shape < 0.45:  # in all directions: camera, resampled
        sigmas = np.exp(random.uniform(np.log(0.4), np.log(1.6))) * random.uniform(0.75, 1.3, 2)
        reach = int(np.ceil(3 * sigmas.max()))
        along = [np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2) for sigma in sigmas]
        kernel = np.outer(*along)
        if random.random() < 0.4:  # a tail
            wide = [np.exp(-np.abs(np.arange(-reach - 3, reach + 4)) / random.uniform(1, 2.5)) for _ in range(2)]
            kernel = np.pad(kernel, 3) + random.uniform(0.02, 0.15) * np.outer(*wide)
    else:
        length = int(random.integers(2, 10))
        line = np.ones(length) if random.random() < 0.5 else np.exp(-np.arange(length) / random.uniform(0.7, 4))
        if random.random() < 0.2:
            line = line * (np.arange(length) % 2 == 0)
        kernel = np.diag(line) if shape > 0.92 else line[None]
        if random.random() < 0.5:
            kernel = kernel.T if shape <= 0.92 else kernel[::-1]
        if not lines and random.random() < 0.2 and length > 3:  # a cross: both directions
            kernel = np.pad(line[None], ((length // 2, length - 1 - length // 2), (0, 0)))
            kernel = kernel + kernel.T
    kernel = kernel / np.sqrt((kernel**2).sum())
    correlation = signal.correlate(kernel, kernel)
    share = random.uniform(0.05, 0.9) if random.random() < 0.4 else 1.0  # the rest is white
    mask = share * correlation > LEAST_CORRELATION
    mask[mask.shape[0] // 2, mask.shape[1] // 2] = True
    mask |= mask[::-1, ::-1]
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if not lines and random.random() < 0.15:
        mask = ndimage.binary_dilation(np.pad(mask, 1), np.ones((3, 3)))
    return Kind(np.sqrt(share) * kernel, mask, np.sqrt(1 - share))


def noisy_crop(random: np.random.Generator, clean: np.ndarray, kind: Kind) -> tuple[np.ndarray, np.ndarray, float]:
    """Cut a crop, add noise, and bring both onto the scale that the package would bring the whole picture to.

    Returns
    -------
    noisy, target : (CROP, CROP) float32
    variance : float
        Of the noise, on that scale.
    """
    row, column = random.integers(0, SIDE - CROP + 1, 2)
    wide = np.pad(clean, MARGIN, mode="reflect")[row : row + CROP + 2 * MARGIN, column : column + CROP + 2 * MARGIN]
    photons = np.exp(random.uniform(np.log(1), np.log(200)))
    background = random.uniform(0, 0.3) if random.random() < 0.5 else random.uniform(0, 0.03)
    read = 0.0 if random.random() < 0.4 else np.exp(random.uniform(np.log(0.3), np.log(6)))
    excess = 2.0 if random.random() < 0.15 else 1.0
    if random.random() < 0.15:  # noise that does not depend on the signal
        read, photons_noise = np.sqrt(photons) * random.uniform(0.05, 0.8), 0.0
    else:
        photons_noise = excess
    signal_here = photons * (wide + background)
    variance = photons_noise * signal_here + read**2
    plain = kind.kernel.size == 1
    if plain and photons_noise and excess == 1:
        noise = random.poisson(signal_here) - signal_here + read * random.standard_normal(wide.shape)
    elif plain and photons_noise:
        counted = random.poisson(signal_here)
        noise = np.where(counted > 0, random.gamma(np.maximum(counted, 1)), 0) - signal_here
        noise = noise + read * random.standard_normal(wide.shape)
    else:
        noise = np.sqrt(variance) * _shared(random, kind, wide.shape)
    inner = slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN)
    target, noise, variance = signal_here[inner], noise[inner], variance[inner]
    seen = target + noise
    if random.random() < 0.3:  # a camera that clips at black
        black = photons * background + random.uniform(-1, 1) * np.sqrt(variance.min())
        deviation = np.sqrt(variance) + 1e-6
        above = (target - black) / deviation
        mean = deviation * (above * special.ndtr(above) + np.exp(-0.5 * above**2) / np.sqrt(2 * np.pi))
        seen, target = np.maximum(seen - black, 0), mean
    if random.random() < 0.4:  # few grey levels
        level = (photons + 3 * np.sqrt(photons_noise * photons + read**2)) / random.uniform(40, 255)
        seen = np.round(seen / level) * level
    whole = photons * (clean + background)
    offset = whole.mean() - (signal_here[inner].mean() - target.mean())
    scale = np.sqrt(whole.var() + photons_noise * whole.mean() + read**2) + 1e-6
    return (
        ((seen - offset) / scale).astype(np.float32),
        ((target - offset) / scale).astype(np.float32),
        float(variance.mean() / scale**2),
    )


def _shared(random: np.random.Generator, kind: Kind, shape: tuple[int, ...]) -> np.ndarray:
    """Noise of unit variance that pixels share."""
    shared = signal.fftconvolve(random.standard_normal(shape), kind.kernel, mode="same")
    return shared + kind.white * random.standard_normal(shape)


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["independent", "lines", "correlated"])
    parser.add_argument("--steps", type=int, default=14_000)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--from", dest="before", type=Path, help="weights to go on from")
    parser.add_argument("--to", type=Path)
    given = parser.parse_args()
    path = given.to or FOLDER / f"start_{given.kind}.safetensors"
    torch.set_num_threads(given.threads)
    random = np.random.default_rng(given.seed)
    drawn = torch.Generator().manual_seed(given.seed)
    free = free_pictures()
    pool = [picture(random, free) for _ in range(POOL)]

    settings = StageSettings()
    averaged = new_network(settings, given.seed)
    if given.before:
        averaged.load_state_dict({name: weight.float() for name, weight in load_file(given.before).items()})
    network = copy.deepcopy(averaged).train().requires_grad_(True)
    learners, schedule = optimisers(network, given.rate), _Schedule(given.steps)
    peaks = [learner.param_groups[0]["lr"] for learner in learners]
    everywhere = torch.ones(BATCH, CROP, CROP, dtype=torch.bool)
    begun, total = time.monotonic(), 0.0
    for step in range(given.steps):
        if step % RENEWED_AFTER == 0:
            pool[random.integers(POOL)] = picture(random, free)
        kind = noise_kind(random, given.kind)
        made = [noisy_crop(random, _turned(random, pool[random.integers(POOL)]), kind) for _ in range(BATCH)]
        noisy, target, variance = (torch.as_tensor(np.stack(part)) for part in zip(*made, strict=True))
        spots = BlindSpots(kind.mask, settings.mask_percentage, settings.masking_strategy, torch.device("cpu"))
        centres = spots.centres(everywhere, drawn)
        hidden = spots.hide(noisy, centres, drawn)
        predicted = network(hidden[:, None].contiguous(memory_format=torch.channels_last))[:, 0]
        crop, row, column = centres.unbind(1)
        error = (predicted[crop, row, column] - target[crop, row, column]).square()
        # Decibels count, in images of much noise and of little.
        loss = (error / (variance.float()[crop] + 0.02) ** 0.75).mean()
        network.zero_grad(set_to_none=True)
        loss.backward()
        for learner, peak in zip(learners, peaks, strict=True):
            learner.param_groups[0]["lr"] = schedule.rate(step) * peak
            learner.step()
        _average(averaged, network, step, given.steps)
        total += float(loss.detach())
        if (step + 1) % 500 == 0:
            print(f"{step + 1} steps, loss {total / 500:.4f}, {time.monotonic() - begun:.0f} s", flush=True)
            total = 0.0
        if (step + 1) % 2000 == 0 or step + 1 == given.steps:
            _write(averaged, path, given, step + 1)


def _turned(random: np.random.Generator, clean: np.ndarray) -> np.ndarray:
    turned = clean.T if random.random() < 0.5 else clean
    return turned[:: random.choice([-1, 1]), :: random.choice([-1, 1])]


def _write(network: torch.nn.Module, path: Path, given: argparse.Namespace, steps: int) -> None:
    recipe = {"kind": given.kind, "seed": str(given.seed), "steps": str(steps), "rate": str(given.rate)}
    weights = {name: weight.half().contiguous() for name, weight in network.state_dict().items()}
    save_file(weights, path, metadata=recipe)


if __name__ == "__main__":
    main()
