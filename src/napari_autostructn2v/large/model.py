"""A trained model as it travels to other processes."""

from __future__ import annotations

import hashlib
import pickle
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from ..stop import StopToken

__all__ = ["Model", "PackedModel", "packed"]

_LOCK = threading.Lock()


class Model(Protocol):
    """What denoises a part of an image; see :class:`~napari_autostructn2v.Denoiser`."""

    @property
    def offset(self) -> float:
        """Grey value in the middle of what the model was trained on."""
        ...

    @property
    def margin(self) -> int:
        """Pixels from where a piece is cut off up to which its result is not that of the whole plane."""
        ...

    @property
    def reach(self) -> int:
        """Planes on either side beyond which nothing changes the result of a plane."""
        ...

    def check_length(self, shape: tuple[int, ...], stage: str | None = None) -> int:
        """Return how many planes of an image stand one beside the other, or say that they are too few."""
        ...

    @property
    def flattened(self) -> tuple[str, ...]:
        """Of "rows" and "columns": the lines whose offsets are taken out of every plane first."""
        ...

    def line_offsets(self, strips: np.ndarray) -> np.ndarray:
        """Estimate the offset of every row from (Y, K) strips right across a plane."""
        ...

    def packed(self) -> PackedModel:
        """Return the model as it travels to another process."""
        ...

    def predict_part(
        self,
        part: np.ndarray,
        *,
        stage: str | None = None,
        device: str = "auto",
        stop: StopToken | None = None,
        dtype: Any = None,
        tile: int | None = None,
        lines_are_flat: bool = False,
        chosen: slice = slice(None),
    ) -> np.ndarray:
        """Denoise a (..., Y, X) part of an image."""
        ...


@dataclass(frozen=True)
class PackedModel:
    """A model as it travels: opened once in each process, however many blocks are denoised there.

    Parameters
    ----------
    token : str
        Digest of the content.
    content : bytes
    """

    token: str
    content: bytes

    def open(self) -> Model:
        """Return the model."""
        with _LOCK:
            return _opened(self)

    def __hash__(self) -> int:
        return hash(self.token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PackedModel) and other.token == self.token

    def __dask_tokenize__(self) -> str:
        return self.token


def packed(model: Model) -> PackedModel:
    """Return a model, which lies in the memory of this machine, in a form that can be sent to another process."""
    content = pickle.dumps(model)
    return PackedModel(hashlib.sha256(content).hexdigest(), content)


@lru_cache(maxsize=16)
def _opened(packed_model: PackedModel) -> Model:
    # Only what `packed` has made comes here, over the scheduler that the user trusts to run code.
    model: Model = pickle.loads(packed_model.content)
    return model
