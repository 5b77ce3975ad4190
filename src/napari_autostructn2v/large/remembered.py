"""Arrays that were worked out once, the ones used last, within a bound of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

import numpy as np

__all__ = ["Remembered"]


class Remembered:
    """Forgets what was asked for longest ago once there are too many bytes; may be used from several threads.

    Parameters
    ----------
    most_bytes : int
        A single array that is larger is not kept at all.

    Examples
    --------
    >>> kept = Remembered(16)
    >>> for name in ("a", "b", "c"):
    ...     kept.put(name, np.zeros(1))
    >>> kept.get("a") is None, kept.get("c"), kept.nbytes
    (True, array([0.]), 16)
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()
        self.nbytes = 0

    def get(self, name: Hashable) -> np.ndarray | None:
        """Return an array, None where it was never put or is forgotten."""
        with self._lock:
            if name in self._arrays:
                self._arrays.move_to_end(name)
            return self._arrays.get(name)

    def put(self, name: Hashable, array: np.ndarray) -> None:
        """Keep an array, in the place of an earlier one of that name."""
        with self._lock:
            earlier = self._arrays.pop(name, None)
            self.nbytes -= 0 if earlier is None else earlier.nbytes
            if array.nbytes > self._most_bytes:
                return
            self._arrays[name] = array
            self.nbytes += array.nbytes
            while self.nbytes > self._most_bytes:
                _, oldest = self._arrays.popitem(last=False)
                self.nbytes -= oldest.nbytes
