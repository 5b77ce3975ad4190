"""Background patches -> autocovariance of the noise -> blind mask, with the reason for it.

The noise is measured where the image looks empty; what is correlated there is taken for noise. Where structure leaks
into the "background" that would be wrong, so the mask is chosen among candidates by the error against the *clean* image
that the best linear predictor would make with it (see :func:`predicted_errors`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import linalg, ndimage, signal
from scipy import fft as sp_fft

from .errors import InputError
from .settings import MaskSettings

if TYPE_CHECKING:
    from .roi import PatchSelection

__all__ = ["BlindMask", "NoiseModel", "choose_mask", "estimate_noise", "predicted_errors"]

#: Correlations that differ from none by fewer standard errors than this are taken for chance.
SIGNIFICANCE = 4.0
#: A structured mask must promise this much over a single blind pixel, in dB.
LEAST_GAIN_DB = 0.3
#: Among masks whose predicted errors differ by less than this many dB the largest wins: a network suffers more from noise
#: that it can predict than from a neighbour that it must do without.
NEAR_EQUAL_DB = 0.15
#: Tiles in which more pixels than this share sit at the lowest or highest value say little about the noise.
CLIPPED_SHARE = 0.5
_MOST_TILES = 1500


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """The noise of an image as measured in its flattest background tiles.

    Parameters
    ----------
    correlation : (2L+1, 2L+1) float64
        Autocorrelation at offsets -L to L along rows and columns; 1 at the centre.
    standard_error : (2L+1, 2L+1) float64
        Standard error of `correlation`, from its scatter between tiles.
    variance : float
        Noise variance in the background, in squared input units.
    mean_variance : float
        Noise variance averaged over the image: larger than `variance` where noise grows with the signal.
    intensities, variances : (B,) float64
        Noise variance against intensity, in input units.
    tiles : int
        How many tiles the measurement rests on.
    """

    correlation: np.ndarray
    standard_error: np.ndarray
    variance: float
    mean_variance: float
    intensities: np.ndarray
    variances: np.ndarray
    tiles: int

    @property
    def max_lag(self) -> int:
        """Largest measured offset in pixels."""
        return len(self.correlation) // 2

    @property
    def significant(self) -> np.ndarray:
        """(2L+1, 2L+1) bool, offsets at which the correlation is not chance."""
        return np.abs(self.correlation) > SIGNIFICANCE * self.standard_error

    def variance_at(self, intensity: np.ndarray) -> np.ndarray:
        """Noise variance at given intensities, interpolated; both in input units."""
        return np.interp(intensity, self.intensities, self.variances)


@dataclass(frozen=True, eq=False)
class BlindMask:
    """The neighbours that stage 2 must not see because their noise tells of the centre's noise.

    Parameters
    ----------
    pattern : (H, W) bool
        Odd sides, centre True.
    reason : str
        One sentence for the user.
    predicted_gain_db : float
        What the best linear predictor gains by this mask over a single blind pixel.
    """

    pattern: np.ndarray
    reason: str = ""
    predicted_gain_db: float = 0.0

    def __post_init__(self) -> None:
        pattern = np.asarray(self.pattern)
        if pattern.ndim != 2 or not all(side % 2 for side in pattern.shape):
            shape = " x ".join(map(str, pattern.shape)) or "a single number"
            raise InputError(f"A blind mask needs two dimensions with odd sides; this one is {shape}.")
        if not np.isin(pattern, (0, 1)).all():
            raise InputError("A blind mask holds only 0 (seen) and 1 (blind).")
        pattern = pattern.astype(bool)
        pattern[pattern.shape[0] // 2, pattern.shape[1] // 2] = True
        pattern.flags.writeable = False
        object.__setattr__(self, "pattern", pattern)

    @property
    def is_structured(self) -> bool:
        """Whether more than the centre is blind."""
        return bool(self.pattern.sum() > 1)

    @property
    def offsets(self) -> np.ndarray:
        """(P, 2) int, row and column offset of each blind pixel from the centre."""
        return np.argwhere(self.pattern) - np.array(self.pattern.shape) // 2

    def save(self, path: str | Path) -> None:
        """Write the pattern to a ``.npy`` file."""
        try:
            with open(path, "wb") as file:
                np.save(file, self.pattern.astype(np.uint8), allow_pickle=False)
        except OSError as error:
            raise InputError(f"The mask could not be written to {path}: {error.strerror}.") from error

    @classmethod
    def load(cls, path: str | Path) -> BlindMask:
        """Read a pattern from a ``.npy`` file of zeros and ones."""
        try:
            pattern = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"The mask file {path} could not be read; it must be a .npy file of 0 and 1.") from error
        if not isinstance(pattern, np.ndarray) or pattern.dtype.kind not in "biuf":
            raise InputError(f"The mask file {path} must hold one array of 0 and 1.")
        return cls(pattern, reason=f"Read from {Path(path).name}.")

    @classmethod
    def from_rows(cls, rows: Sequence[str]) -> BlindMask:
        """Make a mask from strings of 0 and 1, one a row."""
        if not rows or len({len(row) for row in rows}) > 1 or set("".join(rows)) - {"0", "1"}:
            raise InputError("The rows of a blind mask must be equally long texts of 0 and 1.")
        return cls(np.array([[int(value) for value in row] for row in rows]), reason="Drawn by hand.")

    def to_rows(self) -> tuple[str, ...]:
        """Return the pattern as strings of 0 and 1, one a row."""
        return tuple("".join("1" if blind else "0" for blind in row) for row in self.pattern)


def estimate_noise(
    image: np.ndarray,
    patches: PatchSelection | Sequence[PatchSelection] | None = None,
    *,
    max_lag: int = 12,
) -> NoiseModel:
    """Measure variance and autocorrelation of the noise in the flattest background tiles.

    Parameters
    ----------
    image : (Y, X) or (N, Y, X) real array
    patches : PatchSelection, sequence of them (one per plane) or None
        Background patches; None considers the whole image.
    max_lag : int
        Largest offset in pixels.

    Returns
    -------
    NoiseModel

    Notes
    -----
    Each tile loses its mean and its slope before its autocovariance is taken with the number of pairs of each offset as
    divisor (the unbiased estimator; Box, Jenkins, Reinsel, *Time Series Analysis*, ch. 2). Of the tiles offered, only
    the flattest are used, because dim structure hides among the others.
    """
    image = np.asarray(image)
    planes = image[None] if image.ndim == 2 else image
    tiles = _tiles(planes, patches)
    side = tiles.shape[-1]
    max_lag = min(max_lag, side - 4)
    clipped = ((tiles == planes.min()) | (tiles == planes.max())).mean((1, 2))
    residual = _detrended(tiles)
    variance = residual.var((1, 2))
    usable = (variance > 0) & (clipped <= CLIPPED_SHARE)
    if usable.sum() < 8:
        usable = variance > 0
    if not usable.any():
        raise InputError("The background patches hold no noise at all; raise the background threshold.")
    share = 0.1 if patches is None else 0.2
    order = np.flatnonzero(usable)[np.argsort(variance[usable], kind="stable")]
    flattest = order[: max(16, round(share * len(order)))]
    covariance = _autocovariance(residual[flattest], max_lag)
    centre = max_lag
    correlations = covariance / covariance[:, centre, centre][:, None, None]
    correlation = correlations.mean(0)
    # Neighbouring tiles overlap, so they count for about half as many independent ones.
    standard_error = correlations.std(0) / np.sqrt(max(1.0, len(flattest) / 2))
    standard_error = np.maximum(standard_error, 1 / np.sqrt(len(flattest) * side**2))
    intensities, variances, mean_variance = _variance_against_intensity(planes, correlation)
    return NoiseModel(
        correlation=correlation,
        standard_error=standard_error,
        variance=float(variance[flattest].mean()),
        mean_variance=mean_variance,
        intensities=intensities,
        variances=variances,
        tiles=len(flattest),
    )


def choose_mask(noise: NoiseModel, image: np.ndarray, settings: MaskSettings = MaskSettings()) -> BlindMask:
    """Choose the blind mask with the least predicted error, or a single pixel where the noise is white.

    Parameters
    ----------
    noise : NoiseModel
    image : (Y, X) or (N, Y, X) real array
        The noisy image, which decides how much every blind neighbour costs.
    settings : MaskSettings

    Returns
    -------
    BlindMask
    """
    strength = np.where(noise.significant, np.abs(noise.correlation), 0.0)
    strength[noise.max_lag, noise.max_lag] = 0
    strongest = float(strength.max())
    single = np.ones((1, 1), bool)
    if strongest < settings.min_correlation:
        return BlindMask(single, "The noise is independent between pixels, so stage 2 is not needed.")
    candidates = _candidates(noise, strength)
    errors = predicted_errors(noise, image, [single, *candidates])
    if errors[0] <= 0 or (errors <= 0).any():
        # The noise is too faint beside the structure for a prediction: rely on what was measured in the background.
        pattern = _cropped(strength >= max(settings.min_correlation, 0.1 * strongest))
        return BlindMask(pattern, f"The noise is {_describe(pattern)}.")
    gains = 10 * np.log10(errors[0] / errors[1:])
    best = float(gains.max())
    if best < LEAST_GAIN_DB:
        return BlindMask(
            single,
            "Neighbouring pixels look alike, but that is more likely structure than noise, so stage 2 is not needed.",
        )
    near = [index for index, gain in enumerate(gains) if gain >= best - NEAR_EQUAL_DB]
    chosen = max(near, key=lambda index: int(candidates[index].sum()))
    gain = float(gains[chosen])
    pattern = candidates[chosen]
    return BlindMask(pattern, f"The noise is {_describe(pattern)}; stage 2 gains about {gain:.0f} dB.", gain)


def predicted_errors(noise: NoiseModel, image: np.ndarray, patterns: Sequence[np.ndarray]) -> np.ndarray:
    """Mean squared error against the clean image of the best linear predictor under each mask.

    Parameters
    ----------
    noise : NoiseModel
    image : (Y, X) or (N, Y, X) real array
    patterns : sequence of (H, W) bool
        Odd sides.

    Returns
    -------
    (len(patterns),) float64
        In squared input units; not positive where noise and image contradict each other.

    Notes
    -----
    With autocovariances Ry of the image, Rn of the noise and Rx = Ry - Rn, self-supervised training finds the weights w
    with Ry[N, N] w = Ry[N, 0] over the visible neighbours N (the Wiener-Hopf equations), and their error against the
    clean centre is Rx(0) - 2 w.Rx[N, 0] + w.Ry[N, N].w.
    """
    reach = max(max(pattern.shape) // 2 for pattern in patterns)
    radius = min(max(6, reach + 3), 14)
    image_covariance = _image_autocovariance(image, 2 * radius)
    noise_covariance = np.zeros((2 * radius + 1,) * 2)
    lag = min(radius, noise.max_lag)
    noise_covariance[radius - lag : radius + lag + 1, radius - lag : radius + lag + 1] = noise.correlation[
        noise.max_lag - lag : noise.max_lag + lag + 1, noise.max_lag - lag : noise.max_lag + lag + 1
    ]
    noise_covariance *= noise.mean_variance
    offsets = np.stack(np.mgrid[-radius : radius + 1, -radius : radius + 1], -1).reshape(-1, 2)
    centre = 2 * radius
    between = offsets[:, None] - offsets + centre
    full = image_covariance[between[..., 0], between[..., 1]]
    # A touch of white noise keeps the equations solvable where the image is smooth.
    full[np.diag_indices_from(full)] += 1e-4 * image_covariance[centre, centre]
    to_centre = image_covariance[offsets[:, 0] + centre, offsets[:, 1] + centre]
    clean_to_centre = to_centre - noise_covariance.ravel()
    clean_variance = image_covariance[centre, centre] - noise_covariance[radius, radius]
    errors = np.empty(len(patterns))
    for index, pattern in enumerate(patterns):
        hidden = np.zeros((2 * radius + 1,) * 2, bool)
        height, width = (min(side // 2, radius) for side in pattern.shape)
        middle = pattern.shape[0] // 2, pattern.shape[1] // 2
        hidden[radius - height : radius + height + 1, radius - width : radius + width + 1] = pattern[
            middle[0] - height : middle[0] + height + 1, middle[1] - width : middle[1] + width + 1
        ]
        seen = np.flatnonzero(~hidden.ravel())
        visible = full[np.ix_(seen, seen)]
        weights = linalg.solve(visible, to_centre[seen], assume_a="pos")
        errors[index] = clean_variance - 2 * weights @ clean_to_centre[seen] + weights @ visible @ weights
    return errors


def _tiles(planes: np.ndarray, patches: PatchSelection | Sequence[PatchSelection] | None) -> np.ndarray:
    """(T, S, S) float64 tiles, at most `_MOST_TILES` of them, evenly spread over what is offered."""
    if patches is None:
        side = min(32, *planes.shape[1:])
        stride = max(1, side // 2)
        chosen = planes[_spread(len(planes), 8)]
        windows = sliding_window_view(chosen, (side, side), axis=(1, 2))[:, ::stride, ::stride]
        flat = np.stack(np.unravel_index(_spread(int(np.prod(windows.shape[:3])), _MOST_TILES), windows.shape[:3]))
        return windows[tuple(flat)].astype(np.float64)
    selections = [patches] if not isinstance(patches, Sequence) else list(patches)
    tiles = [
        sliding_window_view(plane, (selection.patch_size,) * 2)[tuple(selection.coords[kept].T)]
        for plane, selection in zip(planes, selections, strict=True)
        for kept in [_spread(len(selection.coords), max(16, _MOST_TILES // len(selections)))]
    ]
    return np.concatenate(tiles).astype(np.float64)


def _spread(count: int, most: int) -> np.ndarray:
    """Return at most `most` indices spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def _detrended(tiles: np.ndarray) -> np.ndarray:
    """Subtract mean and slope from each tile."""
    side = tiles.shape[-1]
    ramp = np.arange(side) - (side - 1) / 2
    ramp = ramp / np.sqrt((ramp**2).sum() * side)
    tiles = tiles - tiles.mean((1, 2), keepdims=True)
    down = np.einsum("nij,i->n", tiles, ramp)[:, None, None] * ramp[:, None]
    across = np.einsum("nij,j->n", tiles, ramp)[:, None, None] * ramp
    return tiles - down - across


