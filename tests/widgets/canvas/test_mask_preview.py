"""What an edited mask does is seen at once, in a layer that goes when it is not wanted."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from qtpy.QtCore import Qt

from napari_autostructn2v.noise import linear_preview
from napari_autostructn2v.samples import scan_lines
from napari_autostructn2v.widgets.denoise import DenoiseDock

PREVIEW = "cells mask preview"


@pytest.fixture
def standin(monkeypatch) -> StandIn:
    return StandIn().install(monkeypatch)


@pytest.fixture
def dock(make_napari_viewer, standin, qtbot):
    """A dock with a stack of three planes, of which the last is in view."""
    viewer = make_napari_viewer()
    stack = np.stack([scan_lines((48, 64), seed=seed) for seed in range(3)])
    viewer.add_image(stack, name="cells", scale=(2, 0.5, 0.5), axis_labels="tyx", contrast_limits=(1000, 3000))
    viewer.dims.set_current_step(0, 2)
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    yield dock
    wait(dock, qtbot)


def wait(dock, qtbot) -> None:
    panel = dock.noise_panel
    qtbot.waitUntil(
        lambda: not (panel.preview.is_busy or panel.runner.is_running or dock.control.is_running), timeout=20_000
    )


def toggle(dock, qtbot, row, column) -> None:
    editor = dock.noise_panel.editor
    qtbot.mouseClick(editor, Qt.MouseButton.LeftButton, pos=editor.position_of(row, column).toPoint())


def test_an_edit_shows_the_plane_in_view_under_the_mask(dock, qtbot) -> None:
    layers = dock._viewer.layers
    source = layers["cells"]
    toggle(dock, qtbot, 0, 1)
    toggle(dock, qtbot, 0, 2)
    assert PREVIEW not in layers
    wait(dock, qtbot)
    preview = layers[PREVIEW]
    np.testing.assert_allclose(preview.data[0], linear_preview(source.data[2], np.ones((1, 5))))
    np.testing.assert_array_equal(preview.data_to_world((0, 7, 9)), source.data_to_world((2, 7, 9)))
    assert preview.contrast_limits == source.contrast_limits
    assert layers.selection.active is source
    toggle(dock, qtbot, 1, 0)
    wait(dock, qtbot)
    assert layers[PREVIEW] is preview
    assert len(layers) == 2


def test_automatic_a_run_and_the_box_take_it_away(dock, qtbot) -> None:
    panel, layers = dock.noise_panel, dock._viewer.layers

    def show() -> None:
        toggle(dock, qtbot, 0, 1)
        wait(dock, qtbot)
        assert PREVIEW in layers

    show()
    qtbot.mouseClick(panel.automatic_button, Qt.MouseButton.LeftButton)
    assert PREVIEW not in layers
    show()
    qtbot.mouseClick(dock.run_button, Qt.MouseButton.LeftButton)
    wait(dock, qtbot)
    assert [layer.name for layer in layers if layer.visible] == ["cells", "cells denoised"]
    panel.preview_box.click()
    toggle(dock, qtbot, 0, 3)
    wait(dock, qtbot)
    assert PREVIEW not in layers
    panel.preview_box.click()
    wait(dock, qtbot)
    assert PREVIEW in layers


def test_a_preview_deleted_by_the_user_stays_away(dock, qtbot) -> None:
    layers = dock._viewer.layers
    toggle(dock, qtbot, 0, 1)
    wait(dock, qtbot)
    layers.remove(PREVIEW)
    assert not dock.noise_panel.preview_box.isChecked()
    toggle(dock, qtbot, 0, 2)
    wait(dock, qtbot)
    assert PREVIEW not in layers


def test_closing_the_dock_takes_the_preview_along(dock, qtbot) -> None:
    toggle(dock, qtbot, 0, 1)
    wait(dock, qtbot)
    viewer = dock._viewer
    viewer.window.remove_dock_widget(dock)
    qtbot.waitUntil(lambda: [layer.name for layer in viewer.layers] == ["cells"], timeout=5000)
    dock.deleteLater()


def test_a_mask_that_hides_too_much_is_answered_by_a_sentence(dock, qtbot) -> None:
    small = dock._viewer.add_image(scan_lines((16, 16)), name="small")
    dock.image.layer = small
    dock.noise_panel.use_pattern(np.ones((25, 25), bool))
    wait(dock, qtbot)
    assert "smaller" in dock.message.text
    assert "small mask preview" not in dock._viewer.layers


def test_a_preview_that_is_no_longer_wanted_does_not_come(dock, qtbot) -> None:
    panel = dock.noise_panel
    toggle(dock, qtbot, 0, 1)
    qtbot.waitUntil(lambda: panel.preview.runner.is_running, timeout=10_000)
    qtbot.mouseClick(panel.automatic_button, Qt.MouseButton.LeftButton)
    wait(dock, qtbot)
    assert PREVIEW not in dock._viewer.layers
