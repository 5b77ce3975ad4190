"""The blind mask: which neighbours stage 2 must not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError

__all__ = ["BlindMask"]


@dataclass(frozen=True, eq=False)
class BlindMask:
    """The neighbours that stage 2 must not see because their noise tells of the centre's noise.

    Parameters
    ----------
    pattern : (H, W) bool
        Odd sides, centre True.
    reason : str
        One sentence for the user.
    predicted_gain_db : float
        What the best linear predictor gains by this mask over a single blind pixel.
    """

    pattern: np.ndarray
    reason: str = ""
    predicted_gain_db: float = 0.0

    def __post_init__(self) -> None:
        pattern = np.asarray(self.pattern)
        if pattern.ndim != 2 or not all(side % 2 for side in pattern.shape):
            shape = " x ".join(map(str, pattern.shape)) or "a single number"
            raise InputError(f"A blind mask needs two dimensions with odd sides; this one is {shape}.")
        if not np.isin(pattern, (0, 1)).all():
            raise InputError("A blind mask holds only 0 (seen) and 1 (blind).")
        pattern = pattern.astype(bool)
        pattern[pattern.shape[0] // 2, pattern.shape[1] // 2] = True
        pattern.flags.writeable = False
        object.__setattr__(self, "pattern", pattern)

    @property
    def is_structured(self) -> bool:
        """Whether more than the centre is blind."""
        return bool(self.pattern.sum() > 1)

    @property
    def offsets(self) -> np.ndarray:
        """(P, 2) int, row and column offset of each blind pixel from the centre."""
        return np.argwhere(self.pattern) - np.array(self.pattern.shape) // 2

    def save(self, path: str | Path) -> None:
        """Write the pattern to a ``.npy`` file."""
        try:
            with open(path, "wb") as file:
                np.save(file, self.pattern.astype(np.uint8), allow_pickle=False)
        except OSError as error:
            raise InputError(f"The mask could not be written to {path}: {error.strerror}.") from error

    @classmethod
    def load(cls, path: str | Path) -> BlindMask:
        """Read a pattern from a ``.npy`` file of zeros and ones."""
        try:
            pattern = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"The mask file {path} could not be read; it must be a .npy file of 0 and 1.") from error
        if not isinstance(pattern, np.ndarray) or pattern.dtype.kind not in "biuf":
            raise InputError(f"The mask file {path} must hold one array of 0 and 1.")
        return cls(pattern, reason=f"Read from {Path(path).name}.")

    @classmethod
    def from_rows(cls, rows: Sequence[str]) -> BlindMask:
        """Make a mask from strings of 0 and 1, one a row."""
        if not rows or len({len(row) for row in rows}) > 1 or set("".join(rows)) - {"0", "1"}:
            raise InputError("The rows of a blind mask must be equally long texts of 0 and 1.")
        return cls(np.array([[int(value) for value in row] for row in rows]), reason="The mask was drawn by hand.")

    def to_rows(self) -> tuple[str, ...]:
        """Return the pattern as strings of 0 and 1, one a row."""
        return tuple("".join("1" if blind else "0" for blind in row) for row in self.pattern)
