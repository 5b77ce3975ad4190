"""What an image goes through before patches are scored: shrunk, smoothed, equalised."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from .windows import interval_means

__all__ = ["Equalizer", "Pyramid", "equalize_adaptive", "shrink", "smooth"]

#: A Gaussian this many pixels wide is well sampled; a finer grid would hold nothing more.
SAMPLED_SIGMA = 2.0

#: Longest side in pixels below which no grid is made coarser than `scale_factor` makes it.
COARSEST = 256

#: Entries of the table that maps intensities to ranks.
LEVELS = 1 << 16

#: Share of the pixels at either end of the intensities that share the lowest and the highest entry of the table.
TAIL = 5e-4


def shrink(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Shrink an image to a shape; each pixel of the result is the mean of the area that it covers.

    Parameters
    ----------
    image : (Y, X) ndarray, float32
    shape : tuple of int
        At most the image's own.

    Returns
    -------
    ndarray of `shape`, float32
    """
    for axis, size in enumerate(shape):
        if size != image.shape[axis]:
            bounds = np.linspace(0, image.shape[axis], size + 1)
            means = interval_means(image.shape[axis], bounds[:-1], bounds[1:])
            image = means @ image if axis == 0 else image @ means.T
    return np.ascontiguousarray(image)


def smooth(image: np.ndarray, sigma: tuple[float, float]) -> np.ndarray:
    """Convolve an image with a Gaussian, mirrored at the borders, in a time that does not depend on its width.

    Parameters
    ----------
    image : (Y, X) ndarray, float32
    sigma : tuple of float
        Standard deviation along Y and X in pixels of this image.

    Returns
    -------
    (Y, X) ndarray, float32

    Notes
    -----
    The cosine transform (type II) turns a convolution with mirrored borders into a product.
    """
    if max(sigma) <= 0:
        return image
    gains = [
        np.exp(-0.5 * (width * np.pi * np.arange(size) / size) ** 2).astype(np.float32)
        for width, size in zip(sigma, image.shape, strict=True)
    ]
    spectrum = fft.dctn(image)
    spectrum *= gains[0][:, None]
    spectrum *= gains[1]
    return fft.idctn(spectrum, overwrite_x=True)


