"""In a window of 1280 x 800 every choice, button and label of a dock can be read to its end."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QStyle, QStyleOptionComboBox, QWidget

from napari_autostructn2v.widgets.batch import BatchDock
from napari_autostructn2v.widgets.denoise import DenoiseDock
from napari_autostructn2v.widgets.parts import Section
from napari_autostructn2v.widgets.roi import RoiDock


@pytest.fixture(params=[DenoiseDock, RoiDock, BatchDock])
def open_dock(request, make_napari_viewer, qtbot) -> QWidget:
    """A dock as wide as napari makes it, with all its sections open."""
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1280, 800)
    viewer.add_image(np.random.default_rng(0).normal(100, 10, (4, 64, 64)), name="cells")
    dock = request.param(viewer)
    viewer.window.add_dock_widget(dock)
    for section in dock.findChildren(Section):
        section.expand()
    qtbot.wait(300)  # laid out
    return dock


def room(box: QComboBox) -> int:
    """Pixels that the text of a choice is given."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    return box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box).width()


def test_choices_buttons_and_labels_are_shown_whole(open_dock) -> None:
    cut = []
    boxes = [box for box in open_dock.findChildren(QComboBox) if box.isVisible()]
    for box in boxes:
        for text in map(box.itemText, range(box.count())):
            if box.fontMetrics().horizontalAdvance(text) > room(box):
                cut.append(f"choice {text!r}: {box.fontMetrics().horizontalAdvance(text)} > {room(box)}")
    for button in open_dock.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.width() < button.minimumSizeHint().width():
            cut.append(f"button {button.text()!r}: {button.width()} < {button.minimumSizeHint().width()}")
    for label in open_dock.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.wordWrap():
            needed = label.fontMetrics().horizontalAdvance(label.text())
            if label.width() < needed:
                cut.append(f"label {label.text()!r}: {label.width()} < {needed}")
    assert not cut, cut
    assert any(button.isVisible() for button in open_dock.findChildren(QPushButton))
