"""The last few results, for a preview that comes back to where it was."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np

__all__ = ["Memory", "read_only"]

_T = TypeVar("_T")


class Memory(Generic[_T]):
    """The last few results by key: a dictionary that forgets what was not asked for longest."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[Hashable, _T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the result for a key, made if it is not there."""
        # Each step by itself is safe among threads; at worst two of them make the same result.
        try:
            value = self._items.pop(key)
        except KeyError:
            value = make()
        self._items[key] = value
        if len(self._items) > self._size:
            self._items.popitem(last=False)
        return value


def read_only(array: np.ndarray) -> np.ndarray:
    """Protect a remembered array, which all who ask for it share."""
    array.flags.writeable = False
    return array
