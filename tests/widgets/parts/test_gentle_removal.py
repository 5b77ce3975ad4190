"""Removed layers leave the graphics driver one shader program a frame."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from vispy.gloo import glir

from napari_autostructn2v.widgets.image import viewer_state

_SQUARE = [np.array([[5, 5], [5, 30], [30, 30], [30, 5]])]


@pytest.fixture
def frames(make_napari_viewer, monkeypatch, qtbot):
    """A viewer with an image, and a function that draws a frame and returns how many programs were deleted in it."""
    viewer = make_napari_viewer(show=True)
    viewer_state(viewer)
    viewer.add_image(np.random.default_rng(0).normal(size=(64, 64)), name="cells")
    canvas = viewer.window._qt_viewer.canvas
    deleted = []
    delete = glir.GlirProgram.delete
    monkeypatch.setattr(glir.GlirProgram, "delete", lambda self: (deleted.append(self), delete(self)))

    def draw() -> int:
        before = len(deleted)
        canvas._scene_canvas.native.grabFramebuffer()  # draws, whether the window is on the screen yet or not
        return len(deleted) - before

    draw()
    return viewer, draw


def test_no_two_programs_go_between_two_frames(frames) -> None:
    viewer, draw = frames
    shapes = viewer.add_shapes(_SQUARE, name="patches")
    second = viewer.add_image(np.ones((64, 64)), name="second")
    draw(), draw()
    viewer.layers.remove(shapes)
    viewer.layers.remove(second)
    del shapes, second
    gc.collect()
    gone = [draw() for _ in range(10)]
    assert max(gone) == 1, "more at once end napari on some drivers"
    assert sum(gone) == 5, "four of the Shapes layer and one of the image"
    assert not len(viewer_state(viewer).gentle_removal)


def test_another_napari_is_left_alone(make_napari_viewer, monkeypatch) -> None:
    viewer = make_napari_viewer()
    monkeypatch.setattr(type(viewer.window._qt_viewer.canvas), "layer_to_visual", {}, raising=False)
    state = viewer_state(viewer)
    state.gentle_removal._canvas = object()
    viewer.layers.remove(viewer.add_points([[1, 1]]))
    assert not len(state.gentle_removal)
