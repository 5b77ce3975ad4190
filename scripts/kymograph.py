"""Draw a movie's kymograph for the documentation: a row of pixels over time, before, frame by frame, with other frames.

    python scripts/kymograph.py [--preset balanced]

The movie is made here: spots that wander over cells that stay, at few photons.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage as ndi

from napari_autostructn2v import Settings, denoise

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images" / "kymograph.png"
FRAMES, SIDE, ROW, PHOTONS = 60, 160, 80, 6


def movie() -> np.ndarray:
    """Return (T, Y, X) intensities of about 0 to 2."""
    rng = np.random.default_rng(4)
    still = np.zeros((SIDE, SIDE))
    still[tuple(rng.integers(0, SIDE, (2, 60)))] = 1
    still = ndi.gaussian_filter(still, 5)
    still = 0.1 + 0.6 * still / still.max()
    rows, columns = np.mgrid[:SIDE, :SIDE]
    places = np.stack([np.r_[np.full(6, ROW), rng.uniform(0, SIDE, 14)], rng.uniform(0, SIDE, 20)], 1)
    speeds = np.stack([np.r_[np.zeros(6), rng.normal(0, 0.5, 14)], rng.normal(0, 0.9, 20)], 1)
    frames = []
    for frame in range(FRAMES):
        image = still.copy()
        for row, column in (places + frame * speeds) % SIDE:
            image += 1.2 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2 / 1.8**2)
        frames.append(image)
    return np.stack(frames).astype(np.float32)


def panel(kymograph: np.ndarray, title: str, low: float, high: float, zoom: int = 3) -> Image.Image:
    grey = (255 * np.clip((kymograph - low) / (high - low), 0, 1)).astype(np.uint8)
    picture = Image.fromarray(grey).resize((grey.shape[1] * zoom, grey.shape[0] * zoom), Image.Resampling.NEAREST)
    framed = Image.new("L", (picture.width, picture.height + 18), 255)
    framed.paste(picture, (0, 18))
    ImageDraw.Draw(framed).text((2, 3), title, fill=0)
    return framed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="balanced")
    preset = parser.parse_args().preset
    truth = PHOTONS * movie()
    noisy = np.random.default_rng(1).poisson(truth) + np.random.default_rng(2).normal(0, 0.5, truth.shape)
    noisy = noisy.astype(np.float32)
    stacks = {"noisy": noisy}
    for title, context in (("frame by frame", "none"), ("with other frames", "auto")):
        result = denoise(noisy, Settings.from_preset(preset, context=context))
        print(title, *result.report.messages, sep="\n  ")
        stacks[title] = np.asarray(result.denoised)
    stacks["truth"] = truth
    for title, stack in list(stacks.items())[:-1]:
        print(f"{title}: {10 * np.log10(np.ptp(truth) ** 2 / np.mean((stack - truth) ** 2)):.2f} dB")
    low, high = np.percentile(truth[:, ROW], [1, 99.8])
    panels = [panel(stack[:, ROW], title, low, high) for title, stack in stacks.items()]
    sheet = Image.new("L", (2 * panels[0].width + 8, 2 * panels[0].height + 8), 255)
    for number, picture in enumerate(panels):
        sheet.paste(picture, ((number % 2) * (picture.width + 8), (number // 2) * (picture.height + 8)))
    sheet.save(TARGET)


if __name__ == "__main__":
    main()
