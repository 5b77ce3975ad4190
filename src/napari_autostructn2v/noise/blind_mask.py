"""The blind mask: which neighbours stage 2 must not see."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..disk import atomic_path, read_bytes
from ..errors import InputError
from ..settings import checked

__all__ = ["BlindMask"]

#: A mask of a thousand pixels a side, in 64-bit numbers.
_MOST_BYTES = 8_100_000


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
    spares_structure : bool
        Whether what neighbours share was taken for structure, so that it is no noise that should go.
    """

    pattern: np.ndarray
    reason: str = ""
    predicted_gain_db: float = 0.0
    spares_structure: bool = False

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
        """Write the pattern to a ``.npy`` file; the file is whole or absent."""
        content = io.BytesIO()
        np.save(content, self.pattern.astype(np.uint8), allow_pickle=False)
        with atomic_path(path) as part:
            part.write_bytes(content.getvalue())

    @classmethod
    def load(cls, path: str | Path) -> BlindMask:
        """Read a pattern from a ``.npy`` file of zeros and ones.

        Raises
        ------
        InputError
            If the file is missing, no regular file, or holds no mask.
        """
        content = read_bytes(path, _MOST_BYTES, "a blind mask")
        try:
            pattern = _array(content)
        except Exception as error:  # numpy reads a header as Python does, and stumbles as it does
            raise InputError(f"The mask file {path} could not be read; it must be a .npy file of 0 and 1.") from error
        if pattern.dtype.kind not in "biuf":
            raise InputError(f"The mask file {path} must hold one array of 0 and 1.")
        return cls(pattern, reason=f"Read from {Path(path).name}.")

    @classmethod
    def from_rows(cls, rows: Sequence[str]) -> BlindMask:
        """Make a mask from strings of 0 and 1, one a row."""
        checked(rows, tuple[str, ...], "rows")
        if not rows or len({len(row) for row in rows}) > 1 or set("".join(rows)) - {"0", "1"}:
            raise InputError("The rows of a blind mask must be equally long texts of 0 and 1.")
        return cls(np.array([[int(value) for value in row] for row in rows]), reason="The mask was drawn by hand.")

    def to_rows(self) -> tuple[str, ...]:
        """Return the pattern as strings of 0 and 1, one a row."""
        return tuple("".join("1" if blind else "0" for blind in row) for row in self.pattern)


def _array(content: bytes) -> np.ndarray:
    """Return the array of a ``.npy`` file, once its header and its size agree.

    numpy itself asks for as much memory as the header claims, before it looks whether there is anything.
    """
    file = io.BytesIO(content)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in read_header:
        raise ValueError(f"version {version}")
    shape, by_columns, dtype = read_header[version](file)
    pixels = content[file.tell() :]
    if dtype.hasobject or len(pixels) != math.prod(shape) * dtype.itemsize:
        raise ValueError("the header and the size do not agree")
    return np.frombuffer(pixels, dtype).reshape(shape, order="F" if by_columns else "C")
