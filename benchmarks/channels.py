"""Channels denoised each by itself or with the others beside it: PSNR, and what of one shows in another.

    python benchmarks/channels.py [--scenes cells2:11:20 colours:12:50] [--ways program longer pasted] [--spot 0.6]

A scene is its kind, seed and photons. Spots are in the second channel only, `--spot` times as bright as the brightest
structure there; how far the first one changes along with them when their very photons are taken away again, in percent
of their brightness, has bled through. Ways:

program what the program does: each channel by itself, then what it has lost and the others show is put back
one     one network for all channels, which are planes that know each other
longer  the network of the first channel alone, trained for so many steps more: what the others are compared with
shown   as long, with the other channels as further input (noisy; nothing of them is blind)
pasted  as `shown`, but half of every batch has structures from elsewhere added to the other channels, and what that
        changes of the result is an error, weighed by each of `--weights`

The last columns are what a program could know without the truth: the error on held-out pixels against `longer` with its
standard errors, and how far the result follows structures that are pasted into the other channels of the whole image.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage as ndi

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from made_scenes import cells  # noqa: E402

from napari_autostructn2v import Denoiser, Settings, denoise  # noqa: E402
from napari_autostructn2v.network import UNet, give_back  # noqa: E402
from napari_autostructn2v.network.blind_spots import BlindSpots  # noqa: E402
from napari_autostructn2v.network.devices import autocast_to_bfloat16  # noqa: E402
from napari_autostructn2v.network.optimiser import optimisers  # noqa: E402
from napari_autostructn2v.network.prediction import predict_plane  # noqa: E402
from napari_autostructn2v.pipeline import DenoisedChannel, each_helped  # noqa: E402

SIDE, READ = 256, 0.5

#: Crops of a batch and their side, share of the pixels that are held out, and learning rate.
BATCH, CROP, HELD_OUT, RATE = 8, 64, 0.1, 0.0075

SCENES = ("cells2:11:20", "cells2:12:80", "cells3:13:20", "colours:14:50", "same:15:20", "others:16:20")


def partly(seed: int, channels: int) -> np.ndarray:
    """Half of what is seen is in all channels, the other half in one each."""
    shared, *own = (cells(SIDE, 100 * seed + number) for number in range(channels + 1))
    return np.stack([shared + one for one in own])


def colours(seed: int) -> np.ndarray:
    """A picture of stained tissue, of nearly the same in all channels."""
    from skimage.data import immunohistochemistry

    top, left = np.random.default_rng(seed).integers(0, 512 - SIDE, 2)
    return np.moveaxis(immunohistochemistry()[top : top + SIDE, left : left + SIDE], -1, 0) / 255


KINDS: dict[str, Callable[[int], np.ndarray]] = {
    "cells2": lambda seed: partly(seed, 2),
    "cells3": lambda seed: partly(seed, 3),
    "colours": colours,
    "same": lambda seed: np.stack([cells(SIDE, seed) * weight + 0.05 for weight in (1, 0.6)]),
    "others": lambda seed: np.stack([cells(SIDE, 100 * seed + number) for number in (1, 2)]),
}


class Scene:
    """A made image, its truth, and the same photons without the spots.

    Parameters
    ----------
    name : str
        Kind, seed and photons of the brightest structures.
    spot : float
        Brightness of the spots, in shares of the brightest structure; their standard deviation in pixels is 2.5.
    """

    def __init__(self, name: str, spot: float = 0.6) -> None:
        kind, seed, photons = name.split(":")
        truth = KINDS[kind](int(seed))
        truth *= float(photons) / np.percentile(truth, 99.8, axis=(1, 2), keepdims=True)
        random = np.random.default_rng([int(seed), 7])
        spots = np.zeros((SIDE, SIDE))
        spots[tuple(random.integers(10, SIDE - 10, (2, 25)))] = 1
        spots = ndi.gaussian_filter(spots, 2.5)
        spots *= spot * truth[1].max() / spots.max()
        pattern = spots - ndi.gaussian_filter(spots, 12)
        self.pattern = pattern - pattern.mean()
        truth[1] += spots
        seen, read = random.poisson(truth), random.normal(0, READ, truth.shape)
        of_spots = random.binomial(seen[1], spots / np.maximum(truth[1], 1e-9))
        self.truth, self.noisy = truth, (seen + read).astype(np.float32)
        self.second_without = self.noisy[1] - of_spots.astype(np.float32)

    def decibels(self, found: np.ndarray) -> float:
        """PSNR of the first channel."""
        return float(10 * np.log10(np.ptp(self.truth[0]) ** 2 / np.square(found - self.truth[0]).mean()))

    def percent(self, image: np.ndarray) -> float:
        """Return how much of the spots is in an image."""
        return float(100 * (image * self.pattern).sum() / np.square(self.pattern).sum())


def extended(network: UNet, channels: int) -> UNet:
    """Return a network that gives the same results, and is shown further channels."""
    new = UNet(16, 2, channels)
    own, state = network.state_dict(), new.state_dict()
    for name, weight in state.items():
        if name in own and own[name].shape == weight.shape:
            state[name] = own[name].clone()
    state["down.0.0.weight"] = torch.zeros_like(state["down.0.0.weight"])
    state["down.0.0.weight"][:, :1] = own["down.0.0.weight"]
    new.load_state_dict(state)
    assert new.beside is not None
    with torch.no_grad():
        new.beside[0].weight.mul_(0.1)
        new.beside[0].bias.zero_()
    return new


def held_out() -> torch.Tensor:
    """(Y, X) bool, the same for all ways."""
    return torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(42)) < HELD_OUT


def blind_spots() -> BlindSpots:
    """One pixel in ten, each by itself."""
    return BlindSpots(np.ones((1, 1), bool), 10, "random", torch.device("cpu"))


def structures(crops: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Return structures to add to crops of the other channels, out of crops from elsewhere: round, of no mean."""
    count, channels, side, _ = crops.shape
    at = torch.arange(side)
    middle = side * torch.rand(2, count, channels, 1, generator=random)
    radius = 4 + 16 * torch.rand(count, channels, 1, 1, generator=random)
    distance = (at - middle[0])[..., :, None] ** 2 + (at - middle[1])[..., None, :] ** 2
    window = torch.exp(-distance / (2 * radius**2))
    mean = (crops * window).sum((2, 3), keepdim=True) / window.sum((2, 3), keepdim=True)
    height = 0.5 + torch.rand(count, channels, 1, 1, generator=random)
    return height * window * (crops - mean)


