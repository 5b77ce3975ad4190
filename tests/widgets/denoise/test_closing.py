"""The close button of the Denoise dock in the middle of a run, in a real viewer."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.stand_in import StandIn
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QMessageBox, QPushButton

from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.work import Failure


@pytest.fixture
def running(make_napari_viewer, monkeypatch, qtbot):
    """A viewer whose dock is in the middle of stage 1, the dock, and the stand-in for the pipeline."""
    standin = StandIn().install(monkeypatch)
    viewer = make_napari_viewer(show=True)
    dock = DenoiseDock(viewer)
    viewer.window.add_dock_widget(dock, name="Denoise")
    viewer.add_image(np.random.default_rng(0).normal(100, 9, (64, 64)).astype(np.float32), name="cells")
    qtbot.waitUntil(dock.isVisible, timeout=10_000)
    standin.hold_at = "stage 2"
    dock.denoise()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10_000)
    yield viewer, dock, standin
    standin.hold_at = ""
    dock.control.runner.stop()
    for thread in standin.threads:
        thread.join(5)


def close_and_answer(dock: DenoiseDock, qtbot, words: str) -> list[str]:
    """Press the close button of the dock, click the answer, and return what was asked."""
    asked = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            asked.append(box.text())
            button = next(button for button in box.buttons() if button.text() == words)
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    timer = QTimer(interval=20)
    timer.timeout.connect(answer)
    timer.start()
    # A floated dock has another button.
    button = dock.parent().titleBarWidget().findChild(QPushButton, "QTitleBarCloseButton")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    timer.stop()
    return asked


def test_stopping_keeps_what_was_reached(running, qtbot) -> None:
    viewer, dock, _ = running
    control = dock.control
    assert close_and_answer(dock, qtbot, "Stop and close") == ["“cells” is still being denoised."]
    assert dock.parent() is None
    qtbot.waitUntil(lambda: not control.is_running, timeout=10_000)
    assert len(viewer.layers) == 2, "what was reached stays as a layer"
    assert "(preview)" not in viewer.layers[1].name


def test_a_run_goes_on_in_the_background_to_its_result(running, qtbot) -> None:
    viewer, dock, standin = running
    control, said = dock.control, []
    notification_manager.notification_ready.connect(said.append)
    close_and_answer(dock, qtbot, "Go on in background")
    notification_manager.notification_ready.disconnect(said.append)
    assert dock.parent() is None
    assert control.is_running
    assert not said, "what the user has just chosen is not said again"
    standin.hold_at = ""
    qtbot.waitUntil(lambda: not control.is_running, timeout=10_000)
    assert [layer.name for layer in viewer.layers] == ["cells", "cells denoised"]


@pytest.mark.parametrize("closed", [True, False])
def test_napari_tells_of_a_run_that_fails_while_the_dock_is_closed(running, qtbot, closed) -> None:
    _, dock, _ = running
    control, said = dock.control, []
    if closed:
        close_and_answer(dock, qtbot, "Go on in background")
    notification_manager.notification_ready.connect(said.append)
    control.runner.failed.emit(Failure("The disk is full."))
    notification_manager.notification_ready.disconnect(said.append)
    told = ["“cells” could not be denoised in the background. The disk is full."] if closed else []
    assert [notice.message for notice in said] == told
    assert closed or "The disk is full." in dock.message.text


def test_the_dock_can_stay_open_and_a_floating_one_asks_as_well(running, qtbot) -> None:
    _, dock, _ = running
    for floating in (False, True):
        dock.parent().setFloating(floating)
        assert close_and_answer(dock, qtbot, "Keep open")
        assert dock.isVisible()
        assert dock.control.is_running
        assert not dock.control.is_stopping


def test_without_a_run_nothing_is_asked(running, qtbot) -> None:
    _, dock, standin = running
    standin.hold_at = ""
    qtbot.waitUntil(lambda: not dock.control.is_running, timeout=10_000)
    assert close_and_answer(dock, qtbot, "Keep open") == []
    assert dock.parent() is None
