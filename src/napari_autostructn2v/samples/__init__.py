"""Synthetic microscopy images with structured noise, and the truth behind them; and two real ones, without truth.

Nothing is downloaded. Two of the commonest cases of correlated noise are generated:

- :func:`scan_lines`: a point-scanning microscope whose detector electronics smear the noise along each row;
- :func:`camera_blur`: a wide-field camera whose frames were resampled, so that noise spreads in every direction.

The real ones, whose authors and licences are named in ``sample_data/README.md``, are:

- :func:`nuclei`: a plane of a spinning-disk confocal microscope;
- :func:`dividing_nuclei`: a movie of migrating cells.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from .scenes import expose, microtubules, mitochondria

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.float32]
    Camera = NDArray[np.uint16]
    Layer = tuple[Camera, dict[str, Any], str]

__all__ = [
    "camera_blur",
    "dividing_nuclei",
    "nuclei",
    "open_camera_blur",
    "open_dividing_nuclei",
    "open_nuclei",
    "open_scan_lines",
    "scan_lines",
]


@overload
def scan_lines(shape: tuple[int, int] = ..., seed: int = ..., with_truth: Literal[False] = ...) -> Camera: ...
@overload
def scan_lines(shape: tuple[int, int] = ..., seed: int = ..., *, with_truth: Literal[True]) -> tuple[Camera, Image]: ...
def scan_lines(
    shape: tuple[int, int] = (512, 512), seed: int = 0, with_truth: bool = False
) -> Camera | tuple[Camera, Image]:
    """Return microtubules under a point-scanning microscope with noise smeared along the rows.

    Parameters
    ----------
    shape : (int, int)
        Height and width in pixels.
    seed : int
        The same seed gives the same image; another seed other cells and other noise.
    with_truth : bool
        Return the noise-free image as well.

    Returns
    -------
    noisy : (Y, X) uint16 ndarray
        In camera units. Neighbours in a row share noise over four pixels, neighbours in a column none.
    truth : (Y, X) float32 ndarray
        Only if `with_truth`: what an endless exposure would show, in the same units.

    Examples
    --------
    >>> noisy, truth = scan_lines((128, 128), with_truth=True)
    >>> noisy.dtype, truth.dtype
    (dtype('uint16'), dtype('float32'))
    """
    rng = np.random.default_rng(seed)
    clean = microtubules(shape, rng)
    memory = np.array([[1.0, 0.85, 0.65, 0.4, 0.2]])  # of the amplifier, over the pixels that it reads in turn
    noisy, truth = expose(clean, rng, photons=60.0, gain=30.0, correlated=7.5, kernel=memory, read_noise=1.5)
    return (noisy, truth) if with_truth else noisy


@overload
def camera_blur(shape: tuple[int, int] = ..., seed: int = ..., with_truth: Literal[False] = ...) -> Camera: ...
@overload
def camera_blur(
    shape: tuple[int, int] = ..., seed: int = ..., *, with_truth: Literal[True]
) -> tuple[Camera, Image]: ...
def camera_blur(
    shape: tuple[int, int] = (512, 512), seed: int = 0, with_truth: bool = False
) -> Camera | tuple[Camera, Image]:
    """Return nuclei and mitochondria under a wide-field microscope with noise correlated in every direction.

    Parameters
    ----------
    shape : (int, int)
        Height and width in pixels.
    seed : int
        The same seed gives the same image; another seed other cells and other noise.
    with_truth : bool
        Return the noise-free image as well.

    Returns
    -------
    noisy : (Y, X) uint16 ndarray
        In camera units. Each pixel shares noise with its neighbours up to two pixels away.
    truth : (Y, X) float32 ndarray
        Only if `with_truth`: what an endless exposure would show, in the same units.

    Examples
    --------
    >>> noisy, truth = camera_blur((128, 128), with_truth=True)
    >>> noisy.shape == truth.shape
    True
    """
    rng = np.random.default_rng([seed, 1])  # other cells than those of scan_lines
    clean = mitochondria(shape, rng)
    resampling = np.outer([1.0, 2.0, 1.0], [1.0, 2.0, 1.0])
    noisy, truth = expose(clean, rng, photons=150.0, gain=12.0, correlated=16.0, kernel=resampling, read_noise=1.5)
    return (noisy, truth) if with_truth else noisy


def nuclei() -> Camera:
    """Return nuclei in one plane of a spinning-disk confocal microscope, as the camera read them.

    Returns
    -------
    (256, 256) uint16 ndarray
        Pixels of 0.26 µm. By the Allen Institute for Cell Science, CC0 1.0; see ``sample_data/README.md``.
    """
    return _real("nuclei.tif")


def dividing_nuclei() -> Camera:
    """Return a movie of migrating cells with labelled nuclei, of which one divides.

    Returns
    -------
    (32, 128, 128) uint16 ndarray
        Time, rows, columns. By J.-Y. Tinevez and G. Jacquemet, CC BY 4.0; see ``sample_data/README.md``.
    """
    return _real("dividing_nuclei.tif")


def _real(name: str) -> Camera:
    from tifffile import imread

    with resources.as_file(resources.files("napari_autostructn2v") / "sample_data" / name) as path:
        return imread(path)


def open_scan_lines() -> list[Layer]:
    """Return the sample :func:`scan_lines` as napari layer data."""
    return [_layer(scan_lines(), "Scan lines")]


def open_camera_blur() -> list[Layer]:
    """Return the sample :func:`camera_blur` as napari layer data."""
    return [_layer(camera_blur(), "Camera noise")]


def open_nuclei() -> list[Layer]:
    """Return the sample :func:`nuclei` as napari layer data."""
    return [_layer(nuclei(), "Nuclei", scale=[0.26, 0.26], units=["µm", "µm"])]


def open_dividing_nuclei() -> list[Layer]:
    """Return the sample :func:`dividing_nuclei` as napari layer data."""
    return [_layer(dividing_nuclei(), "Dividing nuclei", axis_labels=["t", "y", "x"])]


def _layer(image: Camera, name: str, **properties: Any) -> Layer:
    low, high = np.percentile(image, [0.5, 99.8])
    look = {"name": name, "contrast_limits": [float(low), float(high)], "colormap": "gray"}
    return image, look | properties, "image"
