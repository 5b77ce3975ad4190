"""The menu entry and the dock as napari opens them."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn

from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.denoise.commands import denoise_active_layer

PLUGIN = "napari-autostructn2v"


@pytest.fixture
def viewer(make_napari_viewer, monkeypatch):
    """A viewer that knows the installed plugin, which napari's test fixture hides."""
    from npe2 import PluginManager, PluginManifest

    manager = PluginManager.instance()
    if PLUGIN not in manager:
        manager.register(PluginManifest.from_distribution(PLUGIN))
    StandIn().install(monkeypatch)
    return make_napari_viewer()


def test_the_menu_entry_opens_the_dock_and_denoises_the_active_image(viewer, qtbot) -> None:
    rng = np.random.default_rng(0)
    viewer.add_image(rng.random((32, 32)), name="first")
    second = viewer.add_image(rng.random((32, 32)), name="second")
    viewer.layers.selection.active = second
    denoise_active_layer(viewer)
    (dock,) = viewer.window.dock_widgets.values()
    assert isinstance(dock, DenoiseDock)
    qtbot.waitUntil(lambda: "second denoised" in viewer.layers and not dock.control.runner.is_running, timeout=10_000)
    assert "first denoised" not in viewer.layers
    viewer.layers.selection = {viewer.layers["first"]}
    denoise_active_layer(viewer)
    qtbot.waitUntil(lambda: "first denoised" in viewer.layers and not dock.control.runner.is_running, timeout=10_000)
    assert len(viewer.window.dock_widgets) == 1


def test_the_manifest_offers_the_command_in_the_menu(viewer) -> None:
    from npe2 import PluginManager

    contributions = PluginManager.instance().get_manifest(PLUGIN).contributions
    command = next(c for c in contributions.commands if c.python_name.endswith("denoise:denoise_active_layer"))
    assert command.id in [item.command for item in contributions.menus["napari/layers/filter"]]
