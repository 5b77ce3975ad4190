"""What makes a patch structure: intensity, an intensity band, gradient, texture, or a function of the user's.

A criterion turns an image into a map that is high where there is structure; the score of a patch is the mean of the map
in it. A function registered from Python may as well return the corners of the patches that it wants.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from ..errors import InputError
from ..settings import RoiSettings
from .published import BaseNoiseDataset

__all__ = ["BUILT_IN", "criterion_names", "gradient", "register_criterion", "texture", "unregister_criterion"]

#: The criteria that need no registration.
BUILT_IN = ("mean", "band", "gradient", "texture")

#: Bits set in the local binary pattern (8 neighbours, at most two changes around the ring) of an edge or a corner;
#: fewer are spots and flat places, more are their opposite.
EDGE_PATTERNS = (2, 6)

#: The 8 neighbours, in order around the ring.
RING = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))

_registered: dict[str, Callable[..., Any]] = {}


def register_criterion(name: str, function: Callable[..., Any]) -> None:
    """Make a function known as a criterion, for :attr:`RoiSettings.criteria` and for the dock.

    Parameters
    ----------
    name : str
        What the criterion is called. A name that is taken by an earlier function is taken over.
    function : callable
        ``function(image)`` or ``function(image, patch_size)``, where `image` is a (Y, X) float32 array from 0 to 1
        that is the function's to change. It returns either

        - a mask (bool) or a map (numbers) of the image's shape, high where there is structure; values beyond 0 to 1 are
          replaced by their rank, so that the threshold keeps its meaning; or
        - the corners (row, column) of the patches it wants, (N, 2). Used as the only criterion, these patches are
          selected as they are and no threshold applies; combined with others, the pixels in them count as structure.

        A subclass of :class:`~napari_autostructn2v.roi_published.BaseNoiseDataset` is accepted as well.

    Raises
    ------
    InputError
        If the name is empty or that of a criterion that is built in, or `function` cannot be called.

    Examples
    --------
    >>> register_criterion("bright", lambda image: image > 0.5)
    >>> "bright" in criterion_names()
    True
    >>> unregister_criterion("bright")
    """
    if not isinstance(name, str) or not name.strip():
        raise InputError("A criterion needs a name that is a text.")
    if name in BUILT_IN:
        raise InputError(f"{name!r} is the name of a built-in criterion; choose another name.")
    if not callable(function):
        raise InputError(f"The criterion {name!r} must be a function of an image.")
    _registered[name] = function


def unregister_criterion(name: str) -> None:
    """Forget a registered criterion; a name that is not registered is ignored."""
    _registered.pop(name, None)


def criterion_names() -> tuple[str, ...]:
    """Return the names of all criteria, the built-in ones first."""
    return (*BUILT_IN, *sorted(_registered))


def registered_function(name: str) -> Callable[..., Any]:
    """Return the function registered by a name, or say which names there are."""
    try:
        return _registered[name]
    except KeyError:
        raise InputError(
            f"There is no criterion {name!r}; choose among {', '.join(criterion_names())}, "
            "or make it known with register_criterion."
        ) from None


def gradient(image: np.ndarray) -> np.ndarray:
    """Return the size of the slope of an image (Sobel), float32 in intensity per pixel times 8."""
    from scipy.ndimage import sobel

    return np.hypot(sobel(image, axis=0), sobel(image, axis=1))


def texture(image: np.ndarray) -> np.ndarray:
    """Return where an image has edges or corners, whatever its brightness there, by local binary patterns.

    Parameters
    ----------
    image : (Y, X) ndarray

    Returns
    -------
    (Y, X) ndarray, float32
        1 where the pattern of the 8 neighbours is that of an edge or a corner, 0 elsewhere.

    References
    ----------
    T. Ojala, M. Pietikäinen, T. Mäenpää, "Multiresolution gray-scale and rotation invariant texture classification with
    local binary patterns", IEEE TPAMI 24 (2002) 971.
    """
    padded = np.pad(image, 1, mode="edge")
    height, width = image.shape
    ring = [padded[1 + row : 1 + row + height, 1 + column : 1 + column + width] >= image for row, column in RING]
    ones, changes = np.zeros((2, *image.shape), np.uint8)
    for first, second in zip(ring, [*ring[1:], ring[0]], strict=True):
        ones += first
        changes += first != second
    edges = (changes <= 2) & (ones >= EDGE_PATTERNS[0]) & (ones <= EDGE_PATTERNS[1])
    return edges.astype(np.float32)


def apply_function(name: str, image: np.ndarray, patch_size: int) -> tuple[np.ndarray, bool]:
    """Call a registered function.

    Parameters
    ----------
    name : str
    image : (Y, X) ndarray, float32
        From 0 to 1; the function gets a copy.
    patch_size : int
        In pixels of this image.

    Returns
    -------
    result : (Y, X) ndarray, float32, or (N, 2) ndarray, int
        A map or corners.
    is_map : bool
        Which of them.

    Raises
    ------
    InputError
        If the function fails or returns neither.
    """
    function: Any = registered_function(name)
    with warnings.catch_warnings():
        # A preview calls the function at every step of a slider, and napari shows each warning to the user.
        warnings.simplefilter("ignore")
        try:
            if isinstance(function, type) and issubclass(function, BaseNoiseDataset):
                result = function([image.copy()]).custom_roi_selection(None)
            elif _takes_two(function):
                result = function(image.copy(), patch_size)
            else:
                result = function(image.copy())
            values = np.asarray(result)
        except Exception as error:
            raise InputError(f"The criterion {name!r} failed: {type(error).__name__}: {error}.") from error
    if values.shape == image.shape and values.dtype.kind in "biuf":
        values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise InputError(f"The criterion {name!r} returned NaN or infinite values.")
        return values, True
    if values.size == 0:
        return np.zeros((0, 2), np.int64), False
    if values.ndim == 2 and values.shape[1] == 2 and values.dtype.kind in "iuf" and np.isfinite(values).all():
        return np.rint(values).astype(np.int64), False
    raise InputError(
        f"The criterion {name!r} returned an array of shape {values.shape}; it must return a map of the image's shape "
        f"{image.shape} or the corners of patches, (N, 2)."
    )


def _takes_two(function: Callable[..., Any]) -> bool:
    """Return whether a function wants the patch size as well."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a function written in C
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(item.kind in positional and item.default is item.empty for item in parameters) > 1


def apply_to_plane(name: str, image: np.ndarray, shape: tuple[int, int], patch_size: int) -> tuple[np.ndarray, bool]:
    """Call a registered function as :func:`apply_function` does, with the plane, or a reduced copy, from 0 to 1.

    Corners and `patch_size` are in pixels of the original image, whose shape is given.
    """
    image = (image - image.min()) / max(float(np.ptp(image)), 1e-30)
    factors = shape[0] / image.shape[0], shape[1] / image.shape[1]
    values, is_map = apply_function(name, image, max(1, round(patch_size / factors[0])))
    return (values if is_map else np.rint(values * factors).astype(np.int64)), is_map


def sigma_of(settings: RoiSettings) -> float:
    """Return the smoothing in pixels of the original image."""
    return settings.patch_size / 4 if settings.sigma is None else settings.sigma


def map_key(name: str, settings: RoiSettings) -> Hashable:
    """Return all that the map of a criterion depends on."""
    if name not in BUILT_IN:
        return name, registered_function(name), settings.patch_size
    preprocessing = name, settings.scale_factor, sigma_of(settings), settings.equalize
    if name == "mean":
        return *preprocessing, settings.background
    return (*preprocessing, settings.background, settings.band) if name == "band" else preprocessing