def trained_on(network: UNet, channels: np.ndarray, steps: int, weight: float) -> UNet:
    """Train on with the first channel blind; structures are pasted into the others where `weight` is not zero."""
    random, spots = (
        torch.Generator().manual_seed(0),
        BlindSpots(np.ones((1, 1), bool), 10, "random", torch.device("cpu")),
    )
    planes, usable = torch.as_tensor(channels), ~held_out()
    network = network.train().requires_grad_(True)
    averaged, learners = copy.deepcopy(network), optimisers(network, RATE)
    peaks = [learner.param_groups[0]["lr"] for learner in learners]
    within = torch.arange(CROP)

    def corners() -> tuple[torch.Tensor, torch.Tensor]:
        corner = torch.randint(SIDE - CROP + 1, (2, BATCH, 1), generator=random)
        return (corner[0] + within)[:, :, None], (corner[1] + within)[:, None, :]

    for step in range(steps):
        rows, columns = corners()
        crops, allowed = planes[:, rows, columns].transpose(0, 1), usable[rows, columns]
        elsewhere = planes[1:, *corners()].transpose(0, 1)
        turns = int(torch.randint(4, (), generator=random))
        crops, allowed = crops.rot90(turns, (2, 3)), allowed.rot90(turns, (1, 2))
        centres = spots.centres(allowed, random)
        crop, row, column = centres.unbind(1)
        first, others = crops[:, 0], crops[:, 1:]
        hidden = spots.hide(first, centres, random)[:, None]
        shown = torch.cat([hidden, others], 1)
        if weight:
            shown = torch.cat([shown, torch.cat([hidden, others + structures(elsewhere, random)], 1)])
        with autocast_to_bfloat16(planes.device):
            found = network(shown.contiguous(memory_format=torch.channels_last))[:, 0]
        found = found.float()
        loss = (found[crop, row, column] - first[crop, row, column]).square().mean()
        if weight:
            loss = loss + weight * (found[BATCH:] - found[:BATCH]).square().mean()
        network.zero_grad(set_to_none=True)
        loss.backward()
        rate = min(1, (step + 1) / 14) * 0.5 * (1 + np.cos(np.pi * step / steps))
        for learner, peak in zip(learners, peaks, strict=True):
            learner.param_groups[0]["lr"] = rate * peak
            learner.step()
        with torch.no_grad():
            share = max(1 / min(50, 0.1 * steps), 1 / (step + 1))
            torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), share)
    return averaged.eval().requires_grad_(False)


def blind_errors(network: UNet, channels: np.ndarray) -> np.ndarray:
    """Return the squared error of every held-out pixel, each predicted by what is around it."""
    spots = blind_spots()
    places = held_out().nonzero()
    places = torch.cat([torch.zeros(len(places), 1, dtype=torch.int64), places], 1)
    plane, errors = torch.as_tensor(channels[:1]), []
    for seed in range(4):
        # A quarter of them at a time, so that the network sees nearly all of the image.
        some = places[seed::4]
        hidden = spots.hide(plane, some, torch.Generator().manual_seed(seed)).numpy()
        found = predict_plane(network, np.concatenate([hidden, channels[1:]]))
        errors.append(np.square(found - channels[0])[some[:, 1], some[:, 2]])
    return np.concatenate(errors)


