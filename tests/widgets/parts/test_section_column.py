"""Sections make room for the one that matters, and come back as they were."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from napari_autostructn2v.widgets.parts import Section, SectionColumn


def section(title: str, height: int) -> Section:
    content = QWidget()
    content.setFixedHeight(height)
    layout = QVBoxLayout(content)
    layout.addWidget(QLineEdit())
    return Section(title, content)


@pytest.fixture
def column(qtbot):
    column = SectionColumn(section("Training", 150), section("Result", 150), section("Noise", 150))
    qtbot.addWidget(column)
    column.resize(300, 400)
    column.show()
    qtbot.waitUntil(lambda: column.verticalScrollBar().maximum() > 0)
    return column


def fits(column: SectionColumn) -> bool:
    return column.verticalScrollBar().maximum() == 0


def test_only_what_does_not_fit_is_folded_and_comes_back(column, qtbot) -> None:
    training, result, noise = column._sections
    column.make_room(training)
    qtbot.waitUntil(lambda: fits(column))
    assert training.is_expanded and result.is_expanded and not noise.is_expanded
    column.resize(300, 300)
    qtbot.waitUntil(lambda: fits(column))
    assert training.is_expanded and not result.is_expanded
    column.give_room_back()
    assert result.is_expanded and noise.is_expanded


def test_what_the_user_opens_or_folds_meanwhile_stays_so(column, qtbot) -> None:
    training, result, noise = column._sections
    column.make_room(training)
    qtbot.waitUntil(lambda: fits(column))
    qtbot.mouseClick(noise.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not result.is_expanded)  # the other one makes room
    assert noise.is_expanded
    qtbot.mouseClick(noise.button, Qt.MouseButton.LeftButton)
    column.give_room_back()
    assert result.is_expanded and not noise.is_expanded


def test_the_keyboard_is_not_lost_in_what_is_folded(column, qtbot) -> None:
    training, _, noise = column._sections
    column.activateWindow()
    noise.content.findChild(QLineEdit).setFocus()
    qtbot.waitUntil(noise.content.findChild(QLineEdit).hasFocus)
    column.make_room(training)
    qtbot.waitUntil(lambda: not noise.is_expanded)
    assert noise.button.hasFocus()


def seen_of(section: Section) -> int:
    return section.visibleRegion().boundingRect().height()


def test_what_is_opened_comes_into_view(qtbot) -> None:
    last = section("Noise", 150)
    column = SectionColumn(section("Training", 150), section("Result", 150), last)
    last.expand(False)
    qtbot.addWidget(column)
    column.resize(300, 420)
    column.show()
    bar = column.verticalScrollBar()
    qtbot.waitUntil(lambda: fits(column) and seen_of(last) > 0)
    qtbot.mouseClick(last.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: seen_of(last) == last.height() > 150)
    last.expand(False)
    bar.setValue(0)
    column.activateWindow()
    last.button.setFocus()
    qtbot.keyClick(last.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: seen_of(last) == last.height() > 150)
    qtbot.mouseClick(last.button, Qt.MouseButton.LeftButton)
    bar.setValue(0)
    last.content.setFixedHeight(900)  # more than there is room for: from its title on
    qtbot.mouseClick(last.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: seen_of(last) >= column.viewport().height() - 4)
    assert last.button.visibleRegion().boundingRect().height() == last.button.height()
