"""What is said of other planes, and for how long they are trained on."""

from types import SimpleNamespace

import pytest

from napari_autostructn2v import Settings
from napari_autostructn2v.network import NEAR_AND_FAR, NO_CONTEXT
from napari_autostructn2v.pipeline import times_for_stack
from napari_autostructn2v.pipeline.race import Entry, about_stack


@pytest.mark.parametrize(("planes", "said"), [(6, "up to 5 planes on either side"), (40, "up to 12 planes on either")])
def test_no_more_planes_are_said_to_have_helped_than_there_are(planes, said):
    stage = Settings().stage1
    alone, with_others = Entry(None, NO_CONTEXT, None, stage, 2.0), Entry(None, NEAR_AND_FAR, None, stage, 1.0)
    measurement = SimpleNamespace(length=planes, leave_out=0, drift=None)
    assert said in about_stack(with_others, (alone, with_others), measurement, Settings())


def test_a_large_stack_is_trained_for_longer_than_a_small_one_and_a_plane_for_as_long_as_ever():
    settings = Settings(context="near")
    times = [times_for_stack(settings, shape) for shape in ((1, 2048, 2048), (20, 128, 128), (20, 256, 256))]
    assert times == [1, 2, 3]
