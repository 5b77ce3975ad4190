"""The small widgets and helpers that both docks use."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QCloseEvent, QImage
from qtpy.QtWidgets import QMainWindow, QSlider
from superqt import QLabeledDoubleSlider

from napari_autostructn2v.widgets.parts import LockButton, SliderKeys, WindowWatch, shortened


class Window(QMainWindow):
    """Closes unless the user has decided against it."""

    stays = False

    def closeEvent(self, event: QCloseEvent | None) -> None:
        assert event is not None
        event.setAccepted(not self.stays)


@pytest.fixture
def window(qtbot) -> Window:
    window = Window()
    qtbot.addWidget(window)
    window.show()
    return window


def test_a_window_that_has_closed_is_told(window, qtbot) -> None:
    watch = WindowWatch(window)
    with qtbot.waitSignal(watch.closed, timeout=5000):
        window.close()


def test_a_window_that_stays_open_after_all_is_not_told_to_be_closed(window, qtbot) -> None:
    window.stays = True
    watch = WindowWatch(window)
    with qtbot.assertNotEmitted(watch.closed, wait=100):
        window.close()
    assert window.isVisible()


def picture(button: LockButton) -> QImage:
    return button.grab().toImage()


def test_the_padlock_shows_whether_it_is_locked_off_or_chosen_by_the_keyboard(qtbot, monkeypatch) -> None:
    button = LockButton()
    qtbot.addWidget(button)
    pictures = [picture(button)]
    button.setChecked(True)
    pictures.append(picture(button))
    monkeypatch.setattr(button, "hasFocus", lambda: True)
    pictures.append(picture(button))
    button.setEnabled(False)
    pictures.append(picture(button))
    assert all(one != other for at, one in enumerate(pictures) for other in pictures[:at])


@pytest.mark.parametrize("most", [8, 9, 24])
def test_a_long_name_keeps_its_beginning_and_its_end(most) -> None:
    name = "experiment 12 position 3 channel 1.tif"
    short = shortened(name, most)
    begin, end = short.split("…")
    assert len(short) == most
    assert name.startswith(begin) and name.endswith(end) and abs(len(begin) - len(end)) <= 1
    assert shortened("cells", 5) == "cells"


@pytest.mark.parametrize(
    ("key", "value"),
    [("Left", 0.49), ("Down", 0.49), ("Right", 0.51), ("Up", 0.51), ("PageDown", 0.4), ("PageUp", 0.6), ("End", 1.0)],
)
def test_a_slider_of_fractions_moves_by_keys(qtbot, key, value) -> None:
    slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
    qtbot.addWidget(slider)
    slider.setRange(0, 1)
    slider.setSingleStep(0.01)
    slider.setPageStep(0.1)
    slider.setDecimals(2)
    slider.setValue(0.5)
    SliderKeys(slider)
    assert slider.focusProxy() is slider.findChild(QSlider)
    qtbot.keyClick(slider.focusProxy(), getattr(Qt.Key, f"Key_{key}"))
    assert slider.value() == pytest.approx(value)
    qtbot.keyClick(slider.focusProxy(), Qt.Key.Key_Home)
    qtbot.keyClick(slider.focusProxy(), Qt.Key.Key_Left)
    qtbot.keyClick(slider.focusProxy(), Qt.Key.Key_A)
    assert slider.value() == 0
