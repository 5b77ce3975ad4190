"""The small widgets and helpers that both docks use."""

from __future__ import annotations

import pytest
from qtpy.QtGui import QCloseEvent, QImage
from qtpy.QtWidgets import QMainWindow

from napari_autostructn2v.widgets.parts import LockButton, WindowWatch, shortened


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
