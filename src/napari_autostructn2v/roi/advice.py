"""What the scores of an image's patches say about how to set the sliders."""

from __future__ import annotations

from typing import Literal

import numpy as np

__all__ = ["ALIKE", "darker_share", "flat_end"]

#: Patches whose intensities vary less than this share of what the whole image's do are all alike.
ALIKE = 0.03


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


def flat_end(intensities: np.ndarray, slopes: np.ndarray) -> Literal["dark", "bright"]:
    """Return which end of the intensities is the empty one: "dark" or "bright".

    Empty regions are flat. If patches get steeper the brighter they are, the dark ones are empty (fluorescence); if
    they get flatter, the bright ones are (stained sections in the electron microscope, bright field).

    Parameters
    ----------
    intensities, slopes : (M,) ndarray
        Mean intensity and mean gradient of each patch.
    """
    ranks = [np.argsort(np.argsort(values)) - (values.size - 1) / 2 for values in (intensities, slopes)]
    return "bright" if float(ranks[0] @ ranks[1]) < 0 else "dark"
