"""One plane and its patches: preprocessing that is remembered, scores, and the selection that settings make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from ..images import check_image, evenly_spread
from ..settings import RoiSettings
from .advice import shows_structure, steeper_where_brighter
from .criteria import BUILT_IN, apply_to_plane, gradient, map_key, sigma_of, texture
from .memory import Memory, read_only
from .preprocess import Equalizer, Pyramid, equalize_adaptive
from .selection import PatchSelection, contains, inside
from .windows import grid_positions, window_grid, window_means

__all__ = ["CommonScale", "RoiScorer"]

#: Places get steeper with brightness, or flatter, so clearly that one end of the brightness is empty.
_CLEARLY = 0.3

#: So many patches, and pixels in them, tell how many of all patches show structure.
_ENOUGH_PATCHES, _ENOUGH_PIXELS = 4096, 2**23


class RoiScorer:
    """One plane with its preprocessing remembered, for a preview that follows a slider.

    A new threshold costs a comparison; a new `scale_factor` works on reduced copies of the image.

    Parameters
    ----------
    image : (Y, X) array-like
        The image, or a reduced copy of it such as a level of a pyramid. It is kept, not copied: do not change it.
    shape : tuple of int, optional
        Of the original image, if `image` is a reduced copy.
    common : CommonScale, optional
        What the planes of a stack share; see :class:`~napari_autostructn2v.roi.StackScorer`.

    Attributes
    ----------
    shape : tuple of int
        Of the original image.

    Raises
    ------
    InputError
        If the image cannot be used (see :func:`~napari_autostructn2v.images.check_image`) or has more than two axes.
    """

    def __init__(
        self, image: ArrayLike | Any, *, shape: tuple[int, int] | None = None, common: CommonScale | None = None
    ) -> None:
        # One plane of a stack may be constant.
        array = check_image(image) if common is None else np.asarray(image)
        if array.ndim != 2:
            raise InputError(
                f"Patches are selected in one plane (Y, X) at a time; this array has {array.ndim} axes: pick one plane."
            )
        self.shape: tuple[int, int] = (array.shape[0], array.shape[1]) if shape is None else (shape[0], shape[1])
        limits = (float(array.min()), float(array.max())) if common is None else common.limits
        self._pyramid = Pyramid(array, self.shape, limits)
        self._common = common
        self._maps: Memory[np.ndarray] = Memory(8)
        self._scores: Memory[np.ndarray] = Memory(16)
        self._others: Memory[Any] = Memory(8)

    def select(self, settings: RoiSettings) -> PatchSelection:
        """Return the patches that settings select.

        Parameters
        ----------
        settings : RoiSettings

        Returns
        -------
        PatchSelection

        Raises
        ------
        InputError
            If the image is smaller than a patch, or a criterion is not known or fails.
        """
        candidates, scores = self.candidates(settings), self.scores(settings)
        coords = candidates[self._chosen(settings)]
        if settings.added:
            added = inside(np.array(settings.added), self.shape, settings.patch_size)
            coords = np.concatenate([coords, added[~contains(coords, added)]])
        return PatchSelection(coords, settings.patch_size, scores, candidates)

    def candidates(self, settings: RoiSettings) -> np.ndarray:
        """Return the corners of all windows of the grid, row by row; (M, 2) int, read-only."""
        named = self._named_patches(settings)
        if named is not None:
            return named

        def compute() -> np.ndarray:
            rows, columns = window_grid(self.shape, settings)
            return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)

        return read_only(self._others.get(("candidates", settings.patch_size, settings.overlap), compute))

    def scores(self, settings: RoiSettings) -> np.ndarray:
        """Return the score of each candidate, higher for structure; (M,) float32 in 0..1, read-only."""
        named = self._named_patches(settings)
        if named is not None:
            return np.full(len(named), 0 if settings.select_background else 1, np.float32)
        maps = tuple(map_key(name, settings) for name in settings.criteria)
        key = (maps, settings.patch_size, settings.overlap, settings.combine)

        def compute() -> np.ndarray:
            rows, columns = window_grid(self.shape, settings)
            means = [
                window_means(self.criterion_map(name, settings), rows, columns, settings.patch_size, self.shape)
                for name in settings.criteria
            ]
            # Structure by all (any) of the criteria: the least (greatest) of the scores is above the threshold. What is
            # not structure is background, so that no patch is ever both.
            combined = (np.min if settings.combine == "all" else np.max)(means, axis=0)
            return np.clip(combined, 0, 1).ravel()

        return read_only(self._scores.get(key, compute))

    def diversity(self, settings: RoiSettings) -> float:
        """Return how much the selected patches differ in brightness, from 0 (all alike) to 1 (as the whole image does).

        Below :data:`~napari_autostructn2v.roi.ALIKE`, training on these patches alone shows a network next to
        nothing of the range of intensities that it will have to denoise.
        """
        if self._named_patches(settings) is not None:
            return 1.0
        brightness = self.scores(replace(settings, criteria=("mean",), equalize="none", background="dark"))
        chosen, spread = brightness[self._chosen(settings)], float(np.std(brightness))
        return min(1.0, float(np.std(chosen)) / spread) if chosen.size and spread else 0.0

    def structured(self, settings: RoiSettings) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the candidates visibly hold more than noise.

        Parameters
        ----------
        settings : RoiSettings

        Returns
        -------
        index : (K,) ndarray, int
            The candidates that were looked at, evenly spread over all of them.
        shows : (K,) ndarray, bool
            Whether they hold more than noise; see ``advice.shows_structure``.
        """
        candidates, side = self.candidates(settings), settings.patch_size

        def compute() -> tuple[np.ndarray, np.ndarray]:
            index = evenly_spread(len(candidates), min(_ENOUGH_PATCHES, max(64, _ENOUGH_PIXELS // side**2)))
            return read_only(index), read_only(shows_structure(self._pyramid.windows(candidates[index], side)))

        if self._named_patches(settings) is not None:
            return compute()
        found: tuple[np.ndarray, np.ndarray] = self._others.get(("structured", side, settings.overlap), compute)
        return found

    def structured_share(self, settings: RoiSettings) -> float:
        """Return the share of the selected patches, 0 to 1, that visibly hold more than noise."""
        index, shows = self.structured(settings)
        chosen = self._chosen(settings)[index]
        return float(shows[chosen].mean()) if chosen.any() else 0.0

    def background(self, settings: RoiSettings) -> Literal["dark", "bright"]:
        """Return what empty regions look like, judged from the image if the settings leave it open."""
        if settings.background != "auto":
            return settings.background
        if self._common is not None:
            return self._common.background()
        return "bright" if self._steeper_where_brighter() < 0 else "dark"

    def likely_background(self) -> Literal["dark", "bright"] | None:
        """Return what empty regions clearly look like, None where that is open."""
        steeper = self._steeper_where_brighter()
        return None if abs(steeper) < _CLEARLY else "bright" if steeper < 0 else "dark"

    def _steeper_where_brighter(self) -> float:
        def compute() -> float:
            # On a window of its own, so that the verdict does not change while a slider moves.
            side = min(32, *self.shape)
            rows, columns = (grid_positions(length, side, max(1, side // 2)) for length in self.shape)
            image = self._pyramid.smoothed(0.5, side / 16)
            intensities, slopes = (
                window_means(values, rows, columns, side, self.shape).ravel() for values in (image, gradient(image))
            )
            return steeper_where_brighter(intensities, slopes)

        verdict: float = self._others.get("background", compute)
        return verdict

    def criterion_map(self, name: str, settings: RoiSettings) -> np.ndarray:
        """Return the map whose mean in a window is its score by a criterion; (y, x) float32, read-only."""

        def compute() -> np.ndarray:
            if name not in BUILT_IN:
                return self._function_map(name, settings)
            if name == "band":
                intensities = self.criterion_map("mean", settings)
                return ((intensities >= settings.band[0]) & (intensities <= settings.band[1])).astype(np.float32)
            values = self.raw_map(name, settings)
            if self._common is None:
                equalizer = Equalizer([values], flat=settings.equalize == "global")
            else:
                equalizer = self._common.equalizer(name, settings)
            equalized = equalizer(values)
            if settings.equalize == "adaptive":
                equalized = equalize_adaptive(equalized)
            return 1 - equalized if name == "mean" and self.background(settings) == "bright" else equalized

        return read_only(self._maps.get(map_key(name, settings), compute))

    def raw_map(self, name: str, settings: RoiSettings) -> np.ndarray:
        """Return what a built-in criterion sees before it is equalised; (y, x) float32."""
        sigma, scale = sigma_of(settings), settings.scale_factor
        if name == "gradient":
            # A quarter of the smoothing finds the slopes, the whole of it says how many there are around a place.
            return self._pyramid.spread(gradient(self._pyramid.smoothed(scale, sigma / 4)), sigma)
        if name == "texture":
            return self._pyramid.spread(texture(self._pyramid.shrunk(scale)), sigma)
        return self._pyramid.smoothed(scale, sigma)

    def _function_map(self, name: str, settings: RoiSettings) -> np.ndarray:
        values, is_map = self._call(name, settings)
        if not is_map:
            named = PatchSelection(inside(values, self.shape, settings.patch_size), settings.patch_size, values, values)
            return named.mask(self.shape).astype(np.float32)
        return values if values.min() >= 0 and values.max() <= 1 else Equalizer([values], flat=True)(values)

    def _call(self, name: str, settings: RoiSettings) -> tuple[np.ndarray, bool]:
        """Return what a registered function makes of the image, remembered for as long as it is the same function."""

        def compute() -> tuple[np.ndarray, bool]:
            return apply_to_plane(name, self._pyramid.full(), self.shape, settings.patch_size)

        result: tuple[np.ndarray, bool] = self._others.get(map_key(name, settings), compute)
        return result

    def _named_patches(self, settings: RoiSettings) -> np.ndarray | None:
        """Return the patches that a criterion names by itself; None if there are scores to compare with a threshold."""
        if len(settings.criteria) != 1 or settings.criteria[0] in BUILT_IN or not settings.use_roi:
            return None
        window_grid(self.shape, settings)
        values, is_map = self._call(settings.criteria[0], settings)
        return None if is_map else np.unique(inside(values, self.shape, settings.patch_size), axis=0)

    def _chosen(self, settings: RoiSettings) -> np.ndarray:
        """Return which of the candidates are selected; (M,) bool."""
        candidates, scores = self.candidates(settings), self.scores(settings)
        if not settings.use_roi or self._named_patches(settings) is not None:
            chosen = np.ones(len(scores), bool)
        elif settings.select_background:
            chosen = scores < settings.roi_threshold
        else:
            chosen = scores > settings.roi_threshold
        if settings.removed:
            chosen &= ~contains(np.array(settings.removed), candidates)
        return chosen


class CommonScale:
    """What the planes of a stack share, so that one threshold means the same in all of them.

    Parameters
    ----------
    planes : sequence of (y, x) ndarray
        Some planes of the stack, reduced or not.
    shape : tuple of int
        Of a plane.
    """

    def __init__(self, planes: Sequence[np.ndarray], shape: tuple[int, int]) -> None:
        self.limits = min(float(plane.min()) for plane in planes), max(float(plane.max()) for plane in planes)
        self._members = [RoiScorer(plane, shape=shape, common=self) for plane in planes]
        self._alone = [RoiScorer(plane, shape=shape) for plane in planes if plane.min() < plane.max()]
        self._equalizers: Memory[Equalizer] = Memory(8)

    def equalizer(self, name: str, settings: RoiSettings) -> Equalizer:
        """Return the map from intensity to 0..1 of a built-in criterion."""
        flat = settings.equalize == "global"
        return self._equalizers.get(
            map_key(name, settings),
            lambda: Equalizer([member.raw_map(name, settings) for member in self._members], flat=flat),
        )

    def background(self) -> Literal["dark", "bright"]:
        """Return what empty regions look like in most planes."""
        verdicts = [scorer.background(RoiSettings(background="auto")) for scorer in self._alone]
        return "bright" if verdicts.count("bright") > len(verdicts) / 2 else "dark"
