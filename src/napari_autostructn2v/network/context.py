"""The planes beside a plane: which of them a network is shown, and how they are gathered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch

__all__ = ["NEAR", "NEAR_AND_FAR", "NO_CONTEXT", "Beside", "Context", "DriftingStacks", "StackSums", "neighbours"]

Indices = TypeVar("Indices", np.ndarray, torch.Tensor)


@dataclass(frozen=True)
class Context:
    """What a network is shown of the planes before and after the one that it denoises.

    Parameters
    ----------
    distances : tuple of (int, int)
        Nearest and farthest plane of each window. On either side, the mean of the planes of a window is one channel: a
        mean of far planes holds what stays, at the cost of one plane.
    leave_out : int
        Planes on either side that share noise with the centre; every window begins so much farther away.
    follows_drift : bool
        Planes are moved onto the centre first, by what :func:`~..images.find_drift` finds.
    """

    distances: tuple[tuple[int, int], ...] = ()
    leave_out: int = 0
    follows_drift: bool = False

    @property
    def channels(self) -> int:
        """Channels beside the centre plane."""
        return 2 * len(self.distances)

    @property
    def reach(self) -> int:
        """Planes on either side beyond which nothing is looked at."""
        return max((far for _, far in self.distances), default=0) + self.leave_out * bool(self.distances)

    def spans(self, length: int) -> np.ndarray:
        """Return first and last plane of every window for every plane of a stack.

        Parameters
        ----------
        length : int
            Planes of the stack.

        Returns
        -------
        (length, channels, 2) int64
            Both inclusive; all windows before the plane, then all after it. At an end of the stack a window is cut.
            Where nothing is left of it the window of the other side stands in, and where that is empty as well the
            farthest plane there is, so that the centre itself is never in it.
        """
        centre = np.arange(length)[:, None]
        near, far = np.array(self.distances, int).reshape(-1, 2).T + self.leave_out
        before = np.stack([np.maximum(centre - far, 0), centre - near], -1)
        after = np.stack([centre + near, np.minimum(centre + far, length - 1)], -1)
        farthest = np.where(centre < length / 2, length - 1, 0)[..., None]
        no_before, no_after = (before[..., 1:] < 0), (after[..., :1] >= length)
        alone = np.broadcast_to(farthest, before.shape)
        spans = [
            np.where(no_before, np.where(no_after, alone, after), before),
            np.where(no_after, np.where(no_before, alone, before), after),
        ]
        return np.concatenate(spans, 1)


#: Every plane alone.
NO_CONTEXT = Context()

#: The plane before and the one after.
NEAR = Context(((1, 1),))

#: Those, and means of planes farther away.
NEAR_AND_FAR = Context(((1, 1), (2, 4), (5, 12)))


def neighbours(
    planes: np.ndarray, index: int, context: Context, length: int, drift: np.ndarray | None = None
) -> np.ndarray:
    """Gather what a network is shown beside one plane.

    Parameters
    ----------
    planes : (N, Y, X) float32
    index : int
        Of the plane.
    context : Context
    length : int
        Planes of one stack; `planes` holds one stack after the other.
    drift : (N, 2) float or None
        Of the planes, in pixels; see :func:`~..images.find_drift`. Beyond its edges a plane is mirrored.

    Returns
    -------
    (C, Y, X) float32
    """
    result = np.empty((context.channels, *planes.shape[1:]), np.float32)
    if not context.channels:
        return result
    start = index // length * length
    for channel, (first, last) in enumerate(context.spans(length)[index % length] + start):
        if drift is None:
            planes[first : last + 1].mean(0, out=result[channel])
            continue
        moved = (_moved(planes[at], drift[at] - drift[index]) for at in range(first, last + 1))
        result[channel] = sum(moved) / np.float32(last - first + 1)
    return result


def _moved(plane: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return what a plane holds so many pixels farther down and right, by linear interpolation."""
    for axis in (0, 1):
        whole = int(np.floor(by[axis]))
        part, index = np.float32(by[axis] - whole), np.arange(plane.shape[axis]) + whole
        moved = plane.take(_mirrored(index, len(index)), axis)
        if part:
            moved += part * (plane.take(_mirrored(index + 1, len(index)), axis) - moved)
        plane = moved
    return plane


