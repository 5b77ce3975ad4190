"""Both ways of writing rectangles leave the layer as napari itself would have it, and napari can go on from there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.layers import Shapes

from napari_autostructn2v.widgets.canvas.rectangles import RectangleWriter, corners_of, fits_napari

GRID = [(row, column) for row in range(0, 48, 8) for column in range(0, 48, 8)]
SELECTIONS = st.lists(st.lists(st.sampled_from(GRID), unique=True, max_size=len(GRID)), min_size=1, max_size=4)


def writer_on_layer(fast: bool) -> tuple[RectangleWriter, Shapes]:
    layer = Shapes(ndim=2)
    layer.current_edge_width = 1.5
    layer.current_edge_color = "orange"
    layer.current_face_color = "transparent"
    return RectangleWriter(layer, fast=fast), layer


def shown(layer: Shapes) -> list[tuple[int, int]]:
    low, high = corners_of(layer)
    assert np.all(high - low == 16)
    return sorted((int(row), int(column)) for row, column in low)


def test_the_fast_way_is_known_to_this_napari():
    assert fits_napari()


@pytest.mark.parametrize("fast", [True, False])
@settings(max_examples=20, deadline=None)
@given(selections=SELECTIONS)
def test_layer_shows_exactly_the_patches(fast, selections):
    writer, layer = writer_on_layer(fast)
    for selection in selections:
        writer.write(np.array(selection, int).reshape(-1, 2), 16)
        assert shown(layer) == sorted(selection)
        assert set(layer.shape_type) <= {"rectangle"}
        assert np.allclose(layer.edge_color, [1, 165 / 255, 0, 1]), "new shapes have the colour as well"
        assert np.allclose(layer.edge_width, 1.5), "new shapes have the width as well"
        assert len(layer.features) == layer.nshapes


def test_napari_goes_on_where_the_fast_way_stopped():
    writer, layer = writer_on_layer(fast=True)
    writer.write(np.array(GRID[:6]), 16)
    layer.remove([1, 4])
    layer.add_rectangles(np.array([(100, 100), (116, 116)]) - 0.5)
    layer._data_view.shift(0, (3, 5))  # what dragging does
    assert shown(layer) == sorted([(3, 5), (0, 16), (0, 24), (0, 40), (100, 100)])
    layer.selected_data = {0, 1}
    layer.remove_selected()
    writer.forget()
    writer.write(np.array(GRID[:3]), 16)
    assert shown(layer) == GRID[:3]


def test_extent_and_hit_test_follow():
    writer, layer = writer_on_layer(fast=True)
    writer.write(np.array([(8, 8)]), 16)
    writer.write(np.array([(8, 8), (32, 40)]), 16)
    assert layer.extent.data.tolist() == [[7.5, 7.5], [47.5, 55.5]]
    assert layer.get_value((40, 45))[0] == 1
    assert layer.get_value((30, 30))[0] is None
    writer.write(np.empty((0, 2), int), 16)
    assert layer.nshapes == 0 and layer.get_value((40, 45))[0] is None


def test_others_are_told():
    writer, layer = writer_on_layer(fast=True)
    told = []
    layer.events.data.connect(lambda event: told.append(len(event.value)))
    writer.write(np.array(GRID[:5]), 16)
    writer.tell()
    assert told == [5]
