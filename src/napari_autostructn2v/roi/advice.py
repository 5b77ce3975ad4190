"""What an image's patches and their scores say about how to set the sliders."""

from __future__ import annotations

import numpy as np

__all__ = ["ALIKE", "darker_share", "purest_share", "shows_structure", "steeper_where_brighter"]

#: Patches whose intensities vary less than this share of what the whole image's do are all alike.
ALIKE = 0.03

#: Blocks along a side that a patch is cut into to see whether it varies in the large more than noise does.
_BLOCKS = 8

#: Share of all patches that are held to be noise alone, and chance that a patch of noise alone passes for more.
_QUIETEST, _CHANCE = 0.1, 1e-3

#: Share of patches that are known to be noise alone which vary no more than what passes for noise.
_NOISE_ALONE = 0.99

#: At most this share of the suggested background shows structure, and it is at least that share of the image.
_MOST_STRUCTURED, _LEAST_SELECTED = 0.1, 0.1


def darker_share(values: np.ndarray, *, twice: bool) -> float:
    """Return the share of values in the lower of two classes.

    Parameters
    ----------
    values : (M,) ndarray, float32
        Mean intensities of patches, not equalised.
    twice : bool
        Split the lower class once more and return the share of its lower part.

    Returns
    -------
    float
        Between 0 and 1.

    Notes
    -----
    Otsu's threshold puts dim structure among the background, since it has to find two classes for three kinds of
    places: empty, dim, bright. Splitting the lower class again leaves the dim places out. On 16 pairs of noisy image
    and reference (``benchmarks/roi_purity.py``) 84 % of the pixels in the patches below were truly empty, against 76 %
    with the median and 69 % with a single split.
    """
    from skimage.filters import threshold_otsu

    below = values
    for _ in range(2 if twice else 1):
        if below.size < 2 or below.min() == below.max():
            break
        # Otsu's threshold is the last value of the lower class.
        below = below[below <= threshold_otsu(below)]
    return below.size / values.size


def steeper_where_brighter(intensities: np.ndarray, slopes: np.ndarray) -> float:
    """Return whether places get steeper the brighter they are, as a rank correlation from -1 to 1.

    Empty regions are flat. Above 0 the dark ones are empty (fluorescence), below 0 the bright ones (stained sections in
    the electron microscope, bright field). On 18 real images it is 0.33 or more away from 0, on ramps and on noise
    alone within 0.13 of it.

    Parameters
    ----------
    intensities, slopes : (M,) ndarray
        Mean intensity and mean gradient of each patch.
    """
    ranks = [np.argsort(np.argsort(values)) - (values.size - 1) / 2 for values in (intensities, slopes)]
    return float(ranks[0] @ ranks[1]) / max(float(ranks[0] @ ranks[0]), 1.0)


def shows_structure(patches: np.ndarray, block: int | None = None, noise: np.ndarray | None = None) -> np.ndarray:
    """Return which patches of an image visibly hold more than noise.

    Parameters
    ----------
    patches : (M, S, S) ndarray, float32
        Spread over all of the image.
    block : int, optional
        Side in pixels of the blocks; structure much finer is not seen. By default an eighth of a patch.
    noise : (K, S, S) ndarray, optional
        Patches of noise alone. What varies in the large no more than the hundredth of them that does so most is noise.

    Returns
    -------
    (M,) ndarray, bool
        All False where a patch is too small to tell (less than 4 pixels a side).

    Notes
    -----
    A patch is cut into blocks. How much the means of the blocks vary, slope apart, over how much pixels vary within
    them is the same for all patches of noise, whatever their brightness and however the noise is correlated; structure
    raises it. The quietest tenth of the patches shows what it is for noise. In an image without an empty place nothing
    is found, therefore. Measured in ``benchmarks/roi_purity.py``.
    """
    from scipy.stats import chi2

    block = block or max(2, patches.shape[-1] // _BLOCKS)
    count = patches.shape[-1] // block
    if not len(patches) or count < 2:
        return np.zeros(len(patches), bool)
    ratio = _variation_in_the_large(patches, block)
    if not ratio.any():
        return np.zeros(len(patches), bool)
    freedom = max(1, count**2 - 3)
    limit = chi2.ppf(1 - _CHANCE, freedom) / chi2.ppf(_QUIETEST, freedom) * np.quantile(ratio[ratio > 0], _QUIETEST)
    if noise is not None:
        limit = max(limit, np.quantile(_variation_in_the_large(noise, block), _NOISE_ALONE))
    return ratio > limit


def _variation_in_the_large(patches: np.ndarray, block: int) -> np.ndarray:
    """Return how much means of blocks vary, slope apart, over how much pixels vary within them: (M,), 0 without."""
    count = patches.shape[-1] // block
    side = count * block
    blocks = patches[:, :side, :side].reshape(-1, count, block, count, block)
    means = blocks.mean((2, 4))
    within = blocks.var((2, 4)).mean((1, 2))
    means -= means.mean((1, 2), keepdims=True)
    ramp = np.linspace(-1, 1, count, dtype=np.float32)
    ramp /= np.sqrt(count * np.sum(ramp**2))
    slopes = (means.sum(2) @ ramp) ** 2 + (means.sum(1) @ ramp) ** 2
    between = np.maximum((means**2).sum((1, 2)) - slopes, 0) / count**2
    ratio: np.ndarray = between / np.where(within > 0, within, np.inf)
    return ratio


def purest_share(scores: np.ndarray, structured: np.ndarray, most: float) -> float:
    """Return the largest share of patches, in the order of their scores, of which hardly any shows structure.

    Parameters
    ----------
    scores : (M,) ndarray
        Of patches, low for background.
    structured : (M,) ndarray, bool
        Which of them show structure.
    most : float
        Share of the patches, 0 to 1, beyond which none are taken.

    Returns
    -------
    float
        Between a tenth (or `most`, if that is less) and `most`; where more than a tenth of the patches show structure
        all the way, the share with the fewest.
    """
    last = max(1, round(most * scores.size))
    first = min(last, max(1, round(_LEAST_SELECTED * scores.size)))
    found = np.cumsum(structured[np.argsort(scores, kind="stable")]) / np.arange(1, scores.size + 1)
    within = found[first - 1 : last]
    pure = np.flatnonzero(within <= _MOST_STRUCTURED)
    return (first + int(pure[-1] if pure.size else np.argmin(within))) / scores.size
