"""The smoothing after stage 2, chosen by the risk that is estimated without truth.

A network that was trained around a large blind mask sees more when it denoises than it ever saw in training, and tends
to sharpen what little noise it lets through into texture. How much of that to take back follows from the noise alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..images import evenly_spread
from ..noise import NoiseModel, correlated_noise, wiener_hopf
from ..stop import StopToken
from .context import NO_CONTEXT, Context, neighbours
from .prediction import TILE, predict_plane
from .unet import UNet

__all__ = ["choose_smoothing"]

#: Side in pixels and number of the windows that the risk is estimated in.
_WINDOW, _MOST_WINDOWS = 768, 4

#: Size of the probe in standard deviations of the noise: small beside what bends the network, large beside rounding.
_PROBE = 0.1

#: Share of its own square by which each weight is held back.
_RIDGE = 1e-2

#: By how much a smoothing may amplify any frequency, and the side in pixels of an image that shows by how much it does.
_MOST_AMPLIFIED, _IMPULSE = 2.0, 64


def choose_smoothing(
    network: UNet,
    planes: np.ndarray,
    noise: NoiseModel,
    *,
    context: Context = NO_CONTEXT,
    length: int = 1,
    drift: np.ndarray | None = None,
    tile: int = TILE,
    seed: int = 0,
    stop: StopToken | None = None,
) -> float:
    """Set the smoothing at the end of a network to the one with the least estimated error.

    Parameters
    ----------
    network : UNet
        Trained; changed in place.
    planes : (N, Y, X) float32
        The noisy planes on the network's scale.
    noise : NoiseModel
        Of these planes.
    context : Context
        What the network is shown of other planes.
    length : int
        Planes of one stack.
    drift : (N, 2) float or None
        Of the planes, in pixels.
    tile : int
        Side in pixels of the tiles in which the network is used.
    seed : int
    stop : StopToken or None

    Returns
    -------
    float
        By how much the mean squared error falls according to the estimate, in squared units of `planes`.

    Raises
    ------
    Stopped
        If the stop token was set before the end; the network is without a smoothing then.

    Notes
    -----
    With f_k the network's result and differences between it and its smoothed versions, the weights w minimise Stein's
    unbiased estimate of the risk, |sum w_k f_k - (y - f)|^2 + 2 sum w_k cov(f_k, n) (Blu & Luisier, IEEE Trans. Image
    Process. 16, 2007). The covariance of each f_k with the noise n is b.(f_k(y + e b) - f_k(y)) / e for a probe b drawn
    with the correlation and the variance of the noise (Ramani, Blu & Unser, IEEE Trans. Image Process. 17, 2008).
    """
    network.smoothing.clear()
    random = np.random.default_rng(seed)
    gram = np.zeros((network.smoothing.count,) * 2)
    target = np.zeros(network.smoothing.count)
    pixels = 0
    for index, rows, columns in _windows(planes):
        beside = neighbours(planes, index, context, length, drift)
        shown = np.concatenate([planes[index][None], beside])[:, rows, columns]
        window = shown[0].copy()
        plain = predict_plane(network, shown, tile=tile, stop=stop)
        terms = _terms(network, plain)
        probe = np.sqrt(np.maximum(noise.variance_at(plain), 0)).astype(np.float32)
        probe *= correlated_noise(noise, window.shape, random)
        shown[0] += _PROBE * probe
        moved = _terms(network, predict_plane(network, shown, tile=tile, stop=stop))
        gram += terms @ terms.T
        target += terms @ (window - plain).ravel().astype(np.float64)
        target -= (moved - terms) @ probe.ravel().astype(np.float64) / _PROBE
        pixels += window.size
    weights = _without_sharpening(network, wiener_hopf(gram, target, _RIDGE))
    gain = float(2 * weights @ target - weights @ gram @ weights) / pixels
    if not np.isfinite(gain) or gain <= 0:
        return 0.0
    network.smoothing.set_weights(torch.as_tensor(weights, dtype=torch.float32))
    return gain


def _windows(planes: np.ndarray) -> Iterator[tuple[int, slice, slice]]:
    """Windows of the planes (plane, rows, columns), evenly spread over planes and places."""
    height, width = (min(side, _WINDOW) for side in planes.shape[1:])
    rows, columns = (
        np.arange(0, whole - side + 1, side) for whole, side in zip(planes.shape[1:], (height, width), strict=True)
    )
    places = [(plane, row, column) for plane in range(len(planes)) for row in rows for column in columns]
    for index in evenly_spread(len(places), _MOST_WINDOWS):
        plane, row, column = places[index]
        yield plane, slice(row, row + height), slice(column, column + width)


def _without_sharpening(network: UNet, weights: np.ndarray) -> np.ndarray:
    """Return (K,) weights, made smaller where they would amplify a frequency.

    What the network lets through of the noise is to be taken back. Weights that amplify come of a noise that was
    measured too large, and write patterns into the image.
    """
    impulse = np.zeros((_IMPULSE, _IMPULSE), np.float32)
    impulse[_IMPULSE // 2, _IMPULSE // 2] = 1
    response = impulse + (weights[:-1] @ _terms(network, impulse)[:-1]).reshape(impulse.shape)
    amplified = float(np.abs(np.fft.fft2(response)).max())
    return weights if amplified <= _MOST_AMPLIFIED else weights * (_MOST_AMPLIFIED - 1) / (amplified - 1)


def _terms(network: UNet, plain: np.ndarray) -> np.ndarray:
    """(K, Y * X) float64, what the smoothing adds up."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        terms = network.smoothing.terms(torch.as_tensor(plain, device=device)[None, None])
    return terms[0].flatten(1).double().cpu().numpy()
