"""What the ROI tuning dock says about the patches by itself: whether they are background, and which end is empty."""

from __future__ import annotations

import numpy as np
import pytest

from napari_autostructn2v.widgets.image import viewer_state


def cells(*, bright: bool = False, everywhere: bool = False) -> np.ndarray:
    """Textured structure in the right third, or all over, on an empty background with noise."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:256, :256]
    there = np.where((columns >= 170) | everywhere, 1.0, 0.0)
    structure = there * (1.5 + np.sin(rows / 5) * np.sin(columns / 5))
    image = 100 + 60 * structure
    return ((400 - image if bright else image) + rng.normal(0, 8, image.shape)).astype(np.float32)


@pytest.fixture
def open_dock(make_napari_viewer, qtbot):
    def open_it(image: np.ndarray):
        viewer = make_napari_viewer(show=True)
        viewer.add_image(image, name="cells")
        dock = viewer.window.add_plugin_dock_widget("napari-autostructn2v", "ROI tuning")[1]
        qtbot.waitUntil(
            lambda: dock.selections[0] is not None and not dock.background._warn_timer.isActive(), timeout=30_000
        )
        return viewer, dock

    return open_it


def test_a_light_says_whether_the_patches_are_background(open_dock, qtbot):
    _, dock = open_dock(cells())
    section = dock.background.section
    purity = section.purity
    assert purity.light.accessibleName() == "green light" and "Purely background" in purity.words.text()
    section.threshold.setValue(1.0)
    qtbot.waitUntil(lambda: purity.light.accessibleName() != "green light")
    assert "show structure" in purity.words.text()
    section.auto_button.click()
    qtbot.waitUntil(lambda: purity.light.accessibleName() == "green light")
    section.use_roi.setChecked(False)
    qtbot.waitUntil(lambda: not purity.isVisibleTo(dock))
    assert not dock.structure.section.purity.isVisibleTo(dock), "structure is meant to show structure"


def test_a_bright_background_is_found_and_one_button_takes_it(open_dock, qtbot):
    viewer, dock = open_dock(cells(bright=True))
    message = dock.background.section.message
    assert message.text == "The empty parts of this image look bright, not dark."
    assert message.action_button.text() == "Background is bright"
    message.action_button.click()
    assert [roi.background for roi in dock.settings_pair] == ["bright", "bright"]
    qtbot.waitUntil(lambda: not message.text)
    corners = dock.selections[0].coords
    assert np.mean(corners[:, 1] + 32 <= 170) > 0.9
    viewer_state(viewer).image.undo()
    qtbot.waitUntil(lambda: "bright, not dark" in message.text)


def test_nothing_is_suggested_for_a_dark_background(open_dock):
    _, dock = open_dock(cells())
    assert not dock.background.section.message.text