def follows(network: UNet, channels: np.ndarray) -> float:
    """Return how far a result follows what is pasted into the other channels, in percent; the largest of them."""
    random, slopes = torch.Generator().manual_seed(5), []
    before = predict_plane(network, channels)
    for number in range(1, len(channels)):
        pasted = np.zeros((SIDE, SIDE), np.float32)
        planes = torch.as_tensor(channels[number])
        for top in range(0, SIDE, CROP):
            for left in range(0, SIDE, CROP):
                row, column = torch.randint(SIDE - CROP + 1, (2,), generator=random).tolist()
                crop = planes[row : row + CROP, column : column + CROP].T[None, None]
                pasted[top : top + CROP, left : left + CROP] = structures(crop, random)[0, 0]
        changed = channels.copy()
        changed[number] += pasted
        change = predict_plane(network, changed) - before
        slopes.append(100 * float((change * pasted).sum() / np.square(pasted).sum()))
    return max(slopes, key=abs)


def of_program(scene: Scene, models: Sequence[Denoiser]) -> Iterator[str]:
    """Put back in the first channel what it has lost and the others show, with the spots and without."""

    def helped(noisy: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        denoised = [model.predict(channel, anyway=True) for model, channel in zip(models, noisy, strict=True)]
        given = [DenoisedChannel(*one) for one in zip(noisy, denoised, models, strict=True)]
        return denoised[0], each_helped(given)[0][0]

    alone, found = helped(scene.noisy)
    _, without = helped([scene.noisy[0], scene.second_without, *scene.noisy[2:]])
    gain, bled = scene.decibels(found) - scene.decibels(alone), scene.percent(found - without)
    yield f"program | {gain:+.2f} ({scene.decibels(alone):.2f} alone) | {bled:.2f} % | |"


def report(scene: Scene, ways: Sequence[str], steps: int, weights: Sequence[float]) -> Iterator[str]:
    """Denoise a scene in every way; each is a row of the table."""
    alone = Settings.from_preset("fast", stages="1", context="none")
    models: list[Denoiser] = [denoise(channel, alone).denoiser for channel in scene.noisy]
    first = models[0]

    def planes(channels: Sequence[np.ndarray]) -> np.ndarray:
        pairs = zip(models, channels, strict=True)
        return np.stack([model.normalised(channel).values[0] for model, channel in pairs])

    with_spots = planes(scene.noisy)
    without = planes([scene.noisy[0], scene.second_without, *scene.noisy[2:]])

    def result(network: UNet, channels: np.ndarray) -> np.ndarray:
        found = predict_plane(network, channels)[None]
        return give_back(channels[:1], found, first.normalised_noise)[0] * first.scale + first.offset

    if "program" in ways:
        yield from of_program(scene, models)
    base, base_errors = 0.0, np.zeros(1)
    all_ways = [
        (way, weight) for way in ways if way != "program" for weight in (weights if way == "pasted" else (0.0,))
    ]
    for way, weight in all_ways:
        if way == "one":
            found = denoise(scene.noisy, Settings.from_preset("fast", stages="1", context="near")).denoised
            gain, bled = scene.decibels(found[0]) - base, scene.percent(found[0] - scene.truth[0])
            yield f"one | {gain:+.2f} | {bled:.1f} % | |"
            continue
        count = 0 if way == "longer" else len(models) - 1
        network = copy.deepcopy(first.network()) if not count else extended(first.network(), count)
        network = trained_on(network, with_spots[: count + 1], steps, weight)
        found, errors = result(network, with_spots[: count + 1]), blind_errors(network, with_spots[: count + 1])
        if way == "longer":
            base, base_errors = scene.decibels(found), errors
            yield f"longer | {base:.2f} dB | 0.0 % | | "
            continue
        bled, less = scene.percent(found - result(network, without)), errors - base_errors
        held = f"{100 * less.mean() / base_errors.mean():+.1f} % ({less.mean() / less.std() * len(less) ** 0.5:+.1f})"
        gain, followed = scene.decibels(found) - base, follows(network, with_spots)
        yield f"{way}{f' {weight:g}' if weight else ''} | {gain:+.2f} | {bled:.1f} % | {held} | {followed:.1f} %"


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", default=SCENES)
    parser.add_argument("--ways", nargs="+", default=("program", "longer", "shown", "pasted", "one"))
    parser.add_argument("--steps", type=int, default=140)
    parser.add_argument("--weights", nargs="+", type=float, default=(10.0, 40.0))
    parser.add_argument("--spot", type=float, default=0.6)
    given = parser.parse_args()
    print("| scene | way | PSNR | bleeds | held-out error (standard errors) | follows |")
    print("|---|---|--:|--:|--:|--:|", flush=True)
    for name in given.scenes:
        for row in report(Scene(name, given.spot), given.ways, given.steps, given.weights):
            print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
