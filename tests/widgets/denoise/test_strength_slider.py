"""The slider of the strength changes the layer of the result, and says so in its metadata."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.widgets.denoise import DenoiseDock


@pytest.fixture
def dock(make_napari_viewer, monkeypatch, qtbot):
    """A dock that has just denoised a stack called "cells"."""
    StandIn().install(monkeypatch)
    viewer = make_napari_viewer()
    viewer.add_image(
        np.random.default_rng(0).normal(100, 10, (3, 48, 64)).astype(np.uint8), name="cells", axis_labels="tyx"
    )
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    dock.denoise()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=60_000)
    yield dock
    qtbot.waitUntil(lambda: not dock.result_view.strength.worker.is_busy, timeout=60_000)


def settle(dock, qtbot) -> None:
    qtbot.waitUntil(lambda: not dock.result_view.strength.worker.is_busy, timeout=60_000)


def test_the_layer_holds_the_blend_and_says_so(dock, qtbot) -> None:
    layers, strength = dock._viewer.layers, dock.result_view.strength
    result, before = layers["cells denoised"], layers["cells"].data.astype(float)
    whole = result.data
    dock.result_view.difference_button.setChecked(True)
    assert strength.slider.accessibleName()
    strength.slider.setFocus()
    for _ in range(4):
        qtbot.keyClick(strength.slider, Qt.Key.Key_PageDown)
    settle(dock, qtbot)
    assert strength.percent.text() == "60 %"
    assert "60 % of the result and 40 % of the original" in strength.note.text()
    assert result.data.dtype == np.uint8
    np.testing.assert_allclose(result.data, 0.6 * whole + 0.4 * before, atol=0.51)
    assert result.metadata["autostructn2v"]["strength"] == 0.6
    assert result.metadata["autostructn2v"]["role"] == "denoised", "what was there stays"
    np.testing.assert_allclose(layers["cells removed"].data, before - result.data, err_msg="the difference follows")
    strength.slider.setValue(100)
    settle(dock, qtbot)
    assert result.data is whole, "the result comes back as it was"
    assert strength.note.isHidden()


def test_the_last_position_counts_however_fast_it_is_moved(dock, qtbot) -> None:
    strength = dock.result_view.strength
    for value in range(99, 9, -1):
        strength.slider.setValue(value)
    settle(dock, qtbot)
    assert dock._viewer.layers["cells denoised"].metadata["autostructn2v"]["strength"] == 0.1


def test_each_image_has_its_own(dock, qtbot) -> None:
    viewer, strength = dock._viewer, dock.result_view.strength
    strength.slider.setValue(30)
    settle(dock, qtbot)
    viewer.add_image(np.random.default_rng(1).normal(50, 5, (48, 64)).astype(np.float32), name="other")
    dock.denoise()
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=60_000)
    assert strength.slider.value() == 100
    viewer.layers.selection.active = viewer.layers["cells"]
    assert strength.slider.value() == 30
    del viewer.layers["cells denoised"]
    assert not strength.slider.isEnabled()
    assert "removed from the viewer" in strength.slider.toolTip()