def _autocovariance(tiles: np.ndarray, max_lag: int, *, unbiased: bool = True) -> np.ndarray:
    """Autocovariance of zero-mean tiles at offsets up to `max_lag`: (T, 2L+1, 2L+1).

    The unbiased estimate divides by the pairs of each offset; the other one by the pixels, which keeps matrices made of
    it positive definite.
    """
    height, width = tiles.shape[-2:]
    shape = sp_fft.next_fast_len(height + max_lag, real=True), sp_fft.next_fast_len(width + max_lag, real=True)
    spectrum = sp_fft.rfft2(tiles, shape)
    products = sp_fft.irfft2(spectrum.real**2 + spectrum.imag**2, shape)
    lags = np.arange(-max_lag, max_lag + 1)
    pairs = (height - np.abs(lags))[:, None] * (width - np.abs(lags)) if unbiased else height * width
    return products[:, lags][:, :, lags] / pairs


def _image_autocovariance(image: np.ndarray, max_lag: int) -> np.ndarray:
    """Autocovariance of whole planes, averaged over at most four of them."""
    image = np.asarray(image)
    planes = image[None] if image.ndim == 2 else image[_spread(len(image), 4)]
    planes = planes.astype(np.float64)
    planes -= planes.mean((1, 2), keepdims=True)
    return _autocovariance(planes, max_lag, unbiased=False).mean(0)


