"""Which previews are worth showing."""

from __future__ import annotations

import pytest

from napari_autostructn2v.progress import Progress
from napari_autostructn2v.widgets.work import is_better_than_last


@pytest.mark.parametrize(
    ("phase", "step", "last", "is_better"),
    [
        ("measuring", 0, "", True),
        ("stage 1", 0, "measuring", True),  # of a network that has seen images
        ("stage 1", 5, "measuring", False),  # of one that has learned little yet
        ("stage 1", 30, "measuring", True),
        ("stage 1", 5, "stage 1", True),
        ("stage 2", 5, "stage 1", False),
    ],
)
def test_a_preview_gives_way_to_a_better_one_only(phase, step, last, is_better):
    assert is_better_than_last(Progress(phase, step, 100), last) is is_better
