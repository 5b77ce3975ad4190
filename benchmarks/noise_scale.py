"""Raw grey values against a scale on which the noise is equally strong everywhere: PSNR, held-out error, choice.

    python benchmarks/noise_scale.py [--preset fast] [--seeds 42] [--start scratch] [NAME ...]

The stabilised scale is the integral of 1 / sqrt(v), with the noise variance v against intensity as it is measured in
the image: Anscombe's for light, and whatever else an amplifier, an EMCCD or a clipping camera makes of it (Foi et al.,
IEEE Trans. Image Process. 17, 2008). A run on that scale is brought back by the inverse of the mean that noise leaves
on it, which is unbiased (Mäkitalo & Foi, IEEE Trans. Image Process. 20, 2011). Held-out errors are those of blind
predictions in grey values, on the same pixels for both scales. Images whose noise asks for a blind mask of several
pixels are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import mean

import numpy as np
from quality import psnr_eight_bit, psnr_fitted
from real_pairs import pairs

from napari_autostructn2v import Settings, denoise
from napari_autostructn2v.network import predict_blind
from napari_autostructn2v.noise import NoiseModel, measure

Map = Callable[[np.ndarray], np.ndarray]

#: Levels of the tables, and nodes over the noise.
LEVELS, NODES = 2000, 21


def stabilised(image: np.ndarray, noise: NoiseModel) -> tuple[np.ndarray, Map]:
    """Bring an image to the scale of equal noise; also return the unbiased way back.

    Parameters
    ----------
    image : (Y, X) ndarray
    noise : NoiseModel
        In the units of the image.

    Returns
    -------
    (Y, X) float32
    callable
    """
    low, high = float(image.min()), float(image.max())
    spread = high - low + 1e-6
    levels = np.linspace(low - 0.2 * spread, high + 0.3 * spread, LEVELS)
    variance = np.maximum(noise.variance_at(levels), 0.05 * noise.variance + 1e-9)
    steps = np.diff(levels) / np.sqrt(0.5 * (variance[1:] + variance[:-1]))
    scale = np.concatenate([[0], np.cumsum(steps)])
    # What is left of a level on that scale, on the mean over the noise.
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    noisy = levels[:, None] + np.sqrt(variance)[:, None] * nodes
    left = np.interp(noisy, levels, scale) @ (weights / weights.sum())
    left = np.maximum.accumulate(left)
    return np.interp(image, levels, scale).astype(np.float32), lambda values: np.interp(values, left, levels)


def blind_error(result: object, image: np.ndarray, shown: np.ndarray, back: Map | None) -> float:
    """Return the mean squared error in grey values of blind predictions of pixels."""
    model = result.denoiser  # type: ignore[attr-defined]
    plane = ((shown - model.offset) / model.scale).astype(np.float32)[None]
    errors = []
    for seed in range(5):
        where, predicted = predict_blind(model.networks["1"], plane, np.ones((1, 1), bool), 5.0, seed=seed)
        predicted = predicted * model.scale + model.offset
        predicted = predicted if back is None else back(predicted)
        errors.append(np.mean((predicted - image[where[:, 0], where[:, 1]]) ** 2))
    return float(mean(errors))


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--start", default="scratch")
    given = parser.parse_args()
    print("| image | noise, brightest / darkest | raw | stabilised | difference | error, raw | stabilised | chosen |")
    print("|---|--:|--:|--:|--:|--:|--:|---|", flush=True)
    gains, kept = [], []
    for path, image, truth in pairs():
        if given.names and path.name not in given.names:
            continue
        score = psnr_eight_bit if path.parent.name == "fmd" else psnr_fitted
        measured = measure(image, Settings())
        if measured.with_second or image.ndim > 2:
            continue
        noise = measured.noise_in_units
        # Without hot pixels and offsets of lines, which would count as errors of blind predictions.
        image = measured.planes.restore(measured.planes.values, np.float32)
        moved, back = stabilised(image.astype(np.float64).reshape(image.shape[-2:]), noise)
        rows = []
        for seed in given.seeds:
            settings = Settings.from_preset(
                given.preset, random_seed=seed, stages="1", start=given.start, remove_line_offsets=False
            )
            plain, other = denoise(image, settings), denoise(moved, settings)
            rows.append(
                (
                    score(plain.denoised, truth),
                    score(back(other.denoised), truth),
                    blind_error(plain, image, image, None),
                    blind_error(other, image, moved, back),
                )
            )
        raw, stable, error, other_error = (mean(column) for column in zip(*rows, strict=True))
        ratio = np.sqrt(noise.variances[-1] / max(noise.variances[0], 1e-12))
        gains.append(stable - raw)
        kept.append(stable - raw if other_error < error else 0.0)
        chosen = "stabilised" if other_error < error else "raw"
        print(
            f"| {path.name} | {ratio:.1f} | {raw:.2f} | {stable:.2f} | {stable - raw:+.2f} | {error:.4g} | "
            f"{other_error:.4g} | {chosen} |",
            flush=True,
        )
    print(
        f"\nmean difference {mean(gains):+.3f} dB; with the scale that the held-out error chooses {mean(kept):+.3f} dB"
    )


if __name__ == "__main__":
    main()
