"""The patches that were selected in one plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["PatchSelection", "contains", "inside"]


@dataclass(frozen=True, eq=False)
class PatchSelection:
    """The selected patches of one plane.

    Parameters
    ----------
    coords : (N, 2) ndarray, int
        Row and column of the upper left corner of each selected patch, in pixels of the original image: those of the
        grid row by row, then those added by hand.
    patch_size : int
        Side of a patch in pixels of the original image.
    scores : (M,) ndarray, float32
        Mean of the smoothed and equalised image in each candidate, 0 to 1; this is what the threshold is compared with.
    candidates : (M, 2) ndarray, int
        Corners of all windows of the grid, row by row.
    """

    coords: np.ndarray
    patch_size: int
    scores: np.ndarray
    candidates: np.ndarray

    def __len__(self) -> int:
        """Return the number of selected patches."""
        return len(self.coords)

    def mask(self, shape: tuple[int, int]) -> np.ndarray:
        """Return which pixels of an image lie in a selected patch.

        Parameters
        ----------
        shape : tuple of int
            Of the original image.

        Returns
        -------
        (Y, X) ndarray, bool
        """
        covered = np.zeros(shape, bool)
        within = np.arange(self.patch_size)
        rows, columns = (starts[:, None] + within for starts in self.coords.T)
        covered[rows[:, :, None], columns[:, None, :]] = True
        return covered

    def share(self, shape: tuple[int, int]) -> float:
        """Return the share of an image, 0 to 1, that lies in a selected patch.

        Parameters
        ----------
        shape : tuple of int
            Of the original image.
        """
        if not len(self.coords):
            return 0.0
        # Counted in the cells that the edges of all patches cut the image into, of which there are far fewer than
        # pixels. A patch adds 1 at two of its corners and takes it back at the others; the double sum is the coverage.
        bounds = [np.unique(np.concatenate([starts, starts + self.patch_size])) for starts in self.coords.T]
        first, last = (
            [np.searchsorted(edges, starts + end) for edges, starts in zip(bounds, self.coords.T, strict=True)]
            for end in (0, self.patch_size)
        )
        corners = np.zeros((len(bounds[0]), len(bounds[1])), np.int32)
        for rows, columns, sign in (
            (first[0], first[1], 1),
            (first[0], last[1], -1),
            (last[0], first[1], -1),
            (last[0], last[1], 1),
        ):
            np.add.at(corners, (rows, columns), sign)
        covered = corners.cumsum(0).cumsum(1)[:-1, :-1] > 0
        return float(np.diff(bounds[0]) @ covered @ np.diff(bounds[1])) / math.prod(shape)


def contains(coords: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which of the other corners are among `coords`; (M,) bool."""
    coords, others = (np.reshape(corners, (-1, 2)).astype(np.int64) for corners in (coords, others))
    return np.isin(others[:, 0] << 32 | others[:, 1], coords[:, 0] << 32 | coords[:, 1])


def inside(coords: np.ndarray, shape: tuple[int, int], side: int) -> np.ndarray:
    """Return corners moved so that their patches lie inside an image."""
    return np.clip(coords, 0, [shape[0] - side, shape[1] - side])