class Pyramid:
    """An image at any scale, made from remembered copies, each half as large as the one before.

    Parameters
    ----------
    image : (y, x) ndarray
        Finite real numbers in native byte order; kept, not copied.
    shape : tuple of int
        Of the original image, if `image` is a reduced copy.
    limits : tuple of float
        Lowest and highest intensity, of this image or of all that are to be comparable with it.

    Notes
    -----
    Intensities become float32 less the lowest one, so that a large offset costs no precision. The difference is rounded
    once whatever the dtype is, which makes the result the same for any dtype that holds the image. Spans that 32 bits
    cannot hold are brought into reach by a power of two, which rounds nothing.
    """

    def __init__(self, image: np.ndarray, shape: tuple[int, int], limits: tuple[float, float]) -> None:
        self.shape = shape
        self._image = image
        self._low = limits[0]
        span = limits[1] - limits[0]
        self._exponent = 0 if 1e-30 < span < 1e30 else -math.frexp(span)[1]
        self._halved: dict[int, np.ndarray] = {}  # by the number of times

    def full(self) -> np.ndarray:
        """Return the whole image; (y, x) float32, contiguous."""
        return self._narrowed(self._image)

    def _narrowed(self, pixels: np.ndarray) -> np.ndarray:
        narrow = pixels.dtype.itemsize <= 2 or pixels.dtype == np.float32
        wide: type = np.float32 if narrow and not self._exponent else np.float64
        values = np.subtract(pixels, wide(self._low), dtype=wide)
        if self._exponent:
            values = np.ldexp(values, self._exponent)
        return np.ascontiguousarray(values, dtype=np.float32)

    def windows(self, corners: np.ndarray, side: int) -> np.ndarray:
        """Return windows of the image as it is here; (M, side', side') float32, less the lowest intensity.

        Parameters
        ----------
        corners : (M, 2) ndarray, int
            In pixels of the original image.
        side : int
            In pixels of the original image; fewer here if this is a reduced copy.
        """
        factors = [here / there for here, there in zip(self._image.shape, self.shape, strict=True)]
        small = max(1, min(int(side * min(factors)), *self._image.shape))
        rows, columns = (
            np.minimum((starts * factor).astype(np.int64), size - small)
            for starts, factor, size in zip(corners.T, factors, self._image.shape, strict=True)
        )
        return self._narrowed(sliding_window_view(self._image, (small, small))[rows, columns])

    def shrunk(self, scale: float) -> np.ndarray:
        """Return the image shrunk to a share of the original's sides; at most as large as it is here."""
        available = self._image.shape
        shape = tuple(min(max(1, round(side * scale)), size) for side, size in zip(self.shape, available, strict=True))
        level = 0  # the number of times that the image is halved
        while all(wanted <= -(-size // 2 ** (level + 1)) for wanted, size in zip(shape, available, strict=True)):
            if level and available[0] <= 2**level and available[1] <= 2**level:
                break
            level += 1
        return shrink(self._half(level), (shape[0], shape[1]))

    def _half(self, level: int) -> np.ndarray:
        """Return the image halved as often as that."""
        if not level:
            return self.full()
        if level not in self._halved:
            larger = self._half(level - 1)
            self._halved[level] = shrink(larger, (-(-larger.shape[0] // 2), -(-larger.shape[1] // 2)))
        return self._halved[level]

    def smoothed(self, scale: float, sigma: float) -> np.ndarray:
        """Return the image shrunk and smoothed.

        Where the smoothing is so wide that a coarser grid holds the same image, the grid is coarser than asked for.

        Parameters
        ----------
        scale : float
            0 to 1.
        sigma : float
            Standard deviation in pixels of the original image.
        """
        variance = sigma**2
        coarse = max(SAMPLED_SIGMA / max(sigma, 1e-9), COARSEST / max(self.shape))
        if coarse < scale:
            # Shrinking blurs by a pixel's width: what the coarser pixels blur more is taken off the Gaussian.
            variance += (1 / scale**2 - 1 / coarse**2) / 12
            scale = coarse
        small = self.shrunk(scale)
        width = math.sqrt(variance)
        return smooth(small, (width * small.shape[0] / self.shape[0], width * small.shape[1] / self.shape[1]))

    def spread(self, image: np.ndarray, sigma: float) -> np.ndarray:
        """Return another map of the same place (of any size), smoothed and no finer than that asks for."""
        return Pyramid(image, self.shape, (0.0, 1.0)).smoothed(1.0, sigma)


class Equalizer:
    """The map from intensity to 0..1 that some images have in common.

    Parameters
    ----------
    images : list of ndarray, float32
        The images whose pixels, taken together, decide.
    flat : bool
        True maps an intensity to the share of darker pixels (equal ones count half), so that a threshold t reads as
        "the darkest t of the image". False stretches linearly, outliers apart.
    """

    def __init__(self, images: list[np.ndarray], *, flat: bool) -> None:
        values = images[0].ravel() if len(images) == 1 else np.concatenate([image.ravel() for image in images])
        ordered = np.sort(values)
        low, high = (float(ordered[round(share * (ordered.size - 1))]) for share in (TAIL, 1 - TAIL))
        if not low < high:  # a few bright pixels on a constant image
            low, high = float(ordered[0]), float(ordered[-1])
        self.low = low
        self.gain = (LEVELS - 1) / (high - low) if high > low else 0.0
        if flat:
            counts = np.bincount(self._index(values).ravel(), minlength=LEVELS)
            self.levels = ((np.cumsum(counts) - counts / 2) / values.size).astype(np.float32)
        else:
            self.levels = np.linspace(0, 1, LEVELS, dtype=np.float32)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return the image with its intensities spread over 0..1, float32."""
        return self.levels[self._index(image)]

    def _index(self, image: np.ndarray) -> np.ndarray:
        index = (image - np.float32(self.low)) * np.float32(self.gain)
        np.clip(index, 0, LEVELS - 1, out=index)
        return index.astype(np.int32)


def equalize_adaptive(image: np.ndarray) -> np.ndarray:
    """Equalise each neighbourhood of an image in 0..1 by itself (CLAHE), float32."""
    from skimage.exposure import equalize_adapthist

    return equalize_adapthist(image).astype(np.float32)
