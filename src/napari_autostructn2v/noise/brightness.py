"""Whether a result keeps the brightness of what it shows, told without knowing the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Brightness", "compare_brightness", "contrast_lost"]

#: Classes of brightness; the last ones are the brightest hundredth and the brightest thousandth of the pixels.
_CLASSES, _BRIGHTEST = 16, (0.99, 0.999)

#: Fewer pixels say nothing of a class.
_FEWEST = 30

#: A difference counts that is so many times its standard error, and more than this share of the brightness; what is
#: hardly above the darkest class has no brightness to speak of.
_SURE, _SMALL, _DARK = 4.0, 0.05, 0.1

#: The same for the brightest pixels, of which there is one class only.
_LIKELY = 3.0

#: Where the brightness of the brightest pixels has a larger standard error, next to nothing is known of it.
_UNSURE = 0.15


@dataclass(frozen=True)
class Brightness:
    """Brightness of a result over that of the noisy image, among pixels of like brightness.

    Parameters
    ----------
    slope : float
        Of the result against the noisy image over all classes; 1 is right.
    worst : float
        Largest difference that is no chance in any class of more than a tenth of the brightness of the brightest, as a
        share of the brightness above the darkest class; 0 where there is none. Negative where the result is darker.
    brightest : float
        Brightness of the brightest pixels above the darkest class, over that in the noisy image; 1 is right.
    slope_error, brightest_error : float
        Their standard errors.
    """

    slope: float
    worst: float
    brightest: float
    slope_error: float
    brightest_error: float

    @property
    def is_kept(self) -> bool:
        """Whether neither the contrast nor any class is off by more than a few percent that could not be chance."""
        contrast = abs(self.slope - 1) < max(_SMALL, _SURE * self.slope_error)
        return self.worst == 0 and contrast and abs(self.brightest - 1) < max(_SMALL, _LIKELY * self.brightest_error)

    @property
    def sentence(self) -> str:
        """What this means, for a person."""
        brightest = _percent(self.brightest, self.brightest_error)
        if self.is_kept and self.brightest_error > _UNSURE:
            return (
                "Nothing shows that brightness is lost, but there is too little light above the noise to be sure: "
                f"the brightest objects have {brightest} of theirs."
            )
        if self.is_kept:
            return f"Brightness is kept: the brightest objects have {brightest} of theirs."
        what = f"The contrast is {_percent(self.slope, self.slope_error)} of that in the image"
        if self.worst:
            how = "darker" if self.worst < 0 else "brighter"
            what = f"Some objects are {100 * abs(self.worst):.0f} % {how} than in the image"
        if self.brightest_error < 1:
            what += f", and the brightest have {brightest} of their brightness"
        return f"{what}: measure intensities in the original."


def _percent(share: float, error: float) -> str:
    return f"{100 * share:.0f} ± {max(1, round(100 * error))} %"


def compare_brightness(blind: np.ndarray, noisy: np.ndarray, denoised: np.ndarray) -> Brightness | None:
    """Compare the mean brightness of a result with that of the noisy image.

    Parameters
    ----------
    blind : (P,) float32
        Predictions of pixels from their surroundings alone.
    noisy, denoised : (P,) float32
        The image and the result at the same pixels.

    Returns
    -------
    Brightness or None
        None where there are too few pixels.

    Notes
    -----
    Pixels are sorted into classes by what is predicted of them. The noise of a pixel has no part in that, so the mean
    of the noisy image over a class is the mean of the truth, and that of the result should be the same.
    """
    if len(blind) < 4 * _FEWEST:
        return None
    shares = sorted({*(np.arange(1, _CLASSES) / _CLASSES).tolist(), *_BRIGHTEST})
    number = np.searchsorted(np.quantile(blind, shares), blind, "right")
    counts = np.bincount(number, minlength=len(shares) + 1)
    difference = denoised.astype(np.float64) - noisy
    used = counts >= _FEWEST
    if used.sum() < 3:
        return None
    counts = np.maximum(counts, 1)
    means = np.bincount(number, noisy, len(counts)) / counts
    off = np.bincount(number, difference, len(counts)) / counts
    scatter = np.bincount(number, (difference - off[number]) ** 2, len(counts)) / counts
    error = np.sqrt(scatter / counts)
    means, off, error, counts = means[used], off[used], error[used], counts[used]
    above = means - means[0]
    top = max(float(above[-1]), 1e-12)
    sure = (np.abs(off) > _SURE * error) & (np.abs(off) > _SMALL * above) & (above > _DARK * top)
    share = off[sure] / above[sure]
    weight = counts / counts.sum()
    centred = means - weight @ means
    square = max(float((weight * centred) @ centred), 1e-12)
    slope = 1 + float((weight * centred) @ off) / square
    slope_error = float(np.sqrt(np.sum((weight * centred * error) ** 2))) / square
    worst = float(share[np.argmax(np.abs(share))]) if share.size else 0.0
    return Brightness(slope, worst, 1 + float(off[-1]) / top, slope_error, float(error[-1]) / top)


def contrast_lost(blind: np.ndarray, noisy: np.ndarray, denoised: np.ndarray) -> float:
    """Return by what a result is to be multiplied to have the contrast of the truth.

    Parameters
    ----------
    blind : (P,) float32
        Predictions of pixels from their surroundings alone.
    noisy, denoised : (P,) float32
        The image and the result at the same pixels.

    Returns
    -------
    float
        1 where the contrast is right, where that cannot be told from chance, and where there is none.

    Notes
    -----
    The covariance of the noisy image with blind predictions, in which the noise of a pixel has no part, is that of the
    truth with them: blind predictions are the instrument of an instrumental variable regression (Angrist & Krueger,
    J. Econ. Perspect. 15, 2001) of the truth on the result. What it finds is drawn towards 1 by its uncertainty.
    """
    if len(blind) < 4 * _FEWEST:
        return 1.0
    blind, noisy, denoised = (values - values.mean(dtype=np.float64) for values in (blind, noisy, denoised))
    common = float(blind @ denoised)
    if common <= 0:
        return 1.0
    lost = float(blind @ noisy) / common - 1
    error = float(np.sqrt(np.square(blind * (noisy - (1 + lost) * denoised)).sum())) / common
    return 1 + lost * max(0.0, 1 - (error / lost) ** 2) if lost else 1.0
