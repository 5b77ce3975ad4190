"""The patches of one plane, and a threshold for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..settings import RoiSettings, checked
from .advice import darker_share, purest_share
from .scorer import RoiScorer
from .selection import PatchSelection

__all__ = ["select_patches", "suggest_threshold"]


def select_patches(image: ArrayLike | Any, settings: RoiSettings | None = None) -> PatchSelection:
    """Select the patches of an image that a stage learns from.

    Parameters
    ----------
    image : (Y, X) array-like
        Real numbers of any dtype.
    settings : RoiSettings, optional
        Defaults to those of stage 1: background.

    Returns
    -------
    PatchSelection
        Empty if no patch is below (above) the threshold; with ``use_roi=False`` every window of the grid.

    Raises
    ------
    InputError
        If the image cannot be used (see :func:`~napari_autostructn2v.images.check_image`), has more than two axes or is
        smaller than a patch.

    Examples
    --------
    >>> image = np.zeros((64, 64)); image[:, 32:] = 100; image[::2] += 1
    >>> select_patches(image, RoiSettings(patch_size=32, overlap=0)).coords.tolist()
    [[0, 0], [32, 0]]
    """
    return RoiScorer(image).select(_settings(settings))


def suggest_threshold(
    image: ArrayLike | Any, settings: RoiSettings | None = None, *, method: Literal["otsu", "median"] = "otsu"
) -> float:
    """Suggest a `roi_threshold` for an image.

    Parameters
    ----------
    image : (Y, X) array-like or RoiScorer
    settings : RoiSettings, optional
        For the background a threshold is suggested that leaves dim structure out, for structure one that leaves the
        background out. Defaults to those of stage 1: background.
    method : {"otsu", "median"}
        "otsu" separates background, dim and bright patches, and for the background leaves out patches that visibly hold
        more than noise as well as a threshold can; "median" selects half of the patches.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> image = np.zeros((256, 256)); image[:64] = 50; image[::2] += 1
    >>> suggest_threshold(image, method="median") < suggest_threshold(image) < 0.8
    True
    """
    scorer = image if isinstance(image, RoiScorer) else RoiScorer(image)
    settings = _settings(settings)
    scores = scorer.scores(settings)
    if method == "median":
        return float(np.median(scores))
    share = darker_share(scorer.scores(replace(settings, equalize="none")), twice=settings.select_background)
    if settings.select_background and scores.size:
        index, shows = scorer.structured(settings)
        share = purest_share(scores[index], shows, share)
    # Between two patches, so that rounding does not decide which side they are on.
    ordered = np.sort(scores)
    last = min(max(1, round(share * ordered.size)), ordered.size - 1)
    return float(np.clip((float(ordered[last - 1]) + float(ordered[last])) / 2, 0, 1))


def _settings(given: RoiSettings | None) -> RoiSettings:
    return RoiSettings() if given is None else checked(given, RoiSettings, "settings")