def _variance_against_intensity(planes: np.ndarray, correlation: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Noise variance in a dozen classes of intensity, and its mean over the image.

    Second differences suppress structure (Immerkaer, Comput. Vis. Image Underst. 64, 1996); the gain of each filter for
    noise of this correlation turns their variance into the noise's. In each class a low quantile over the tiles is
    taken, because structure can only add.
    """
    line = np.array([1.0, -2.0, 1.0])
    filters = [np.outer(line, line), line[:, None], line[None]]
    gains = [_filter_gain(kernel, correlation) for kernel in filters]
    usable = [(kernel, gain) for kernel, gain in zip(filters, gains, strict=True) if gain > 0.15]
    if not usable:
        usable = [(filters[int(np.argmax(gains))], max(max(gains), 1e-3))]
    side = 16
    means, variances = [], []
    for plane in planes[_spread(len(planes), 4)].astype(np.float64):
        height, width = (length - length % side for length in plane.shape)
        blocks = (height // side, side, width // side, side)
        means.append(plane[:height, :width].reshape(blocks).mean((1, 3)).ravel())
        by_filter = [
            (ndimage.convolve(plane, kernel)[:height, :width] ** 2).reshape(blocks).mean((1, 3)).ravel() / gain
            for kernel, gain in usable
        ]
        variances.append(np.min(by_filter, axis=0))
    mean, variance = np.concatenate(means), np.concatenate(variances)
    classes = min(12, max(1, len(mean) // 8))
    groups = np.array_split(np.argsort(mean, kind="stable"), classes)
    intensities = np.array([mean[group].mean() for group in groups])
    levels = np.array([np.quantile(variance[group], 0.3) for group in groups])
    weights = np.array([len(group) for group in groups])
    return intensities, levels, float((levels * weights).sum() / weights.sum())


def _filter_gain(kernel: np.ndarray, correlation: np.ndarray) -> float:
    """Variance of unit noise with this correlation after filtering with `kernel`."""
    own = signal.correlate(kernel, kernel)
    lag = np.array(own.shape) // 2
    centre = len(correlation) // 2
    near = correlation[centre - lag[0] : centre + lag[0] + 1, centre - lag[1] : centre + lag[1] + 1]
    return float((own * near).sum())


def _candidates(noise: NoiseModel, strength: np.ndarray) -> list[np.ndarray]:
    """Masks worth comparing: what exceeds a correlation, and rows, columns and squares up to the measured reach."""
    patterns = []
    for level in (0.5, 0.3, 0.2, 0.1, 0.07, 0.05, 0.03):
        above = strength >= level
        if above.any():
            patterns.append(_cropped(above))
    centre = noise.max_lag
    rows, columns = strength[centre], strength[:, centre]
    for reach in range(1, noise.max_lag + 1):
        if rows[centre + reach] > 0.03:
            patterns.append(np.ones((1, 2 * reach + 1), bool))
        if columns[centre + reach] > 0.03:
            patterns.append(np.ones((2 * reach + 1, 1), bool))
        if rows[centre + reach] > 0.03 and columns[centre + reach] > 0.03:
            patterns.append(np.ones((2 * reach + 1,) * 2, bool))
    unique = {(pattern.shape, pattern.tobytes()): pattern for pattern in patterns}
    return list(unique.values())


def _cropped(pattern: np.ndarray) -> np.ndarray:
    """Cut a centred pattern to the smallest centred rectangle, its centre set."""
    pattern = pattern.copy()
    centre = np.array(pattern.shape) // 2
    pattern[tuple(centre)] = True
    reach = np.abs(np.argwhere(pattern) - centre).max(0)
    return pattern[centre[0] - reach[0] : centre[0] + reach[0] + 1, centre[1] - reach[1] : centre[1] + reach[1] + 1]


def _describe(pattern: np.ndarray) -> str:
    """Say in words along which direction and how far the noise is correlated."""
    offsets = np.argwhere(pattern) - np.array(pattern.shape) // 2
    down, across = map(int, np.abs(offsets).max(0))
    if down == 0:
        return f"correlated along rows over {across} pixel{'s' * (across > 1)}"
    if across == 0:
        return f"correlated along columns over {down} pixel{'s' * (down > 1)}"
    if (offsets[:, 0] == offsets[:, 1]).all() or (offsets[:, 0] == -offsets[:, 1]).all():
        return f"correlated along a diagonal over {max(down, across)} pixel{'s' * (max(down, across) > 1)}"
    return f"correlated in two dimensions over {down} x {across} pixels"
