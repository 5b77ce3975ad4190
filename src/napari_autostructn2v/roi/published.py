"""The helpers of the published description, with its names, arguments and conventions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..files import read_image
from ..images import check_image
from ..settings import RANGES, Equalize, Range, checked
from .preprocess import Equalizer, Pyramid, equalize_adaptive, shrink, smooth
from .windows import grid_positions, window_means

__all__ = ["BaseNoiseDataset", "find_roi_patches", "load_and_normalize_image", "load_and_preprocess_image"]


def load_and_normalize_image(path: str | Path) -> np.ndarray:
    """Read an image and stretch it to 0..1.

    Parameters
    ----------
    path : str or Path
        A TIFF or PNG file with one plane.

    Returns
    -------
    (Y, X) ndarray, float32
        The darkest pixel is 0 and the brightest 1, whatever the bit depth.

    Raises
    ------
    InputError
        If the file or the image cannot be used, or there is more than one plane.
    """
    return _normalized(_read_plane(path))


def load_and_preprocess_image(
    path: str | Path,
    scale_factor: float = 0.25,
    sigma: float | None = None,
    *,
    patch_size: int = 32,
    equalize: Equalize = "global",
) -> np.ndarray:
    """Read an image, shrink, smooth and equalise it.

    Parameters
    ----------
    path : str or Path
        A TIFF or PNG file with one plane.
    scale_factor : float
        The image is shrunk to this share of its sides.
    sigma : float, optional
        Smoothing in pixels of the original image; a quarter of `patch_size` by default. The 300 of the description
        selects no better than chance on real images.
    patch_size : int
        Side of a patch in pixels of the original image.
    equalize : {"global", "adaptive", "none"}
        The adaptive equalisation of the description finds less of the background on real images.

    Returns
    -------
    (y, x) ndarray, float32
        From 0 to 1, for :func:`find_roi_patches`.

    Raises
    ------
    InputError
        See :func:`load_and_normalize_image`; or if `scale_factor` is not above 0 and at most 1.
    """
    scale_factor = checked(scale_factor, float, "scale_factor")
    patch_size = checked(patch_size, int, "patch_size")
    sigma = checked(sigma, float | None, "sigma")
    checked(equalize, Equalize, "equalize")
    image = _normalized(_read_plane(path))
    width = patch_size / 4 if sigma is None else sigma
    small = shrink(image, (max(1, round(image.shape[0] * scale_factor)), max(1, round(image.shape[1] * scale_factor))))
    small = smooth(small, (width * scale_factor, width * scale_factor))
    equalized = Equalizer([small], flat=equalize == "global")(small)
    return equalize_adaptive(equalized) if equalize == "adaptive" else equalized


def find_roi_patches(
    preprocessed: np.ndarray,
    patch_size: int,
    threshold: float = 0.5,
    above_threshold: bool = False,
    max_patches: int | None = None,
    scale_factor: float = 0.25,
    *,
    overlap: float = 0.5,
) -> list[tuple[int, int]]:
    """Find patches whose mean is below or above a threshold, by the published convention.

    The window and its stride are in pixels of the *preprocessed* (small) image, and only its corner is scaled back. So
    that a window here sees ``patch_size / scale_factor`` pixels of the original, more than the patch that starts at its
    corner. :func:`~napari_autostructn2v.roi.select_patches` judges a patch by its own pixels.

    Parameters
    ----------
    preprocessed : (y, x) ndarray
        From :func:`load_and_preprocess_image`; or a mask, with `threshold` the share of a window that lies in it.
    patch_size : int
        Side of the window in pixels of `preprocessed`.
    threshold : float
        What the mean in the window is compared with.
    above_threshold : bool
        True finds windows above the threshold (structure), False those below (background).
    max_patches : int, optional
        At most so many, spread evenly over all that were found.
    scale_factor : float
        By which the image was shrunk.
    overlap : float
        Share of a window that its neighbour covers. The last window is flush with the border.

    Returns
    -------
    list of (int, int)
        Row and column of each corner in pixels of the original image.

    Raises
    ------
    InputError
        If `preprocessed` has not two axes or is smaller than the window, or a number is out of range.
    """
    image = np.asarray(preprocessed)
    if image.ndim != 2 or image.dtype.kind not in "biuf":
        raise InputError("The preprocessed image must be one plane of numbers, see load_and_preprocess_image.")
    scale_factor = checked(scale_factor, float, "scale_factor")
    # The window is one of the small image.
    patch_size = checked(patch_size, int, "patch_size", Range(1, RANGES["patch_size"].high, "pixels"))
    overlap = checked(overlap, float, "overlap")
    threshold = checked(threshold, float, "threshold", Range(-1e150, 1e150))
    if max_patches is not None:
        max_patches = checked(max_patches, int, "max_patches", Range(0, 2**62))
    if min(image.shape) < patch_size:
        raise InputError(
            f"The preprocessed image is {image.shape[0]} x {image.shape[1]} pixels, smaller than a window of "
            f"{patch_size} x {patch_size}: raise scale_factor or lower patch_size."
        )
    stride = max(1, round(patch_size * (1 - overlap)))
    rows, columns = (grid_positions(length, patch_size, stride) for length in image.shape)
    means = window_means(image, rows, columns, patch_size)
    down, across = np.nonzero(means > threshold if above_threshold else means < threshold)
    if max_patches is not None and len(down) > max_patches:
        spread = np.linspace(0, len(down) - 1, max(0, max_patches)).round().astype(int)
        down, across = down[spread], across[spread]
    down, across = ((rows / scale_factor).astype(int)[down], (columns / scale_factor).astype(int)[across])
    return list(zip(down.tolist(), across.tolist(), strict=True))


class BaseNoiseDataset:
    """The part of the published class of this name that a selection of one's own builds on.

    A subclass has a method ``custom_roi_selection(self, img_path)`` that looks at ``self.load_image(0)`` and returns
    the corners of patches, or a map; :func:`~napari_autostructn2v.roi_criteria.register_criterion` takes the subclass.

    Parameters
    ----------
    images : sequence of (Y, X) ndarray or of paths
    """

    def __init__(self, images: Sequence[Any] = ()) -> None:
        self.images = list(images)

    def load_image(self, index: int) -> np.ndarray:
        """Return an image stretched to 0..1; (Y, X) float32."""
        image = self.images[index]
        return load_and_normalize_image(image) if isinstance(image, (str, Path)) else _normalized(check_image(image))

    def custom_roi_selection(self, img_path: Any) -> Any:
        """Return the corners of patches, (N, 2), or a map of the image's shape; for a subclass to write."""
        raise NotImplementedError("Write custom_roi_selection in your class; see the documentation of ROI tuning.")


def _read_plane(path: str | Path) -> np.ndarray:
    image = np.squeeze(check_image(read_image(path)))
    if image.ndim != 2:
        raise InputError(f"{path} holds a stack of shape {image.shape}; save one plane of it as a file of its own.")
    return image


def _normalized(image: np.ndarray) -> np.ndarray:
    low, high = float(image.min()), float(image.max())
    values = Pyramid(image, (image.shape[0], image.shape[1]), (low, high)).full()
    return values / values.max()
