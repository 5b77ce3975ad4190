"""A first use without a mouse: menus, Tab, arrows, Space and Ctrl+R, from opening the sample to a second result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QCheckBox, QDockWidget, QMainWindow, QSlider, QTabBar, QToolButton, QWidget

from napari_autostructn2v.widgets.denoise import DenoiseDock

PLUGIN = "napari-autostructn2v"

Key, Held = Qt.Key, Qt.KeyboardModifier


class Keyboard:
    """What a user does who has only keys, and what has the keyboard then."""

    def __init__(self, window: QMainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot

    def press(self, key: Key, held: Held = Held.NoModifier) -> None:
        QTest.keyClick(QApplication.activePopupWidget() or QApplication.focusWidget() or self.window, key, held)
        QTest.qWait(20)

    def menu(self, key: Key, *titles: str) -> None:
        """Open a menu by its letter, and go down to entries that begin like this."""
        self.press(key, Held.AltModifier)
        shown = None
        for depth, title in enumerate(titles):
            self.qtbot.waitUntil(lambda shown=shown: QApplication.activePopupWidget() not in (None, shown))
            popup = shown = QApplication.activePopupWidget()
            for _ in popup.actions() * 2:
                action = popup.activeAction()
                if action is not None and action.text().replace("&", "").startswith(title):
                    break
                self.press(Key.Key_Down)
            else:
                raise LookupError(title)
            self.press(Key.Key_Return if depth + 1 == len(titles) else Key.Key_Right)

    def tab_to(self, dock: QDockWidget, wanted: Callable[[QWidget], bool], *, back: bool = False) -> QWidget:
        """Go on with Tab, which may not leave the dock on the way."""
        for _ in range(50):
            at = QApplication.focusWidget()
            assert at is not None and dock.isAncestorOf(at), f"the keyboard is in {at}"
            if wanted(at):
                return at
            self.press(Key.Key_Backtab if back else Key.Key_Tab, Held.ShiftModifier if back else Held.NoModifier)
        raise LookupError(wanted.__qualname__)

    def type_number(self, number: int) -> None:
        self.press(Key.Key_A, Held.ControlModifier)
        QTest.keyClicks(QApplication.focusWidget(), str(number))
        self.press(Key.Key_Return)


def test_a_sample_is_denoised_without_a_mouse(make_napari_viewer, qtbot) -> None:
    from npe2 import PluginManager, PluginManifest

    manager = PluginManager.instance()
    for name in ("napari", PLUGIN):
        if name not in manager:
            manager.register(PluginManifest.from_distribution(name))
    viewer = make_napari_viewer(show=True)
    window = viewer.window._qt_window
    window.resize(1280, 800)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    keys = Keyboard(window, qtbot)

    def dock(title: str) -> QDockWidget:
        found = [dock for dock in window.findChildren(QDockWidget) if dock.windowTitle().startswith(title)]
        qtbot.waitUntil(lambda: found[0].isAncestorOf(QApplication.focusWidget()), timeout=20_000)
        return found[0]

    keys.menu(Key.Key_F, "Open Sample", "autoStructN2V", "Microtubules")
    qtbot.waitUntil(lambda: "Scan lines" in viewer.layers, timeout=20_000)
    keys.menu(Key.Key_P, "autoStructN2V", "ROI tuning")
    tuning = dock("ROI tuning")
    threshold = keys.tab_to(tuning, lambda at: at.accessibleName() == "threshold")  # the slider, and nothing around it
    before = threshold.value()
    keys.press(Key.Key_Left)
    assert threshold.value() < before and isinstance(threshold, QSlider)
    keys.tab_to(tuning, lambda at: isinstance(at, QCheckBox) and at.text() == "show", back=True)
    keys.press(Key.Key_Space)
    assert not any(layer.visible for layer in viewer.layers if layer.name.startswith("Background"))

    keys.menu(Key.Key_P, "autoStructN2V", "Denoise")
    denoising = dock("Denoise")
    content = denoising.findChild(DenoiseDock)
    keys.tab_to(denoising, lambda at: at is content.options.quality["balanced"])
    keys.press(Key.Key_Left)
    assert content.options.quality["fast"].isChecked()
    keys.tab_to(denoising, lambda at: isinstance(at, QToolButton) and at.text() == "Advanced")
    keys.press(Key.Key_Space)
    for stage in range(2):
        keys.tab_to(denoising, lambda at: isinstance(at, QTabBar))
        for _ in range(stage):
            keys.press(Key.Key_Right)
        for name, number in (("Epochs", 1), ("Crops an epoch", 16)):
            keys.tab_to(denoising, lambda at, name=name: at.accessibleName() == name)
            keys.type_number(number)
        if not stage:
            keys.tab_to(denoising, lambda at: isinstance(at, QTabBar), back=True)
    assert [content.settings().stage1.num_epochs, content.settings().stage2.num_epochs] == [1, 1]

    def run() -> None:
        keys.press(Key.Key_R, Held.ControlModifier)
        assert content.control.is_running
        qtbot.waitUntil(lambda: not content.control.is_running, timeout=120_000)

    run()
    first = viewer.layers["Scan lines denoised"].data.copy()
    editor = keys.tab_to(denoising, lambda at: at is content.noise_panel.editor, back=True)
    mask = content.settings().mask
    keys.press(Key.Key_Up)
    keys.press(Key.Key_Space)
    assert editor.hasFocus() and content.settings().mask != mask
    run()
    assert not np.array_equal(viewer.layers["Scan lines denoised"].data, first)
    # What a run folds away and opens again has not sent the keyboard elsewhere.
    assert denoising.isAncestorOf(QApplication.focusWidget())
