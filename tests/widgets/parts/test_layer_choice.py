from __future__ import annotations

import numpy as np
from napari.utils._proxies import PublicOnlyProxy

from napari_autostructn2v.widgets.parts import LayerChoice


def test_choice_follows_the_viewer(make_napari_viewer):
    viewer = make_napari_viewer()
    choice = LayerChoice(PublicOnlyProxy(viewer))  # what napari hands to a plugin
    chosen = []
    choice.layer_changed.connect(chosen.append)
    assert choice.layer is None and not choice.isEnabled()

    first = viewer.add_image(np.zeros((9, 9)), name="first")
    assert choice.layer is first and choice.isEnabled()
    viewer.add_labels(np.zeros((9, 9), int))
    viewer.add_points()
    second = viewer.add_image(np.zeros((9, 9)), name="second")
    assert choice.layer is first, "a new image, such as a result, leaves the choice alone"
    assert choice.count() == 2, "only images are offered"

    first.name = "renamed"
    assert choice.layer is first and choice.currentText() == "renamed"
    viewer.layers.move(0, 3)
    assert choice.layer is first

    choice.layer = second
    viewer.layers.remove(second)
    assert choice.layer is first
    viewer.layers.clear()
    assert choice.layer is None
    assert chosen == [first, second, first, None]
    choice.deleteLater()


def test_choice_starts_with_the_active_image(make_napari_viewer):
    viewer = make_napari_viewer()
    first = viewer.add_image(np.zeros((9, 9)))
    viewer.add_image(np.zeros((9, 9)))
    viewer.layers.selection.active = first
    choice = LayerChoice(viewer)
    assert choice.layer is first
    choice.deleteLater()