def _mirrored(index: Indices, length: int) -> Indices:
    """Fold indices back into 0 to length - 1, as between two mirrors."""
    last = max(1, length - 1)
    return last - abs(index % (2 * last) - last)


class Beside(Protocol):
    """Gives crops their neighbours."""

    def crops(self, plane: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        """Return the (B, C, S, S) neighbours of crops."""
        ...


class StackSums:
    """Means over runs of planes, at the cost of two planes however long the run is.

    Parameters
    ----------
    planes : (N, Y, X) float32 tensor
    context : Context
    length : int
        Planes of one stack.
    """

    def __init__(self, planes: torch.Tensor, context: Context, length: int) -> None:
        self._length = length
        stacks = planes.reshape(-1, length, *planes.shape[1:])
        sums = torch.zeros(len(stacks), length + 1, *planes.shape[1:], device=planes.device)
        torch.cumsum(stacks, 1, out=sums[:, 1:])
        self._sums = sums.flatten(0, 1)
        self._spans = torch.as_tensor(context.spans(length), device=planes.device)

    def crops(self, plane: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        """Return the (B, C, S, S) neighbours of crops.

        Parameters
        ----------
        plane : (B,) int64 tensor
        rows, columns : (B, S) int64 tensor
        """
        stack = torch.div(plane, self._length, rounding_mode="floor")
        spans = self._spans[plane % self._length]
        first, last = (spans + (stack * (self._length + 1))[:, None, None]).unbind(-1)
        place = rows[:, None, :, None], columns[:, None, None, :]
        total = self._sums[(last + 1)[:, :, None, None], *place] - self._sums[first[:, :, None, None], *place]
        return total / (last - first + 1)[:, :, None, None]


class DriftingStacks:
    """Means over runs of planes that are moved onto each other, at the cost of as many planes as a run has.

    Parameters
    ----------
    planes : (N, Y, X) float32 tensor
    context : Context
    length : int
        Planes of one stack.
    drift : (N, 2) float
        Of the planes, in pixels.
    """

    def __init__(self, planes: torch.Tensor, context: Context, length: int, drift: np.ndarray) -> None:
        self._planes, self._context, self._length = planes, context, length
        self._drift = torch.as_tensor(drift, dtype=torch.float32, device=planes.device)
        self._spans = context.spans(length)

    def crops(self, plane: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        """Return the (B, C, S, S) neighbours of crops; see :meth:`StackSums.crops`."""
        flipped = [axis for axis, index in ((2, rows), (3, columns)) if index[0, 0] > index[0, -1]]
        corners = torch.stack([plane, rows.amin(1), columns.amin(1)], 1).tolist()
        shape = len(plane), self._context.channels, rows.shape[1], columns.shape[1]
        result = torch.empty(shape, device=self._planes.device)
        for crop, (index, top, left) in enumerate(corners):
            start = index // self._length * self._length
            for channel, (first, last) in enumerate(self._spans[index % self._length] + start):
                by = self._drift[first : last + 1] - self._drift[index]
                moved = self._moved(self._planes[first : last + 1], by, top, left, shape[2:])
                result[crop, channel] = moved.mean(0)
        return result.flip(flipped)

    @staticmethod
    def _moved(planes: torch.Tensor, by: torch.Tensor, top: int, left: int, shape: tuple[int, ...]) -> torch.Tensor:
        """Return a crop of all planes, each so many pixels farther down and right, by linear interpolation."""
        whole = by.floor()
        part, whole = (by - whole)[:, :, None, None], whole.long()
        # One row and column more, to interpolate towards.
        down, right = (
            _mirrored(torch.arange(first, first + side + 1, device=by.device) + whole[:, axis, None], length)
            for axis, (first, side, length) in enumerate(zip((top, left), shape, planes.shape[1:], strict=True))
        )
        at = torch.arange(len(planes), device=by.device)
        crop = planes[at[:, None, None], down[:, :, None], right[:, None, :]]
        crop = torch.lerp(crop[:, :-1], crop[:, 1:], part[:, 0])
        return torch.lerp(crop[:, :, :-1], crop[:, :, 1:], part[:, 1])
