"""What is remembered stays within its bound."""

from __future__ import annotations

import numpy as np

from napari_autostructn2v.large import Remembered


def test_the_one_used_longest_ago_is_forgotten_first() -> None:
    kept = Remembered(3 * 80)
    for name in range(3):
        kept.put(name, np.full(10, name, float))
    assert kept.get(0) is not None
    kept.put(3, np.zeros(10))
    assert [name for name in range(4) if kept.get(name) is not None] == [0, 2, 3]
    assert kept.nbytes == 240


def test_what_is_put_again_counts_once_and_what_is_too_large_not_at_all() -> None:
    kept = Remembered(100)
    kept.put("a", np.zeros(10))
    kept.put("a", np.zeros(5))
    assert kept.nbytes == 40
    kept.put("b", np.zeros(100))
    assert kept.get("b") is None and kept.get("a") is not None
